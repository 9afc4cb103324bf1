"""A ZIP of playlists: its songs are imported, and each file becomes a playlist. Real store."""

import json
from datetime import datetime

import pytest

from bot.adapters.local_playlists import LocalPlaylists
from bot.adapters.store import Store
from bot.core import limits
from bot.core.records import Actor, Song
from bot.errors.library import FileTooLarge, ForeignFile, NoSongsInFile
from bot.errors.sorting import LayerFull
from bot.flows.library import exports, filed_playlists, imports
from bot.messages.errors import describe
from bot.messages.library import bad_row
from tests.unit.library.tables.test_archive import packed, zipped

ADA = 1001
HEADER = "Track URI,Track Name,Artist Name(s)\n"


def uri(number: int) -> str:
    return f"spotify:track:{number:022d}"


def table(*numbers: int) -> bytes:
    return (HEADER + "".join(f"{uri(number)},Song {number},Ann\n" for number in numbers)).encode()


async def imported(store: Store, now: datetime, data: bytes) -> imports.Imported:
    return await imports.import_file(store, ADA, "spotify_playlists.zip", data, now)


async def filed(store: Store, now: datetime, data: bytes) -> tuple[dict[str, list[str | None]], list[Exception]]:
    """What each playlist holds after the import, and why others weren't made."""
    local, held = LocalPlaylists(store, ADA, lambda: now), (await imported(store, now, data)).held
    made = await filed_playlists.keep(store, local, Actor(ADA, None, now), held)
    there = {playlist.name: (await local.contents(playlist.ref)).songs for playlist in made.playlists}
    return there, list(made.unmade.values())


async def test_each_file_becomes_a_playlist_and_its_songs_the_library(store: Store, now: datetime) -> None:
    data = packed(Cycling=table(1, 2), Late_night=table(2, 3), Liked_Songs=table(4), Notes=b"one,two\n1,2\n")
    result = await imported(store, now, data)
    assert (result.songs, result.total, list(result.unread)) == (4, 4, ["Notes.csv"])
    there, problems = await filed(store, now, data)
    assert there == {"Cycling": [uri(1), uri(2)], "Late night": [uri(2), uri(3)]}
    assert problems == []


async def test_playlists_in_spotifys_own_export_become_playlists(store: Store, now: datetime) -> None:
    items = [{"track": {"trackName": "Rain", "artistName": "Ann", "trackUri": uri(1)}, "addedDate": "2024-01-02"}]
    lists = json.dumps({"playlists": [{"name": "Run", "items": items}, {"name": None, "items": items}]}).encode()
    assert await filed(store, now, lists) == ({"Run": [uri(1)]}, [])
    there, _ = await filed(store, now, zipped({"Spotify Account Data/Playlist1.json": lists, "Run.csv": table(2)}))
    assert there == {"Run": [uri(1), uri(2)]}


async def test_a_newer_archive_adds_to_the_playlists_and_repeats_nothing(store: Store, now: datetime) -> None:
    await filed(store, now, packed(Cycling=table(1, 2)))
    there, _ = await filed(store, now, packed(cycling=table(2, 3, 3)))
    assert there == {"Cycling": [uri(1), uri(2), uri(3)]}


@pytest.mark.slow
async def test_playlists_that_do_not_fit_are_named_and_the_others_made(store: Store, now: datetime) -> None:
    names = [f"P{number:02}" for number in range(limits.PLAYLISTS + 2)]
    there, problems = await filed(store, now, packed(**{name: table(1) for name in names}))
    assert len(there) == limits.PLAYLISTS
    assert [type(problem) for problem in problems] == [LayerFull] * 2


async def test_an_archive_without_tables_or_with_too_much_is_refused(store: Store, now: datetime) -> None:
    with pytest.raises(ForeignFile):
        await imported(store, now, zipped({"cover.png": b"x"}))
    with pytest.raises(FileTooLarge):
        await imported(store, now, packed(Zeros=bytes(20_000_001)))


async def test_a_row_that_cannot_be_read_is_named_with_its_file(store: Store, now: datetime) -> None:
    bad = HEADER.encode() + b",Sun,\n"
    (row,) = (await imported(store, now, packed(Run=table(1), Rest=bad))).bad
    assert bad_row(row) == "Rest\\.csv, line 2: there's no artist for “Sun”"
    with pytest.raises(NoSongsInFile) as refused:
        await imported(store, now, packed(Rest=bad))
    assert "Rest\\.csv, line 2" in describe(refused.value)


@pytest.mark.parametrize("form", exports.FORMATS)
async def test_an_exported_playlist_comes_back_as_the_same_songs(store: Store, now: datetime, form: str) -> None:
    songs = [Song(uri(1), "=Rain - or, not", ("Ann; Bo", "Co"), "Alb"), Song(uri(2), "“Sun”", ("Tyler, The",), None)]
    name, data = exports.FORMATS[form]("Mix", 1, [(song, None) for song in songs])
    reading = imports._Reading(name, data)
    back = [read.like.song for read in reading.next()]
    assert [(song.song, song.title, song.artists, song.album) for song in back] == [
        (song.song, song.title, song.artists, song.album) for song in songs
    ]
