"""Mouth: what members are told through. The chat is one."""

from collections.abc import Sequence
from typing import Protocol

from bot.core.records import Notice
from bot.core.social.records import Repost, Takedown
from bot.flows.social.digest import Digest


class Messenger(Protocol):
    """What the worker says to members through: the chat."""

    async def tell(self, notices: Sequence[Notice]) -> bool:
        """Tell one member; False when every door is closed. Raises ChatDown where later is better."""
        ...

    async def progress(self, member: int, kind: str, done: int, total: int) -> None: ...

    async def take_down(self, takedown: Takedown) -> bool: ...

    async def find_repost(self, repost: Repost) -> int | None: ...

    async def digest(self, found: Digest) -> None: ...

    async def crowd(self, server: int) -> int: ...

    async def is_in(self, server: int, member: int) -> bool:
        """Raises ChatDown."""
        ...

    async def turn_round(self, number: int) -> None: ...
