"""Dry run page: a dry run in the browser (`web.feed`), to untick songs and apply the rest, as in Discord."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.adapters.store import Store
from bot.core.jobs import JobKind
from bot.core.records import Clip, Song
from bot.core.sorting.writing.writes import LineState, WriteState
from bot.errors.sorting import DryRunGone, ReceiptGone
from bot.flows.feed.catalogue import Catalogue
from bot.flows.feed.feed import Enqueue
from bot.flows.feed.listening import Listen, Listening
from bot.flows.sorting import review
from bot.flows.sorting.review import Reviewed, Staying
from bot.flows.sorting.scored_library import ScoredLibraries
from bot.flows.sorting.writing import corrections, sort
from bot.ports import Clock


@dataclass(frozen=True, slots=True)
class Opened:
    """A write as it is now. stays: what a dry run leaves where it is; none of it once the write was confirmed."""

    reviewed: Reviewed
    stays: Sequence[Staying]

    @property
    def planned(self) -> bool:
        return self.reviewed.planned


@dataclass(frozen=True, slots=True)
class DryRunPage:
    """Built once, by the composition root. A write of somebody else's raises NotYours, an unknown one ReceiptGone."""

    store: Store
    libraries: ScoredLibraries
    catalogue: Catalogue
    listening: Listening
    enqueue: Enqueue
    clock: Clock

    async def open(self, member: int, write: int) -> Opened:
        """Return a write as it is now. Raises DryRunGone if it was cancelled."""
        reviewed = await review.review(self.store, member, write)
        state = reviewed.receipt.write.state
        if state in (WriteState.PREPARING, WriteState.CANCELLED):
            raise DryRunGone
        if state != WriteState.PLANNED:
            return Opened(reviewed, ())
        return Opened(reviewed, await review.staying(self.store, self.libraries, reviewed.receipt, self.clock()))

    async def choose(self, member: int, write: int, change: int, goes: bool) -> Opened:
        """Store whether a line's song belongs there, as *Not there* and *There after all* do; return the dry run then.

        Saying the same again changes nothing. Raises DryRunGone once it's no longer a dry run.
        """
        said = await corrections.correction(self.store, member, change)
        if said.write.write != write:
            raise ReceiptGone
        if not said.planned:
            raise DryRunGone
        if goes and said.line.state == LineState.RULED_OUT:
            await corrections.instead(self.store, member, change, said.line.playlist, None, self.clock())
        elif not goes and said.line.state != LineState.RULED_OUT:
            await corrections.not_there(self.store, member, change, None, self.clock())
        return await self.open(member, write)

    async def apply(self, member: int, write: int, version: str) -> Opened:
        """Have exactly what was shown applied. Raises DryRunGone, and DryRunChanged if it's out of date."""
        confirmed = await sort.confirm(self.store, member, write, version)
        if confirmed.state == WriteState.PLANNED:
            await self.enqueue(JobKind.APPLY, member, write)
        return await self.open(member, write)

    async def listen(self, member: int, write: int, song: str) -> tuple[Song, Listen]:
        """Return a song of the dry run and the best way to hear it. Raises NotInLibrary."""
        found = await review.song_of(self.store, member, write, song)
        return found, await self.listening.to_own(member, found)

    async def clip(self, member: int, write: int, song: str) -> Clip:
        """Return the clip of a song of the dry run. Raises as `listen` does, and NotInCatalogue, NoClip, AudioError."""
        return await self.catalogue.clip(member, (await review.song_of(self.store, member, write, song)).song)
