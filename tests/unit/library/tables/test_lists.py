"""Lists: playlists as M3U8 and JSPF come back as the same songs."""

import json
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.library.tables import (
    MOST_ROWS,
    BadRow,
    NotATable,
    Problem,
    Table,
    TableSong,
    as_csv,
    jspf,
    m3u8,
    songs_in,
)
from bot.core.records import Song

NAMES = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="'"), min_size=1, max_size=20).map(
    lambda name: unicodedata.normalize("NFC", name)
)
SONGS = st.lists(
    st.builds(
        Song,
        st.from_regex(r"\Aspotify:track:[0-9A-Za-z]{22}\Z"),
        NAMES,
        st.lists(NAMES, min_size=1, max_size=3, unique=True).map(tuple),
        NAMES,
    ),
    min_size=1,
    unique_by=lambda song: song.song,
)


def read(data: str) -> list[tuple[str, str, tuple[str, ...], str | None]]:
    csv = as_csv(data.encode())
    assert csv is not None
    return read_csv(csv)


def read_csv(csv: bytes) -> list[tuple[str, str, tuple[str, ...], str | None]]:
    rows = [row.like.song for row in songs_in(Table(csv), "csv") if isinstance(row, TableSong)]
    return [(song.song, song.title, song.artists, song.album) for song in rows]


@pytest.mark.slow
@pytest.mark.parametrize("write", [m3u8, jspf])
@given(songs=SONGS)
def test_what_is_exported_comes_back_as_the_same_songs(
    write: Callable[[str, list[Song]], str], songs: list[Song]
) -> None:
    assert read(write("Mix", songs)) == [(song.song, song.title, song.artists, song.album) for song in songs]


def test_an_m3u_is_one_that_players_understand() -> None:
    song = Song("spotify:track:" + "a" * 22, "A - B", ("Ann - X", "Bo; Co"), "Album", duration_ms=61_400)
    lines = m3u8("Late\nnight", [song]).splitlines()
    assert lines[:2] == ["#EXTM3U", "#PLAYLIST:Late night"]
    assert lines[2].startswith("#EXTINF:61,Ann - X;")
    assert lines[-1] == song.song
    assert read("\n".join(lines))[0][1:3] == ("A - B", ("Ann - X", "Bo; Co"))


def test_a_songs_length_is_read() -> None:
    song = Song("spotify:track:" + "a" * 22, "Rain", ("Ann",), duration_ms=61_000)
    for written in (m3u8("Mix", [song]), m3u8("Mix", [song]).replace(":61,", ':61 logo="x",'), jspf("Mix", [song])):
        (row,) = songs_in(Table(as_csv(written.encode()) or b""), "csv")
        assert isinstance(row, TableSong)
        assert (row.like.song.duration_ms, row.features.numbers) == (61_000, {"duration": 61})


def test_lists_by_other_programs_are_read() -> None:
    link = "https://open.spotify.com/track/" + "b" * 22
    assert read(f"#EXTM3U\n#EXTINF:61,Ann - Rain\n{link}\n")[0][1:3] == ("Rain", ("Ann",))
    track = {"title": "Rain", "creator": "Ann", "identifier": ["https://x.example/1", link], "duration": "odd"}
    document = {"playlist": {"title": "Mix", "track": [track, None, {"title": 7}]}}
    assert read(json.dumps(document))[0][:3] == ("spotify:track:" + "b" * 22, "Rain", ("Ann",))


def test_a_list_of_files_is_still_none_of_ours_and_a_damaged_one_is_refused() -> None:
    assert as_csv(b"#EXTM3U\n#EXTINF:61,Ann - Rain\n/music/rain.mp3\n") is None
    assert as_csv(b"Track Name,Artist Name(s)\n") is None
    with pytest.raises(NotATable):
        as_csv(b'{"playlist": {"track": [')
    for odd in ('{"playlist": {"track": 7}}', '{"playlist": {}, "playlist": null}', '{"playlist": {"track": [[], 7]}}'):
        assert read(odd) == []


LINK = "spotify:track:" + "c" * 22
LISTS = {
    "M3U8": f"#EXTM3U\n#EXTINF:61,Zoë – Ann - Café\n{LINK}\n",
    "JSPF": json.dumps({"playlist": {"track": [{"location": LINK, "title": "Café", "creator": "Zoë – Ann"}]}}),
}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("form", LISTS)
def test_lists_are_read_in_whatever_encoding_a_program_wrote(form: str, encoding: str) -> None:
    csv = as_csv(LISTS[form].encode(encoding))
    assert csv is not None
    ((_, title, artists, _),) = read_csv(csv)
    assert (title, artists) == ("Café", ("Zoë – Ann",))


def test_half_a_character_costs_only_itself() -> None:
    (odd, whole) = read(
        r'{"playlist": {"track": [{"title": "\ud800x", "creator": "A"}, {"title": "y", "creator": "B"}]}}'
    )
    assert (odd[1], whole[1]) == ("?x", "y")


def test_a_list_that_is_too_long_is_read_as_far_as_a_table_goes() -> None:
    csv = as_csv(b"#EXTM3U\n" + LINK.encode() + b"\n" + b"x\n" * 2 * MOST_ROWS)
    assert csv is not None
    assert csv.count(b"\n") == MOST_ROWS + 2
    *_, last = Table(csv)
    assert isinstance(last, BadRow)
    assert last.problem is Problem.MANY_ROWS
