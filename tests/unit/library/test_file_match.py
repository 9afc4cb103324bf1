"""Matching: the same recording is found however it's written, and no other one is mistaken for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.fuzz import token_sort_ratio

from bot.core.library.file_match import LEAST, FileMatch, Naming, best, keys, match, people, title


def song(text: str, artist: str = "Ann Other", seconds: float | None = 200.0, **more: object) -> Naming:
    return Naming(text, (artist,), seconds=seconds, **more)  # type: ignore[arg-type]


SAME = [
    ("Song of Mine", "Song Of Mine"),
    ("Song of Mine (feat. Ben)", "Song of Mine"),
    ("Song of Mine ft. Ben", "Song of Mine [featuring Ben & Cat]"),
    ("Song of Mine - Remastered 2011", "Song of Mine"),
    ("Song of Mine - 2011 Remaster", "Song of Mine (Digitally Remastered)"),
    ("Song of Mine - Mono", "Song of Mine (Stereo)"),
    ("Song of Mine - Single Version", "Song of Mine"),
    ("Canción Ángel", "Cancion Angel"),
    ("Don’t Go", "Don't Go"),
    ("Rock & Roll", "Rock and Roll"),
    ("Song of Mine - Live", "Song of Mine (Live)"),
    ("Song of Mine - Live / 2011 Remaster", "Song of Mine (Live)"),
    ("Song of Mine (Deep Remix)", "Song of Mine - Deep Remix"),
    ("Song of Mine (Yours)", "Song of Mine Yours"),
    ("(I Can't Get No) Song", "I Can't Get No Song"),
    ("Live Forever", "Live Forever (Remastered)"),
    ("With You", "With You (with Ben)"),
    ("Dancing with Myself", "Dancing With Myself - 2001 Remaster"),
]
DIFFERENT = [
    ("Song of Mine", "Song of Mine (Live)"),
    ("Song of Mine - Live at the Hall", "Song of Mine"),
    ("Song of Mine (Deep Remix)", "Song of Mine"),
    ("Song of Mine (Deep Remix)", "Song of Mine (Shallow Water Remix)"),
    ("Song of Mine - Radio Edit", "Song of Mine"),
    ("Song of Mine - Acoustic", "Song of Mine"),
    ("Song of Mine (Instrumental)", "Song of Mine"),
    ("Song of Mine - Demo", "Song of Mine"),
    ("Song of Mine (Sped Up)", "Song of Mine"),
    ("Song of Mine (Karaoke Version)", "Song of Mine"),
    ("Song of Mine", "Song of Yours Truly"),
    ("Song of Mine, Pt. 1", "Something Else"),
    ("Song (Part 1)", "Song (Part 2)"),
    ("Song of Mine", "Song"),
    ("Dancing with Myself", "Dancing"),
    ("With You", "With Me"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_recording_is_found_however_its_title_is_written(one: str, other: str) -> None:
    matched = match(song(one), song(other), token_sort_ratio)
    assert matched is not None
    assert matched.way == "names"
    assert match(song(other), song(one), token_sort_ratio) == matched


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_another_version_never_matches(one: str, other: str) -> None:
    assert match(song(one), song(other), token_sort_ratio) is None
    assert match(song(other), song(one), token_sort_ratio) is None


@pytest.mark.parametrize(("seconds", "fits"), [(200.0, True), (203.0, True), (207.0, False), (188.0, False)])
def test_a_different_length_is_a_different_recording(seconds: float, fits: bool) -> None:
    assert (match(song("A"), song("A", seconds=seconds), token_sort_ratio) is not None) == fits


def test_the_match_closest_in_length_wins() -> None:
    files = [("far", song("A", seconds=204.5)), ("near", song("A", seconds=200.5))]
    matched = best(song("A"), files, token_sort_ratio)
    assert matched is not None
    assert matched[0] == "near"


def test_without_a_length_only_identical_names_match() -> None:
    assert match(song("Song of Mine"), song("Song of Mine", seconds=None), token_sort_ratio) is not None
    assert match(song("Song of Mine"), song("Song of Mime", seconds=None), token_sort_ratio) is None


@pytest.mark.parametrize(
    ("one", "other", "fits"),
    [
        ("The Others", "Others", True),
        ("Beyoncé", "Beyonce", True),
        ("Ann & Ben", "Ben", True),
        ("Ann feat. Cat", "Ann", True),
        ("Simon & Garfunkel", "Simon and Garfunkel", True),
        ("R.E.M.", "REM", True),
        ("Ke$ha", "Kesha", True),
        ("P!nk", "Pink", True),
        ("Wisin & Yandel", "Wisin y Yandel", True),
        ("Ann", "Ben", False),
        ("", "Ann", False),
    ],
)
def test_one_artist_in_common_is_enough(one: str, other: str, fits: bool) -> None:
    assert (match(song("A", one), song("A", other), token_sort_ratio) is not None) == fits


def test_the_same_isrc_matches_whatever_the_names() -> None:
    ours, theirs = song("A", isrc="GB-ABC-12-00001"), song("Track 01", "Unknown", 204.0, isrc="gbabc1200001")
    assert match(ours, theirs, token_sort_ratio) == FileMatch(1.0, "isrc")
    ours, theirs = song("A", mbids=frozenset("m")), song("Track 01", "Unknown", mbids=frozenset("m"))
    assert match(ours, theirs, token_sort_ratio) == FileMatch(0.99, "mbid")


def test_an_isrc_contradicted_by_the_length_is_ignored() -> None:
    ours, theirs = song("A", isrc="GBABC1200001"), song("A", seconds=260.0, isrc="GBABC1200001")
    assert match(ours, theirs, token_sort_ratio) is None


def test_on_a_live_album_every_song_is_live() -> None:
    live = song("Song of Mine", album="Best (Live)")
    assert match(song("Song of Mine"), live, token_sort_ratio) is None
    assert match(song("Song of Mine - Live"), live, token_sort_ratio) is not None


def test_among_equal_matches_the_choice_is_deterministic() -> None:
    files = [("b", song("A")), ("a", song("A"))]
    assert best(song("A"), files, token_sort_ratio) == best(song("A"), files[::-1], token_sort_ratio)


texts = st.text(max_size=40)
named = st.builds(
    Naming,
    texts,
    st.lists(texts, max_size=3).map(tuple),
    st.none() | texts,
    st.none() | st.floats(1, 600),
    st.none() | st.text("ABC123-", max_size=12),
)
WRITINGS = [
    "Song of Mine",
    "SONG OF MINE (feat. Ben)",
    "Song of Mine - Live",
    "Song of Mine [live]",
    "Song of Mine (Deep Remix)",
    "Song of Mine (Shallow Water Remix)",
    "Sóng of Mine - 2011 Remaster",
]
BILLINGS = [("Ann Other",), ("ANN OTHER & Ben",), ("Ben", "Ann Other"), ("The Ann Other",)]
written = st.builds(
    Naming,
    st.sampled_from(WRITINGS),
    st.sampled_from(BILLINGS),
    st.none() | st.just("Best (Live)"),
    st.none() | st.floats(195, 205),
    st.none() | st.sampled_from(["GBABC1200001", "gb-abc-12-00001", "GBABC1200002"]),
)  # pairs of these often match, as random texts never do


@given(named | written, named | written)
def test_matching_is_symmetric_and_never_below_the_threshold(one: Naming, other: Naming) -> None:
    matched = match(one, other, token_sort_ratio)
    assert matched == match(other, one, token_sort_ratio)
    assert matched is None or LEAST <= matched.score <= 1


@given(named)
def test_a_song_with_a_title_and_an_artist_matches_itself(one: Naming) -> None:
    known = bool(title(one.title).plain and people(one.artists)) or bool(one.isrc)
    assert (match(one, one, token_sort_ratio) is not None) or not known


@given(written, written)
def test_matches_share_a_key_however_they_are_written(one: Naming, other: Naming) -> None:
    if match(one, other, token_sort_ratio):
        assert keys(one) & keys(other)


def test_each_key_alone_finds_the_file() -> None:
    by_title = keys(song("Song of Mine - Live")) & keys(song("SONG OF MINE (feat. Ben)", "Someone else"))
    assert by_title == {"title:song of mine"}
    assert keys(song("A", "The Ann Other")) & keys(song("B", "ANN OTHER & Ben")) == {"artist:ann other"}
    assert keys(song("A", isrc="GB-ABC-12-00001")) & keys(song("B", "C", isrc="gbabc1200001")) == {"isrc:GBABC1200001"}
    assert keys(song("A", mbids=frozenset({"m"}))) & keys(song("B", "C", mbids=frozenset({"m"}))) == {"mbid:m"}
