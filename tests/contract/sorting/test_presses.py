"""Many presses at once: stored in a few transactions, each for itself, ahead of whoever else writes. Real store."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DataError

from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.adapters.store.engine import Tx
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import cards, playlists
from bot.core.records import Card, Layer, Like, Song
from bot.core.sorting.labels import Kind
from bot.errors import NotYours
from bot.errors.sorting import PlaylistNotKept, QuestionGone
from bot.flows.sorting.labelling.label import Press, Pressed
from bot.flows.sorting.labelling.presses import Presses
from tests.databases import another

MEMBERS, CARDS = 200, 5
FEW = 10  # transactions for all of them
EACH = 6  # statements that a transaction of presses may take, however many it stores
SONGS = [f"song {number}" for number in range(CARDS)]


@dataclass
class Counted:
    """What the database was told, beside BEGIN and COMMIT."""

    statements: list[str] = field(default_factory=list)
    commits: int = 0

    def listen(self, store: Store) -> None:
        engine = store._engine.sync_engine
        sa.event.listen(engine, "before_cursor_execute", lambda *call: self.statements.append(call[2]))
        sa.event.listen(engine, "commit", self._commit)

    def _commit(self, _connection: sa.Connection) -> None:
        self.commits += 1

    @property
    def work(self) -> list[str]:
        return [statement for statement in self.statements if not statement.startswith("BEGIN")]


async def furnished(store: Store, now: datetime, count: int = MEMBERS) -> dict[int, int]:
    """Give members songs, a playlist and a card for each song; return each one's playlist."""
    kept = {}
    async with store.writing() as tx:
        for member in range(1, count + 1):
            await members.ensure(tx, member, now)
            await songs.like(tx, member, [Like(Song(song, song, ("A",)), now) for song in SONGS], now)
            layer = await playlists.ensure_layer(tx, member, "main")
            kept[member] = (await playlists.add(tx, layer, "Run", "Run", "🟦")).playlist
            await _deal(tx, layer, now)
    return kept


async def _deal(tx: Tx, layer: Layer, now: datetime) -> None:
    for song in SONGS:
        await cards.add(tx, Card(f"{layer.member} {song}", layer.member, layer.layer, song, None, now))


def on_disk(store: Store) -> int:
    """Return the number of labels that another connection sees."""
    with another(store) as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM answer").scalar_one())


@pytest.mark.slow
async def test_p12_a_thousand_presses_at_once_cost_a_few_transactions(store: Store, now: datetime) -> None:
    kept, presses, counted = await furnished(store, now), Presses(store), Counted()
    counted.listen(store)
    said = [(member, song, Press(Kind.ONLY, [kept[member]], 0)) for member in kept for song in SONGS]
    stored = await asyncio.gather(
        *(presses.keep(member, f"{member} {song}", press, now) for member, song, press in said)
    )
    assert all(pressed.new for pressed in stored)
    assert on_disk(store) == MEMBERS * CARDS
    assert counted.commits <= FEW
    assert len(counted.work) <= EACH * counted.commits


async def test_p12_a_press_goes_ahead_of_the_writers_that_wait(store: Store, now: datetime) -> None:
    kept, presses, order, writing = await furnished(store, now, 1), Presses(store), [], asyncio.Event()

    async def write(number: int) -> None:
        async with store.writing() as tx:
            writing.set()
            await members.ensure(tx, 100 + number, now)
            await asyncio.sleep(0)
            order.append(f"writer {number}")

    async def press() -> None:
        await writing.wait()
        await presses.keep(1, f"1 {SONGS[0]}", Press(Kind.ONLY, [kept[1]], 1), now)
        order.append("press")

    await asyncio.gather(*map(write, range(10)), press())
    assert order.index("press") <= 2, "it waits for the writer at work, and at most for the next"


async def test_p12_a_press_that_cannot_be_stored_fails_alone(store: Store, now: datetime) -> None:
    """The last one breaks the transaction that all share, so each is stored by itself then."""
    kept, presses = await furnished(store, now, 2), Presses(store)
    bad = {
        NotYours: (1, f"2 {SONGS[0]}", [kept[1]], 2),
        QuestionGone: (1, "no such card", [kept[1]], 2),
        PlaylistNotKept: (1, f"1 {SONGS[1]}", [kept[2]], 2),
        DataError if store.on_server else OverflowError: (1, f"1 {SONGS[1]}", [kept[1]], 2**70),
    }
    good = [(member, f"{member} {song}", [kept[member]], 1) for member in kept for song in SONGS]
    keeping = [
        presses.keep(member, card, Press(Kind.ONLY, chosen, event), now)
        for member, card, chosen, event in [*good, *bad.values()]
    ]
    told = await asyncio.gather(*keeping, return_exceptions=True)
    assert [type(each) for each in told] == [*[Pressed] * len(good), *bad]
    assert on_disk(store) == len(good)


class Reluctant(Store):
    """Lets everybody else run before it commits."""

    @asynccontextmanager
    async def writing_first(self) -> AsyncIterator[Tx]:
        async with super().writing_first() as tx:
            yield tx
            for _ in range(20):
                await asyncio.sleep(0)


async def test_p13_a_press_is_answered_only_once_it_is_on_disk(store: Store, now: datetime) -> None:
    kept, presses = await furnished(store, now, 1), Presses(Reluctant(store.url))

    async def press(song: str) -> bool:
        await presses.keep(1, f"1 {song}", Press(Kind.ONLY, [kept[1]], 1), now)
        return on_disk(store) == len(SONGS)

    assert all(await asyncio.gather(*map(press, SONGS)))


async def test_p12_presses_that_nobody_waits_for_any_more_are_stored_with_the_others(
    store: Store, now: datetime
) -> None:
    kept, presses = await furnished(store, now, 1), Presses(store)
    pressing = [
        asyncio.create_task(presses.keep(1, f"1 {song}", Press(Kind.ONLY, [kept[1]], 1), now)) for song in SONGS
    ]
    await asyncio.sleep(0)
    pressing[0].cancel()
    with pytest.raises(asyncio.CancelledError):
        await pressing[0]
    await asyncio.gather(*pressing[1:])
    assert on_disk(store) == len(SONGS)
