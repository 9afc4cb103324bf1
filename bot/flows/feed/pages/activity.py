"""Activity: the swipe page inside Discord. Discord says which member opened it; then they get a session."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.adapters.store import Store
from bot.flows.account import sessions
from bot.ports import Identities


@dataclass(frozen=True, slots=True)
class Activity:
    """The flows behind `web.activity`."""

    store: Store
    identity: Identities
    clock: Callable[[], datetime]

    async def application(self) -> str:
        """Return the application's id. Raises ChatDown."""
        return await self.identity.application()

    async def member(self, code: str) -> int:
        """Return the member whose authorisation code this is. Raises NotConfirmed, ChatDown."""
        return await self.identity.member(code)

    async def begin(self, member: int) -> str:
        """Start a session for the member and return its secret."""
        return await sessions.begin_framed(self.store, member, self.clock())
