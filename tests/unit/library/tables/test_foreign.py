"""What is no CSV file: Spotify's own account export is read, the rest is refused in words."""

import json

import pytest

from bot.core.library.tables import NotATable, Table
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
    assert ([each.like.song.song for each in songs], bad, spoken) == ([URI], [], 1)
    assert songs[0].like.added_at is not None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_so_it_is_when_an_editor_saved_it_again(encoding: str) -> None:
    library = {"tracks": [{"artist": "Zoë", "album": None, "track": "Café", "uri": URI}, None, {"uri": None}]}
    songs, bad, _ = read(json.dumps(library, ensure_ascii=False).encode(encoding))
    assert ([(each.like.song.song, each.like.song.title) for each in songs], len(bad)) == ([(URI, "Café")], 2)


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
def test_and_in_older_and_newer_forms(playlist: dict[str, object]) -> None:
    songs, bad, _ = read(json.dumps({"playlists": [None, {"name": "Night", **playlist}, {"items": None}]}))
    assert ([each.like.song.song for each in songs], bad) == ([URI], [])


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (
            json.dumps([{"endTime": "2024-01-02 10:00", "artistName": "x", "trackName": "y", "msPlayed": 3}]),
            "YourLibrary",
        ),
        (json.dumps([{"ts": "2024-01-02T10:00:00Z", "ms_played": 3}]), "YourLibrary"),
        (json.dumps([None, {"ts": "2024-01-02T10:00:00Z", "ms_played": 3}]), "YourLibrary"),
        ("[" * 100_000, "whole JSON"),
        (r"{\rtf1\ansi Title,Artist}", "rich-text"),
        (b"PK\x03\x04....Index/Document.iwa", "Numbers"),
        ('{"tracks": [', "whole JSON"),
        ("{}", "without songs"),
        (b"PK\x03\x04....xl/workbook.xml", "Excel workbook"),
        (b"PK\x03\x04....Spotify Account Data/YourLibrary.json", "ZIP archive; unpack"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        ("<!DOCTYPE html><title>Log in</title>", "web page"),
        (bytes(range(256)) * 4, "not a CSV file"),
    ],
)
def test_what_is_no_table_gets_words_that_say_what_to_do(data: str | bytes, says: str) -> None:
    with pytest.raises(NotATable, match=says):
        Table(data.encode() if isinstance(data, str) else data)
