"""Files that aren't CSV: Spotify's own account export is read; anything else is refused and named."""

import json

import pytest

from bot.core.library.tables import Foreign, NotATable, Table
from bot.errors.library import ForeignFile
from bot.messages.errors import describe
from bot.messages.library import FOREIGN
from tests.unit.library.tables.forms import URI, read, song

LIBRARY = {
    "tracks": [{"artist": "Earth, Wind & Fire", "album": "Linie 9", "track": "Nachtbus", "uri": URI}],
    "shows": [],
}


def test_spotifys_own_account_export_is_read() -> None:
    kept = song(json.dumps(LIBRARY))
    assert (kept.song, kept.artists, kept.album) == (URI, ("Earth, Wind & Fire",), "Linie 9")
    item = {"trackName": "Nachtbus", "artistName": "Lena Ohm", "albumName": "Linie 9", "trackUri": URI}
    items = [
        {"track": item, "addedDate": "2024-01-02"},
        {"track": None, "episode": {"episodeUri": "spotify:episode:1"}},
    ]
    songs, bad, spoken = read(json.dumps({"playlists": [{"name": "Night", "items": items}]}))
    assert ([song.like.song.song for song in songs], bad, spoken) == ([URI], [], 1)
    assert songs[0].like.added_at is not None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_the_account_export_is_read_after_an_editor_saved_it(encoding: str) -> None:
    library = {"tracks": [{"artist": "Zoë", "album": None, "track": "Café", "uri": URI}, None, {"uri": None}]}
    songs, bad, _ = read(json.dumps(library, ensure_ascii=False).encode(encoding))
    assert ([(song.like.song.song, song.like.song.title) for song in songs], len(bad)) == ([(URI, "Café")], 2)


@pytest.mark.parametrize(
    "playlist",
    [
        {"items": [{"trackName": "Nachtbus", "artistName": "Lena Ohm", "trackUri": URI}, None]},
        {"tracks": [{"trackName": "Nachtbus", "artistName": "Lena Ohm", "trackUri": URI}]},
        {
            "items": [
                {"track": {"trackName": "Nachtbus", "artistName": "Lena Ohm", "trackUri": URI}, "audiobook": None},
                {"track": None, "audiobook": {"audiobookName": "x", "chapterUri": "spotify:chapter:1"}},
                {"track": None, "localTrack": {"uri": "spotify:local:::x:61"}},
            ]
        },
    ],
)
def test_older_and_newer_account_exports_are_read(playlist: dict[str, object]) -> None:
    songs, bad, _ = read(json.dumps({"playlists": [None, {"name": "Night", **playlist}, {"items": None}]}))
    assert ([song.like.song.song for song in songs], bad) == ([URI], [])


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (
            json.dumps([{"endTime": "2024-01-02 10:00", "artistName": "x", "trackName": "y", "msPlayed": 3}]),
            Foreign.HISTORY,
        ),
        (json.dumps([{"ts": "2024-01-02T10:00:00Z", "ms_played": 3}]), Foreign.HISTORY),
        (json.dumps([None, {"ts": "2024-01-02T10:00:00Z", "ms_played": 3}]), Foreign.HISTORY),
        ("[" * 100_000, Foreign.BROKEN_JSON),
        (r"{\rtf1\ansi Title,Artist}", Foreign.RICH_TEXT),
        (b"PK\x03\x04....Index/Document.iwa", Foreign.NUMBERS),
        ('{"tracks": [', Foreign.BROKEN_JSON),
        ("{}", Foreign.OTHER_JSON),
        (b"PK\x03\x04....xl/workbook.xml", Foreign.EXCEL),
        (b"PK\x03\x04....Spotify Account Data/YourLibrary.json", Foreign.ZIP),
        (b"\x1f\x8b\x08\x00", Foreign.GZIP),
        ("<!DOCTYPE html><title>Log in</title>", Foreign.WEB_PAGE),
        (bytes(range(256)) * 4, Foreign.BINARY),
    ],
)
def test_files_that_are_not_tables_are_refused_by_kind(data: str | bytes, kind: Foreign) -> None:
    with pytest.raises(NotATable) as refused:
        Table(data.encode() if isinstance(data, str) else data)
    assert refused.value.kind == kind


@pytest.mark.parametrize("kind", Foreign)
def test_every_foreign_file_kind_has_a_message_that_names_it(kind: Foreign) -> None:
    assert describe(ForeignFile("liked.x", kind)).startswith("liked\\.x is")
    assert (kind in FOREIGN) == (kind is not Foreign.BINARY)
