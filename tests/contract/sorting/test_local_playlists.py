"""Playlists that the bot stores itself behave like Spotify's, and the sort's journal works with them."""

import asyncio
from datetime import datetime

from bot.adapters.local_playlists import LocalPlaylists
from bot.adapters.store import Store, Tx
from bot.adapters.store.account import members
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import answers, playlists, writes
from bot.core.records import Change, Like, NewWrite, Playlist, Song
from bot.core.sorting.labels import Answer, Kind, Source
from bot.core.sorting.writing.writes import WriteKind
from bot.flows.sorting import playlists as flow
from bot.flows.sorting.dry_run import _unwanted
from bot.flows.sorting.writing import corrections, sort, undo

MEMBER = 5
SONGS = [f"spotify:track:{number:022d}" for number in range(6)]


async def prepared(store: Store, now: datetime) -> tuple[LocalPlaylists, Playlist]:
    async with store.writing() as tx:
        await members.ensure(tx, MEMBER, now)
        await songs.like(tx, MEMBER, [Like(Song(song, song, ("Artist",)), now) for song in SONGS], now)
    local = LocalPlaylists(store, MEMBER, lambda: now)
    kept = await flow.make(store, local, MEMBER, "main", "Run", now)
    async with store.writing() as tx:
        lines = [(kept.playlist, song, "add") for song in SONGS]
        write = await sort.open_tap(tx, NewWrite(MEMBER, kept.layer, WriteKind.TAP), lines, now)
    await sort.apply(store, local, write, now)
    return local, kept


async def test_songs_are_added_in_order_and_removed(store: Store, now: datetime) -> None:
    local, kept = await prepared(store, now)
    assert (await local.contents(kept.ref)).songs == SONGS
    await local.add(kept.ref, ["spotify:track:x"], 2)
    await local.remove(kept.ref, [SONGS[0]], None)
    assert (await local.contents(kept.ref)).songs == [SONGS[1], "spotify:track:x", *SONGS[2:]]


async def test_concurrent_changes_are_all_kept(store: Store, now: datetime) -> None:
    local, kept = await prepared(store, now)
    adding = [local.add(kept.ref, [f"spotify:track:{letter}"], None) for letter in "xyz"]
    await asyncio.gather(*adding, *(local.remove(kept.ref, [song], None) for song in SONGS))
    assert sorted((await local.contents(kept.ref)).songs) == [f"spotify:track:{letter}" for letter in "xyz"]


async def test_not_there_removes_a_song_and_its_undo_also_removes_the_label(store: Store, now: datetime) -> None:
    local, kept = await prepared(store, now)
    async with store.reading() as tx:
        (done,) = [change for change in await sort_changes(tx) if change.song == SONGS[2]]
    out = await corrections.not_there(store, MEMBER, done.change, 99, now)
    assert out is not None
    await sort.apply(store, local, out, now)
    assert SONGS[2] not in (await local.contents(kept.ref)).songs
    async with store.reading() as tx:
        assert (await answers.verdicts(tx, MEMBER, kept.layer))[SONGS[2]].no == {kept.playlist}
    back = await undo.write(store, MEMBER, out, now)
    await sort.apply(store, local, back, now)
    assert (await local.contents(kept.ref)).songs == SONGS
    async with store.reading() as tx:
        assert await answers.verdicts(tx, MEMBER, kept.layer) == {}


async def sort_changes(tx: Tx) -> list[Change]:
    done = await writes.last_done(tx, MEMBER)
    assert done is not None
    return await writes.changes(tx, done.write)


async def test_a_song_moved_to_another_playlist_leaves_the_first_at_the_next_sort(store: Store, now: datetime) -> None:
    _, kept = await prepared(store, now)
    said = Answer(SONGS[1], Kind.ONLY, (kept.playlist + 1,), Source.BUTTON, 7)
    async with store.writing() as tx:
        await answers.add(tx, MEMBER, kept.layer, said)
        verdicts = await answers.verdicts(tx, MEMBER, kept.layer)
        standing = {kept.playlist: {item.song for item in await playlists.items(tx, kept.playlist)}}
    (line,) = _unwanted(verdicts, {kept.playlist: frozenset(SONGS)}, standing, frozenset(SONGS), several=False)
    assert (line["song"], line["action"]) == (SONGS[1], "remove")
