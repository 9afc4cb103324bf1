"""New likes: sorted as soon as no source can be asked about them any more. Yields the jobs that follow."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.adapters.store import Store
from bot.core.jobs import JobKind, Next
from bot.flows.library import feature_lookup
from bot.flows.sorting import watch
from bot.flows.sorting.scored_library import ScoredLibraries
from bot.ports import Accounts, FeatureSource


@dataclass(frozen=True, slots=True)
class NewLikes:
    """Sorts likes that wait. `sources`: who is asked about their features first."""

    store: Store
    accounts: Accounts
    sources: Sequence[FeatureSource]
    libraries: ScoredLibraries

    async def settle(self, member: int, now: datetime) -> AsyncIterator[Next]:
        """Sort them, unless a source may still know their features: they're sorted after that lookup."""
        if await feature_lookup.is_open(self.store, self.sources, member, now):
            yield Next(JobKind.LOOK_UP)
        if not await feature_lookup.fresh_open(self.store, self.sources, member, now):
            for following in await self._sort(member, now):
                yield following

    async def place(self, member: int, now: datetime) -> AsyncIterator[Next]:
        """Sort them, now that their features are looked up."""
        await feature_lookup.mark_changed(self.store, member, now)
        for following in await self._sort(member, now):
            yield following

    async def _sort(self, member: int, now: datetime) -> list[Next]:
        music = await self.accounts.account_music(member)
        return await watch.sort_fresh(self.store, music, self.libraries, member, now)
