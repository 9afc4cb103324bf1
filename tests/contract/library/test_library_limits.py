"""Limits on a library's songs and a song's numbers, across any number of files (promise P40)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert

from bot.adapters.store import Store, schema
from bot.adapters.store.account import members
from bot.adapters.store.library import own_features, songs
from bot.core import limits
from bot.core.records import Account, Like, Song
from bot.flows.library import imports, likes
from bot.messages.library import imported
from bot.ports import LikesPage
from tests.contract.library.slices_stage import ADA, file_of, uri

WIDE = ("Tempo", "Energy", *(f"Column {at}" for at in range(85)))


async def nearly_full(store: Store, room: int, now: datetime) -> None:
    """Fill Ada's library with old likes, up to `room` below the limit."""
    liked = {"member": ADA, "added_at": now - timedelta(days=1), "fresh": False}
    async with store.writing() as tx:
        await members.ensure(tx, ADA, now)
        await tx.execute(insert(schema.liked), [liked | {"song": f"old:{at}"} for at in range(limits.SONGS - room)])


@pytest.mark.slow
async def test_p40_the_library_limit_holds_across_files(store, now) -> None:
    await nearly_full(store, 150, now)
    first = await imports.import_file(store, ADA, "a.csv", file_of(range(100)), now)
    second = await imports.import_file(store, ADA, "b.csv", file_of(range(50, 250)), now)
    assert (first.total, first.over) == (limits.SONGS - 50, 0)
    assert (second.total, second.over) == (limits.SONGS, 100)
    async with store.reading() as tx:
        assert await own_features.count(tx, ADA) == 150


@dataclass
class Newest:
    """Spotify's list of likes, longer than the library's limit; only its first page is new."""

    page: LikesPage

    async def likes(self, offset: int) -> LikesPage:
        return self.page if offset == 0 else LikesPage((), 50, 0)


async def test_p40_beyond_the_library_limit_the_newest_likes_are_kept(store, now) -> None:
    await nearly_full(store, 10, now)
    account = Account(ADA, "c" * 32, "ada", "Ada", b"sealed", now, synced_at=now)
    async with store.writing() as tx:
        await members.save_account(tx, account)
    new = tuple(Like(Song(uri(at), f"Song {at}", ("Ann",)), now) for at in range(50))
    library = likes.StoredLibrary(account, {})
    await likes.read_likes(store, Newest(LikesPage(new, 50, 50)), library, now, likes.unwatched)
    async with store.reading() as tx:
        assert await songs.count(tx, ADA) == limits.SONGS
        assert len(await songs.liked_of(tx, ADA, map(uri, range(50)))) == 50


async def test_p40_the_data_stored_per_song_is_bounded(store, now) -> None:
    await imports.import_file(store, ADA, "wide.csv", file_of(range(3), (*WIDE, "x" * 900)), now)
    async with store.reading() as tx:
        known = await songs.features(tx, ADA, await songs.library(tx, ADA))
    for features in known.values():
        assert len(features.numbers) <= limits.NUMBERS
        assert max(map(len, features.numbers)) <= limits.NAME
        assert {"tempo", "energy"} <= features.numbers.keys()


async def test_a_linked_members_file_describes_songs_by_id_or_isrc_and_others_are_counted(store, now) -> None:
    async with store.writing() as tx:
        await members.ensure(tx, ADA, now)
        await members.save_account(tx, Account(ADA, "c" * 32, "ada", "Ada", b"sealed", now))
        await songs.like(tx, ADA, [Like(Song(uri(1), "Rain", ("Ann",), isrc="QZAAA2500001"), now)], now)
    data = b"Title,Artist,ISRC,Tempo\nRain,Ann,qz-aaa-25-00001,120\nSun,Ann,,90\n"
    result = await imports.import_file(store, ADA, "a.csv", data, now)
    assert (result.songs, result.with_features, result.nameless) == (2, 1, 1)
    assert "1 of them has neither" in (said := imported("a.csv", result))
    assert "comes without" not in said
    async with store.reading() as tx:
        (known,) = (await songs.features(tx, ADA, await songs.library(tx, ADA))).values()
    assert known.numbers["tempo"] == 120


async def test_a_later_file_keeps_what_an_earlier_one_said(store, now) -> None:
    await imports.import_file(store, ADA, "a.csv", file_of(range(1), ("Tempo", "Energy")), now)
    await imports.import_file(store, ADA, "b.csv", file_of(range(1), ("Valence",)), now)
    async with store.reading() as tx:
        (known,) = (await songs.features(tx, ADA, await songs.library(tx, ADA))).values()
    assert {"tempo", "energy", "valence"} <= known.numbers.keys()
