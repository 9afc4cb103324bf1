"""Songs that stand in playlists: asked about once a layer, counted after a yes, forgotten after a no. Real store."""

from collections.abc import Sequence
from datetime import datetime

import pytest

from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import answers, playlists, writes
from bot.core.records import Account, Item, Layer, Like, NewWrite, Song
from bot.core.sorting.writing.writes import Action, LineState, WriteKind
from bot.errors import NotLinked
from bot.errors.sorting import StillReading
from bot.flows.sorting.labelling import readiness, standing

ADA = 1001
LIKED = [f"spotify:track:{number:022}" for number in range(12)]


async def a_layer(store: Store, now: datetime, held: Sequence[str], *, name: str = "main", liked: bool = True) -> Layer:
    """A layer of Ada's with one playlist that holds some songs."""
    async with store.writing() as tx:
        await members.ensure(tx, ADA, now)
        if liked:
            await songs.like(tx, ADA, [Like(Song(song, song, ("x",)), now) for song in LIKED], now)
        layer = await playlists.ensure_layer(tx, ADA, name)
        kept = await playlists.add(tx, layer, "Run", f"ref {name}", "🏃")
        await playlists.save_content(tx, kept, [Item(song, now) for song in held], None)
    return layer


async def labels(store: Store, layer: Layer) -> int:
    return (await readiness.progress(store, layer))[1]


async def test_a_layer_with_liked_songs_is_asked_about_until_it_is_answered(store: Store, now: datetime) -> None:
    layer = await a_layer(store, now, [*LIKED[:4], "spotify:track:strange"])
    there = await standing.seen(store, layer)
    assert (there.asks, there.songs, there.liked) == (True, 5, 4)
    assert await standing.learn(store, layer) == 0, "nothing counts unasked"
    assert await standing.choose(store, layer, False) == 0
    assert not (await standing.seen(store, layer)).asks
    assert await labels(store, layer) == 0


@pytest.mark.parametrize("held", [[], ["spotify:track:strange"]])
async def test_nothing_is_asked_where_nothing_could_be_learned(store: Store, now: datetime, held: list[str]) -> None:
    assert not (await standing.seen(store, await a_layer(store, now, held))).asks


async def test_a_yes_counts_in_its_layer_once_and_a_no_takes_it_back(store: Store, now: datetime) -> None:
    layer, other = await a_layer(store, now, LIKED[:7]), await a_layer(store, now, LIKED[:5], name="mood")
    assert [await standing.choose(store, layer, True) for _ in range(2)] == [7, 0]
    assert (await labels(store, layer), await labels(store, other)) == (7, 0)
    assert (await standing.seen(store, other)).asks, "each layer is its own question"
    await standing.choose(store, other, True)
    await standing.choose(store, layer, False)
    assert (await labels(store, layer), await labels(store, other)) == (0, 5)


async def test_the_setting_decides_for_all_layers_and_those_to_come(store: Store, now: datetime) -> None:
    layer = await a_layer(store, now, LIKED[:7])
    await standing.choose(store, layer, False)
    assert await standing.allow(store, ADA, True, now) == 7
    later = await a_layer(store, now, LIKED[:3], name="mood")
    assert not (await standing.seen(store, later)).asks
    assert await standing.learn(store, later) == 3
    await standing.allow(store, ADA, False, now)
    assert (await labels(store, layer), await labels(store, later)) == (0, 0)


async def test_songs_that_we_put_there_teach_nothing(store: Store, now: datetime) -> None:
    layer = await a_layer(store, now, LIKED[:4])
    async with store.writing() as tx:
        (kept,) = await playlists.in_layer(tx, layer.layer)
        write = await writes.begin(tx, NewWrite(ADA, layer.layer, WriteKind.SORT, 1, None), now)
    line = {"song": LIKED[0], "playlist": kept.playlist, "action": Action.ADD, "state": LineState.WRITTEN}
    await writes.fill(store, ADA, write, [line])
    assert (await standing.seen(store, layer)).songs == 3
    assert await standing.choose(store, layer, True) == 3


async def test_a_yes_waits_for_the_likes(store: Store, now: datetime) -> None:
    layer = await a_layer(store, now, LIKED[:4], liked=False)
    with pytest.raises(NotLinked):
        await standing.choose(store, layer, True)
    async with store.writing() as tx:
        await members.save_account(tx, Account(ADA, "client", "key", "Ada", b"", now))
    assert (await standing.seen(store, layer)).asks
    with pytest.raises(StillReading):
        await standing.choose(store, layer, True)
    async with store.reading() as tx:
        assert await answers.standing(tx, ADA, layer.layer) == []
