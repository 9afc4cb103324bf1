"""Answers on a receipt's card: carried out at once, in place of earlier ones, and undone as they were. Real store."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pytest

from bot.adapters.local_playlists import LocalPlaylists
from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import answers, cards, playlists, writes
from bot.core.records import Card, Like, NewWrite, Playlist, Song
from bot.core.sorting.labels import Kind
from bot.core.sorting.writing.writes import Action, WriteKind
from bot.flows.sorting import playlists as kept_playlists
from bot.flows.sorting import review
from bot.flows.sorting.labelling import presses
from bot.flows.sorting.labelling.label import Press
from bot.flows.sorting.labelling.presses import OnCard
from bot.flows.sorting.scored_library import ScoredLibraries
from bot.flows.sorting.writing import sort

MEMBER, SONG = 5, f"spotify:track:{1:022d}"
RECEIPT, LABEL = "receipt", "label"  # cards about SONG: of a receipt, and of /label


@dataclass
class Tapping:
    """A member with three playlists, who answers cards about one song."""

    store: Store
    now: datetime
    local: LocalPlaylists
    kept: Sequence[Playlist]
    events: int = 0

    async def tap(self, card: str, *chosen: Playlist, kind: Kind = Kind.ONLY) -> int | None:
        self.events += 1
        said = Press(kind if chosen else Kind.NONE, [playlist.playlist for playlist in chosen], self.events)
        async with self.store.writing() as tx:
            return (await presses.keep(tx, OnCard(MEMBER, card, said, self.now))).write

    async def undo(self, card: str) -> int | None:
        libraries = ScoredLibraries(self.store, None)  # type: ignore[arg-type]
        return (await review.undo_answer(self.store, libraries, MEMBER, card, self.now)).write

    async def carry_out(self, *opened: int | None) -> list[str]:
        """Return the names of the playlists that hold the song then."""
        for write in filter(None, opened):
            await sort.apply(self.store, self.local, write, self.now)
        held = [(playlist.name, (await self.local.contents(playlist.ref)).songs) for playlist in self.kept]
        return [name for name, there in held if SONG in there]

    async def yes(self) -> set[int]:
        async with self.store.reading() as tx:
            verdicts = await answers.verdicts(tx, MEMBER, self.kept[0].layer)
        return set(verdicts[SONG].yes) if SONG in verdicts else set()


@pytest.fixture
async def tapping(store: Store, now: datetime) -> Tapping:
    local, make = LocalPlaylists(store, MEMBER, lambda: now), kept_playlists.make
    async with store.writing() as tx:
        await members.ensure(tx, MEMBER, now)
        await songs.like(tx, MEMBER, [Like(Song(SONG, "Song", ("Artist",)), now)], now)
    kept = [await make(store, local, MEMBER, "main", name, now) for name in ("Run", "Bed", "Sea")]
    async with store.writing() as tx:
        asked = await writes.begin(tx, NewWrite(MEMBER, kept[0].layer, WriteKind.WATCH, 1), now)
        await cards.add(tx, Card(RECEIPT, MEMBER, kept[0].layer, SONG, asked, now))
        await cards.add(tx, Card(LABEL, MEMBER, kept[0].layer, SONG, None, now))
    return Tapping(store, now, local, kept)


async def test_another_answer_on_a_receipts_card_moves_the_song(tapping: Tapping) -> None:
    run, bed, sea = tapping.kept
    assert await tapping.carry_out(await tapping.tap(RECEIPT, run)) == ["Run"]
    assert await tapping.carry_out(await tapping.tap(RECEIPT, bed)) == ["Bed"]
    both = await tapping.tap(RECEIPT, run, sea), await tapping.tap(RECEIPT, sea)
    assert await tapping.carry_out(*both) == ["Sea"], "also if the first isn't written yet"
    assert await tapping.carry_out(await tapping.tap(RECEIPT)) == []
    assert await tapping.tap(RECEIPT) is None, "there's nothing to take it out of"


async def test_undoing_an_answer_undoes_what_that_answer_wrote(tapping: Tapping) -> None:
    run, bed, _sea = tapping.kept
    await tapping.carry_out(await tapping.tap(RECEIPT, run))
    assert await tapping.tap(LABEL, bed) is None, "it waits for the next sort"
    assert await tapping.undo(RECEIPT) is None
    assert (await tapping.yes(), await tapping.carry_out()) == ({run.playlist}, ["Run"]), "the older answer stands"
    await tapping.tap(LABEL)
    await tapping.tap(LABEL, bed)
    assert [await tapping.undo(RECEIPT), await tapping.undo(RECEIPT)] == [None, None], "neither was written"
    await tapping.tap(LABEL, run)
    assert await tapping.undo(RECEIPT) is None, "what's said twice is taken back once"
    await tapping.carry_out(await tapping.tap(RECEIPT, bed), await tapping.tap(RECEIPT))
    assert await tapping.carry_out(await tapping.undo(LABEL)) == ["Bed"], "from whichever card"
    assert await tapping.carry_out(await tapping.undo(LABEL)) == ["Run"]
    assert await tapping.yes() == {run.playlist}
    assert await tapping.carry_out(await tapping.undo(RECEIPT)) == []
    assert await tapping.yes() == set()


async def test_where_songs_may_be_in_several_a_receipt_asks_about_one_more(tapping: Tapping) -> None:
    run, bed, sea = tapping.kept
    async with tapping.store.writing() as tx:
        await playlists.change_layer(tx, run.layer, several=True)
        placed = await writes.begin(tx, NewWrite(MEMBER, run.layer, WriteKind.WATCH, 1), tapping.now)
        line = {"song": SONG, "playlist": run.playlist, "action": Action.ADD}
        await writes.add_changes(tx, MEMBER, placed, [line])
    await tapping.carry_out(placed)
    assert await tapping.carry_out(await tapping.tap(RECEIPT, bed)) == ["Run", "Bed"]
    assert await tapping.carry_out(await tapping.tap(RECEIPT, bed, sea)) == ["Bed", "Sea"], "all of its playlists"
