"""What isn't sorted: songs in no playlist, in several, doubles and unplayable ones. Real store."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from bot.adapters.artefacts import Folder
from bot.adapters.scorer import Scorer
from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import answers, playlists
from bot.core.records import Item, Layer, Like, Song
from bot.core.sorting.labels import Answer, Kind, Source
from bot.flows.sorting.scored_library import ScoredLibraries
from bot.flows.sorting.unsorted import Unsorted, unsorted
from bot.messages.sorting import unsorted as messages

ADA = 1001
LOOSE, PLACED, TWICE, NOWHERE, OTHER = [
    Song(f"spotify:track:{name:0>22}", name, ("Ann",), isrc=f"ZZAAA190000{at}", duration_ms=200_000)
    for at, name in enumerate(["Loose", "Placed", "Twice", "Nowhere", "Other"])
]


def item(song: Song, *, under: str = "", playable: bool = True) -> Item:
    return Item(under or song.song, None, song.isrc, song.naming, song.duration_ms, playable)


@pytest.fixture
async def layer(store: Store, now: datetime) -> Layer:
    """Ada likes five songs and keeps Run and Rest."""
    async with store.writing() as tx:
        await members.ensure(tx, ADA, now)
        await songs.like(tx, ADA, [Like(song, now) for song in (LOOSE, PLACED, TWICE, NOWHERE, OTHER)], now)
        layer = await playlists.ensure_layer(tx, ADA, "main")
        run, rest = [
            await playlists.add(tx, layer, name, name, emoji) for name, emoji in (("Run", "🟦"), ("Rest", "🟥"))
        ]
        release = item(OTHER, under="spotify:track:another0000000000000000")
        in_run = [item(PLACED, playable=False), item(TWICE), release, item(PLACED), Item(None, None)]
        await playlists.save_content(tx, run, in_run, None)
        await playlists.save_content(tx, rest, [item(TWICE)], None)
        await answers.add(tx, ADA, layer.layer, Answer(NOWHERE.song, Kind.NONE, (), Source.BUTTON, 1))
    return layer


async def found(store: Store, layer: Layer) -> Unsorted:
    return await unsorted(store, ScoredLibraries(store, Scorer(Folder(Path("none")))), layer)


def titles(shown: Sequence[Song]) -> list[str]:
    return [song.title for song in shown]


async def test_each_song_that_is_not_sorted_is_found_and_no_other(store: Store, layer: Layer) -> None:
    left = await found(store, layer)
    assert titles(left.loose) == ["Loose"], "one said to belong nowhere, or in there as another release, is sorted"
    assert [(song.title, [playlist.name for playlist in held]) for song, held in left.several] == [
        ("Twice", ["Run", "Rest"])
    ]
    assert (left.doubles, left.unplayable) == (1, 1)
    assert messages.counts(left) == [
        "1 song you like is in no playlist",
        "1 song is in several playlists, though it may have one",
        "1 recording is in a playlist more than once",
        "1 song can't be played",
    ]


async def test_a_layer_that_allows_several_playlists_has_no_song_in_too_many(store: Store, layer: Layer) -> None:
    assert (await found(store, replace(layer, several=True))).several == []


async def test_a_layer_without_playlists_calls_no_song_unsorted(store: Store, layer: Layer) -> None:
    async with store.writing() as tx:
        empty = await playlists.ensure_layer(tx, ADA, "moods")
    left = await found(store, empty)
    assert not left.any
    assert "no playlists yet" in messages.overview(left)
