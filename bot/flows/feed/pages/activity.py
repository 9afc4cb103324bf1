"""Activity: the swipe page inside Discord. Discord says which member opened it; then they get a session."""

from dataclasses import dataclass

from bot.adapters.store import Store
from bot.flows.account import sessions
from bot.ports import Clock, Identities


@dataclass(frozen=True, slots=True)
class Activity:
    """The flows behind `web.activity`."""

    store: Store
    identity: Identities
    clock: Clock

    async def begin(self, member: int) -> str:
        """Start a session for the member and return its secret."""
        return await sessions.begin_framed(self.store, member, self.clock())
