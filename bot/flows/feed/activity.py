"""Activity: the swipe page inside Discord. Whoever opened it is who Discord says they are; then it is a session."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.adapters.identity import Identity
from bot.adapters.store import Store
from bot.flows.account import sessions


@dataclass(frozen=True, slots=True)
class Activity:
    """Built once."""

    store: Store
    identity: Identity
    clock: Callable[[], datetime]

    async def application(self) -> str:
        """Return the application's id. Raises ChatDown."""
        return await self.identity.application()

    async def member(self, code: str) -> int:
        """Return who agreed, by the code that they were given. Raises NotConfirmed, ChatDown."""
        return await self.identity.member(code)

    async def begin(self, member: int) -> str:
        """Return the secret of a session of who Discord said they are."""
        return await sessions.begin_framed(self.store, member, self.clock())
