"""Old writes: beyond a member's newest hundred, lines that later ones supersede go, and nothing else changes."""

import random
import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Select, func, select, update

from bot.adapters.local_playlists import LocalPlaylists
from bot.adapters.store import Store, Tx, schema
from bot.adapters.store.sorting import contents, playlists, writes
from bot.chat.layout import Page
from bot.chat.sorting.writing import receipts
from bot.core import limits
from bot.core.records import Item, Layer, NewWrite, Playlist
from bot.core.sorting.writing.journal import SETTLE, TOUCHED, Refused
from bot.core.sorting.writing.superseded import CARRIED_OUT
from bot.core.sorting.writing.writes import ENDED, Action, LineState, WriteKind, WriteState
from bot.errors.sorting import TooOldToUndo
from bot.flows.sorting import review
from bot.flows.sorting.dry_run import REFUSED_FOR
from bot.flows.sorting.writing import old_writes, sort, undo
from bot.messages.errors import describe
from bot.messages.sorting import outcomes
from tests.contract.library.slices_stage import ADA, MANY, has_much, rows_written, the_layer, uri

WRITE, CHANGE = schema.write, schema.change
MOST_ROWS = 550  # in one transaction
SONGS, MANY_WRITES = 30, 300


@dataclass
class Journal:
    """Ada's two playlists, which start empty, and ended writes to them, ten minutes apart."""

    store: Store
    layer: Layer
    kept: Sequence[Playlist]
    now: datetime
    there: dict[tuple[int, str], bool] = field(default_factory=dict)  # (playlist, song) → whether it's in there

    @property
    def local(self) -> LocalPlaylists:
        return LocalPlaylists(self.store, ADA, lambda: self.now)

    async def add(self, tx: Tx, *lines: tuple[int, int, str], undoes: int | None = None) -> int:
        """Store a write with lines (playlist, song, action) that was carried out."""
        self.now += timedelta(minutes=10)
        new = NewWrite(ADA, self.layer.layer, WriteKind.UNDO if undoes else WriteKind.ADD, len(lines), undoes=undoes)
        write = await writes.begin(tx, new, self.now)
        told = [(self.kept[playlist].playlist, uri(song), Action(action)) for playlist, song, action in lines]
        rows = [{"playlist": playlist, "song": song, "action": action} for playlist, song, action in told]
        await writes.add_changes(tx, ADA, write, rows)
        for row in rows:
            row["state"] = self._carried_out(*row.values())
            here = (CHANGE.c.write == write, CHANGE.c.playlist == row["playlist"], CHANGE.c.song == row["song"])
            await tx.execute(update(CHANGE).where(*here).values(state=row["state"], sends=1, sent_at=self.now))
        await writes.set_state(tx, write, WriteState.DONE, applied_at=self.now)
        return write

    def _carried_out(self, playlist: int, song: str, action: Action) -> LineState:
        met = self.there.get((playlist, song), False) == (action == Action.ADD)
        self.there[playlist, song] = action == Action.ADD
        return LineState.UNTOUCHED if met else LineState.WRITTEN

    async def write(self, *lines: tuple[int, int, str], times: int = 1) -> int:
        """Store the writes, one for each line unless it's one write only; return the newest."""
        async with self.store.writing() as tx:
            for _ in range(times):
                for piece in [lines] if times == 1 else [[line] for line in lines]:
                    newest = await self.add(tx, *piece)
        return newest

    async def add_undo(self, tx: Tx, undone: int) -> int:
        done = [line for line in await writes.changes(tx, undone) if line.state in TOUCHED]
        places = {kept.playlist: place for place, kept in enumerate(self.kept)}
        reverse = {Action.ADD: "remove", Action.REMOVE: "add"}
        back = [(places[line.playlist], int(line.song[14:]), reverse[line.action]) for line in done]
        return await self.add(tx, *back, undoes=undone)

    async def take_out_by_hand(self, tx: Tx, playlist: int, song: int) -> None:
        number = self.kept[playlist].playlist
        self.there[number, uri(song)] = False
        await writes.take(tx, number, [uri(song)])

    async def settle(self) -> None:
        """Put the songs in the playlists that the writes left there."""
        for kept in self.kept:
            songs = [song for (playlist, song), there in self.there.items() if there and playlist == kept.playlist]
            async with contents.alone(self.store, ADA):
                read = contents.Read([Item(song, self.now) for song in songs], None, self.now)
                await contents.remember(self.store, kept, read)

    async def undo(self, write: int | None) -> int:
        self.now += timedelta(minutes=10)
        opened = await undo.write(self.store, ADA, write, self.now)
        await sort.apply(self.store, self.local, opened, self.now + SETTLE)
        return opened

    async def thin_out(self) -> None:
        """Run the step of the upkeep until there's nothing left to do, a day after the last write."""
        for _ in range(MANY_WRITES // old_writes.AT_ONCE + 1):
            await old_writes.thin_out(self.store, self.now + REFUSED_FOR)

    async def rows(self, query: Select[Any]) -> list[Any]:
        async with self.store.reading() as tx:
            return list((await tx.execute(query)).all())

    async def read(self) -> list[object]:
        """Everything that's read from the journal, but receipts."""
        async with self.store.reading() as tx:
            said: list[object] = [await writes.barred(tx, ADA, self.now), await writes.unfinished(tx)]
            for kept in self.kept:
                number = kept.playlist
                said += [await writes.ours(tx, number), await writes.confirmed(tx, number)]
                said += [await writes.shown_as(tx, number), await writes.under_way(tx, number)]
                said += [await writes.has_any(tx, number)]
                said += [[item.song for item in await playlists.items(tx, number)]]
                said += [[line.change for line in await writes.lately(tx, number, self.now - SETTLE)]]
            last = await writes.last_done(tx, ADA)
            return [*said, last and last.write]

    async def receipts(self) -> list[sort.Receipt]:
        """The newest ones, which are kept whole."""
        newest = select(WRITE.c.write).order_by(WRITE.c.write.desc()).limit(limits.WRITES)
        async with self.store.reading() as tx:
            return [await sort.receipt(tx, write) for write in (await tx.execute(newest)).scalars().all()]


@pytest.fixture
async def journal(store: Store, now: datetime) -> Journal:
    await has_much(store, now)
    layer, first = await the_layer(store)
    async with store.writing() as tx:
        second = await playlists.add(tx, layer, "Pier", "shelf:pier", "🟪")
    made = Journal(store, layer, (first, second), now)
    await made.settle()
    return made


async def many_writes(journal: Journal, count: int, seed: int) -> None:
    """Make writes at random: additions, removals and moves of a few songs, undos, and edits by hand."""
    chance, made = random.Random(seed), list[int]()
    async with journal.store.writing() as tx:
        while len(made) < count:
            song, playlist = chance.randrange(SONGS), chance.randrange(2)
            match chance.choice(["add", "add", "add", "remove", "move", "move", "undo", "hand"]):
                case "hand":
                    await journal.take_out_by_hand(tx, playlist, song)
                case "undo":
                    done = [write for write in made[-20:] if await can_be_undone(tx, write)]
                    made += [await journal.add_undo(tx, chance.choice(done))] if done else []
                case "move":
                    made.append(await journal.add(tx, (playlist, song, "add"), (1 - playlist, song, "remove")))
                case action:
                    made.append(await journal.add(tx, (playlist, song, action)))
    await journal.settle()


async def can_be_undone(tx: Tx, write: int) -> bool:
    known = await writes.get(tx, write)
    return known is not None and known.undoes is None and not await writes.undos(tx, write)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
async def test_p40_an_old_write_loses_only_lines_that_later_ones_supersede(journal: Journal, seed: int) -> None:
    await many_writes(journal, MANY_WRITES, seed)
    before, whole = await journal.read(), await journal.receipts()
    (lines,) = (await journal.rows(select(func.count()).select_from(CHANGE)))[0]
    with rows_written(journal.store) as written:
        await journal.thin_out()
    assert (await journal.read(), await journal.receipts()) == (before, whole)
    assert max(written) <= MOST_ROWS
    columns = (CHANGE.c.playlist, CHANGE.c.song, CHANGE.c.state)
    old = await journal.rows(select(*columns).join(WRITE).where(WRITE.c.superseded.is_not(None)))
    told = Counter((row.playlist, row.song, row.state in CARRIED_OUT) for row in old)
    assert set(told.values()) == {1}
    assert len(old) < lines / 4
    (kept,) = (await journal.rows(select(func.count()).select_from(WRITE)))[0]
    assert kept <= limits.WRITES + 2 * len(old)


@pytest.mark.slow
@pytest.mark.sqlite
async def test_p40_undo_does_the_same_with_and_without_the_superseded_lines(journal: Journal, tmp_path: Path) -> None:
    await many_writes(journal, limits.WRITES + 60, 5)
    with closing(sqlite3.connect(journal.store.path)) as whole, closing(sqlite3.connect(tmp_path / "b.db")) as other:
        whole.backup(other)
    copy = replace(journal, store=Store(f"sqlite+aiosqlite:///{tmp_path / 'b.db'}"))
    await journal.thin_out()
    for _ in range(12):
        assert await journal.undo(None) == await copy.undo(None)
        assert await journal.read() == await copy.read()
    await copy.store.close()


@pytest.mark.slow
async def test_an_old_write_that_lost_lines_says_so_and_cannot_be_undone(journal: Journal) -> None:
    whole = await journal.write((0, 1, "add"), (0, 2, "add"))
    thinned = await journal.write((0, 3, "add"), (0, 4, "add"))
    await journal.write((0, 3, "remove"), (0, 3, "add"), times=limits.WRITES)
    await journal.settle()
    await journal.thin_out()
    with pytest.raises(TooOldToUndo) as refused:
        await journal.undo(thinned)
    assert str(limits.WRITES) in describe(refused.value)
    reviewed = await review.review(journal.store, ADA, thinned)
    assert outcomes.receipt(reviewed.receipt, 0).endswith(
        "+1\n1 change isn't listed any more, because that song changed again since."
    )
    assert "Undo" not in buttons(receipts.receipt(reviewed))
    assert "Undo" in buttons(receipts.receipt(await review.review(journal.store, ADA, whole)))
    await journal.undo(whole)
    async with journal.store.reading() as tx:
        assert {item.song for item in await playlists.items(tx, journal.kept[0].playlist)} == {uri(3), uri(4)}


def buttons(page: Page) -> set[str]:
    return {str(item.item.label) for item in page.walk_children() if hasattr(item, "item")}


async def of_write(journal: Journal, write: int) -> list[Any]:
    return await journal.rows(select(CHANGE).where(CHANGE.c.write == write))


async def put(journal: Journal, write: int, state: WriteState, lines: LineState, problem: str | None = None) -> None:
    """Put a write and its lines into a state."""
    async with journal.store.writing() as tx:
        await tx.execute(update(WRITE).where(WRITE.c.write == write).values(state=state))
        await tx.execute(update(CHANGE).where(CHANGE.c.write == write).values(state=lines, problem=problem))


@pytest.mark.slow
@pytest.mark.parametrize("state", [state for state in WriteState if state not in ENDED])
async def test_unfinished_writes_are_never_touched_and_supersede_nothing(journal: Journal, state: WriteState) -> None:
    added = await journal.write((0, 1, "add"))
    early = await journal.write((0, 2, "add"))
    await put(journal, early, state, LineState.SENT)
    await journal.write((0, 2, "remove"), (0, 2, "add"), times=limits.WRITES)
    late = await journal.write((0, 1, "remove"))
    await put(journal, late, state, LineState.ATTEMPTED)
    before = [await of_write(journal, write) for write in (added, early, late)]
    await journal.thin_out()
    assert [await of_write(journal, write) for write in (added, early, late)] == before


@pytest.mark.slow
async def test_a_failed_undo_may_still_be_tried_again(journal: Journal) -> None:
    """Without its refused lines, it would seem to have undone everything."""
    added = await journal.write((0, 1, "add"))
    await journal.settle()
    for _ in range(3):
        async with journal.store.writing() as tx:
            failed = await journal.add_undo(tx, added)
        await put(journal, failed, WriteState.DONE, LineState.REFUSED, Refused.UNANSWERED)
    await journal.write((1, 2, "add"), (1, 2, "remove"), times=limits.WRITES)
    await journal.thin_out()
    assert len(await journal.rows(select(WRITE).where(WRITE.c.undoes == added))) == 1
    async with journal.store.reading() as tx:
        assert await writes.reversals(tx, added) == []
    await journal.undo(added)
    async with journal.store.reading() as tx:
        assert await playlists.items(tx, journal.kept[0].playlist) == []


@pytest.mark.slow
async def test_p40_writes_of_a_whole_library_are_thinned_out_in_slices(journal: Journal) -> None:
    for action in ("add", "remove", "add"):
        await journal.write(*((0, song, action) for song in range(MANY)))
    await journal.write((1, 1, "add"), (1, 1, "remove"), times=limits.WRITES)
    with rows_written(journal.store) as written:
        await journal.thin_out()
    assert max(written) <= MOST_ROWS
    assert (await journal.rows(select(func.count()).where(CHANGE.c.playlist == journal.kept[0].playlist)))[0] == (MANY,)


@pytest.mark.slow
async def test_todays_writes_are_kept_whole(journal: Journal, now: datetime) -> None:
    await journal.write((0, 1, "add"), (0, 1, "remove"), times=limits.WRITES)
    (before,) = (await journal.rows(select(func.count()).select_from(CHANGE)))[0]
    await old_writes.thin_out(journal.store, now + REFUSED_FOR)
    assert (await journal.rows(select(func.count()).select_from(CHANGE)))[0] == (before,)


async def test_undo_passes_over_updates_that_only_asked(journal: Journal) -> None:
    added = await journal.write((0, 1, "add"))
    asked = await journal.write((0, 2, "add"))
    await put(journal, asked, WriteState.DONE, LineState.ASKED)
    async with journal.store.reading() as tx:
        last = await writes.last_done(tx, ADA)
    assert last is not None and last.write == added
