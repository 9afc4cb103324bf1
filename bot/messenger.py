"""Messenger: how the worker and the upkeep reach members. The chat is the one that serves."""

from collections.abc import Sequence
from typing import Protocol

from bot.core.records import Notice
from bot.core.social.records import Repost, Takedown
from bot.flows.social.digest import Digest


class Messenger(Protocol):
    """Delivers notices, and does in Discord what falls due there."""

    async def tell(self, notices: Sequence[Notice]) -> bool:
        """Deliver a notice, or several updates in one message, to a member; False if nothing reaches them.

        Raises ChatDown if trying later helps.
        """
        ...

    def awaits(self, member: int) -> bool:
        """Whether the member waits in this process for the result of a job."""
        ...

    def awaiting(self, kind: str) -> Sequence[int]:
        """Return the members who wait in this process for the result of such a job."""
        ...

    async def progress(self, member: int, kind: str, done: int, total: int) -> None: ...

    async def take_down(self, takedown: Takedown) -> bool: ...

    async def find_repost(self, repost: Repost) -> int | None: ...

    async def digest(self, digest: Digest) -> None: ...

    async def crowd(self, server: int) -> int: ...

    async def is_in(self, server: int, member: int) -> bool:
        """Raises ChatDown."""
        ...

    async def turn_round(self, number: int) -> None: ...
