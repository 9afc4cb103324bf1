"""The sandbox's libraries: generated ones, and real people's from files."""

import csv
import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.audio.analysis.features import FEATURES
from sandbox.music.library import Library, drawn, good_playlists, load
from sandbox.music.songs import songs
from sandbox.spotify import World
from sandbox.spotify.model import spotify_id

NOW = datetime(2026, 11, 1, tzinfo=UTC)
REAL = Path(__file__).parents[3].parent / "shared" / "data" / "libraries"
HEADER = "playlist,track_id,name,artists,album,release_date,duration_ms,explicit,added_at,genres,energy,key,tempo"


def line(playlist: str, number: int, artist: str = "", added: str = "") -> str:
    made, singer = spotify_id("track", number), artist or f"Artist {number}"
    about = "Album,2019-05-03,200000.0,true"
    return f'{playlist},{made},Song {number},{singer};Guest,{about},{added},"pop,indie pop",0.5,4.0,120'


def uris(*numbers: int) -> tuple[str, ...]:
    return tuple(f"spotify:track:{spotify_id('track', number)}" for number in numbers)


def file(folder: Path, *lines: str) -> Path:
    path = folder / "library.csv"
    path.write_text("\n".join((HEADER, *lines)), encoding="utf-8")
    return path


@pytest.fixture
def person(tmp_path: Path) -> Path:
    """A file with 40 songs in Run, 30 in Late_night, a copy of Run, all liked songs, and a list of one artist."""
    return file(
        tmp_path,
        *(line("Run", number, added=f"2025-01-01T00:{number:02d}:00Z") for number in range(40)),
        *(line("Run again", number, added="2025-03-01T00:00:00Z") for number in range(40)),
        *(line("Late_night", number, added="2025-02-01T00:00:00Z") for number in range(40, 70)),
        *(line("All Solo", number, artist="Solo") for number in range(70, 110)),
        *(line("Liked_Songs", number) for number in range(110, 150)),
        line("", 150, added="2026-01-01T00:00:00Z"),
        "Run,spotify:local:A:B:C:100,Local,Somebody,,,,,,,,,",
    )


def test_every_distinct_song_is_liked_newest_first(person: Path) -> None:
    library = load(person)
    assert len(library.likes) == len(library.tracks) == 151
    dates = [like.added_at for like in library.likes]
    assert dates == sorted(dates, reverse=True)
    run = {like.uri: like.added_at for like in library.likes}[uris(7)[0]]
    assert run == datetime(2025, 1, 1, 0, 7, tzinfo=UTC)  # when it was first added to any playlist
    track = next(track for track in library.tracks if track.uri == uris(7)[0])
    assert (track.artists, track.release_date, track.explicit) == (("Artist 7", "Guest"), "2019-05-03", True)


def test_the_truth_contains_only_good_playlists(person: Path) -> None:
    library = load(person)
    assert set(library.truth) in ({"Run", "Late night"}, {"Run again", "Late night"})
    assert library.belongs(uris(45)[0]) == ("Late night",)
    assert library.belongs(uris(120)[0]) == ()


def test_songs_in_no_playlist_are_dropped_first(person: Path) -> None:
    library = load(person, most=75)
    assert len(library.likes) == len(library.features) == 75
    assert sum(bool(library.belongs(like.uri)) for like in library.likes) == 70
    assert library.likes[0].uri == uris(150)[0]


def test_gzipped_files_and_other_headers_are_read(person: Path, tmp_path: Path) -> None:
    text = person.read_text().replace("track_id,name,artists", "Track URI,Track Name,Artist Name(s)", 1)
    packed = tmp_path / "library.csv.gz"
    packed.write_bytes(gzip.compress(text.encode()))
    assert load(packed).likes == load(person).likes


def test_a_file_without_songs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no song"):
        load(file(tmp_path))


def test_a_files_features_are_read(person: Path, tmp_path: Path) -> None:
    load(person).write_features(tmp_path / "features.csv")
    row = next(csv.DictReader((tmp_path / "features.csv").open()))
    assert (row["energy"], row["tempo"], row["duration_ms"]) == ("0.5", "120.0", "200000.0")
    assert (row["genres"], row["year"]) == ("pop;indie pop", "2019")
    assert row["artists"].endswith(";Guest")
    assert float(row["key_cos"]) == pytest.approx(-0.5, abs=1e-4)  # E is four fifths above C
    assert len(row["track_id"]) == 22


def test_the_same_seed_chooses_the_same_playlists(person: Path) -> None:
    assert load(person, seed=5).truth == load(person, seed=5).truth
    assert load(person, playlists=1).truth.keys() < {"Run", "Run again", "Late night"}


def test_songs_become_a_library_with_one_playlist_per_style(tmp_path: Path) -> None:
    some = songs(seed=1, count=20)
    heard = {song.id: {feature.name: 0.5 for feature in FEATURES} for song in some}
    library = drawn(some, heard, NOW)
    assert {name for song in some for name in song.styles} == library.truth.keys()
    assert all(library.belongs(song.track.uri) for song in some)
    assert all(NOW - timedelta(days=731) < like.added_at < NOW for like in library.likes)
    assert drawn(some, heard, NOW, styles=("Run",)).truth.keys() == {"Run"}
    library.write_features(tmp_path / "features.csv")
    header = (tmp_path / "features.csv").read_text().splitlines()[0]
    assert header == ",".join(
        ("track_id", "isrc", *(feature.name for feature in FEATURES), "genres", "artists", "year")
    )


def test_some_likes_are_held_back(person: Path) -> None:
    whole = load(person)
    now = whole.hold_back(0.1)
    assert len(now.later) == 15
    assert (*now.later[::-1], *(like.uri for like in now.likes)) == tuple(like.uri for like in whole.likes)


def test_a_library_opens_an_account_in_the_world(person: Path) -> None:
    library, world = load(person).hold_back(0.1), World()
    account = library.open_account(world, "mara", "Mara")
    assert account.likes == list(library.likes)
    world.like("mara", library.later[0])
    assert account.likes[0].uri == library.later[0]


@pytest.mark.skipif(not REAL.exists(), reason="needs real people's libraries: ../shared/data/libraries")
def test_a_real_persons_library_is_loaded() -> None:
    library: Library = load(REAL / "library-d.csv.gz", playlists=3, most=800)
    assert len(library.truth) == 3
    assert all(30 <= len(contents) <= 1500 for contents in library.truth.values())
    liked = {like.uri for like in library.likes}
    assert all(liked.issuperset(contents) for contents in library.truth.values())
    assert len({track.uri for track in library.tracks}) == len(liked) == len(library.features)


def test_similar_playlists_are_not_both_chosen() -> None:
    tracks = {track.uri: track for track in (song.track for song in songs(seed=2, count=120))}
    known = list(tracks)
    contents = {"A": known[:60], "B": known[:70], "C": known[70:120]}
    assert len(good_playlists(contents, tracks, 3, seed=0)) == 2
