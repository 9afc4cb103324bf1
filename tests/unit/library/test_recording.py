"""Recordings are the same if their ISRC matches, or their name, artists and length do."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.records import Song
from bot.core.sorting.recording import Recordings, doubles, naming, same, standing


def song(number: int, title: str = "Nachtbus", isrc: str | None = None, ms: int | None = 200_000) -> Song:
    return Song(f"s{number}", title, ("Lena Ohm", "Sum"), duration_ms=ms, isrc=isrc)


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        (song(2, "Another title", "QZAAA2500001"), True),
        (song(2, " NACHTBUS ", "QZAAA2500009", 201_900), True),
        (song(2, "Nachtbus", None, 203_000), False),
        (song(2, "Nachtbus", None, None), False),
        (song(2, "Nachtbus – Live"), False),
        (Song("s2", "Nachtbus", ("Sum", "lena ohm"), duration_ms=200_000), True),
        (Song("s2", "Nachtbus", ("Lena Ohm",), duration_ms=200_000), False),
        (Song("s2", "Nachtbus", (), duration_ms=200_000), False),
    ],
)
def test_songs_are_one_recording_by_isrc_or_by_name_and_length(other: Song, is_same: bool) -> None:
    one = song(1, isrc="QZAAA2500001")
    assert same(one, other) == same(other, one) == is_same
    assert bool(standing({"s1": one}, [other])) == is_same
    assert doubles([one, song(9, "Else"), other]) == ([[0, 2]] if is_same else [])


def test_songs_without_a_name_are_not_doubles() -> None:
    assert naming("", ("Somebody",)) is None
    assert doubles([Song("a", "", ()), Song("b", "", ())]) == []


@dataclass
class Counted:
    """A recording that counts how often it's compared."""

    duration_ms: int | None
    isrc: str | None = None
    looks: int = 0

    @property
    def naming(self) -> str:
        self.looks += 1
        return "one name|for all"


lengths = st.none() | st.integers(0, 20_000)


@given(there=st.lists(lengths), asked=lengths)
def test_lookup_agrees_with_pairwise_comparison(there: list[int | None], asked: int | None) -> None:
    known = [Counted(length) for length in there]
    one = Counted(asked)
    assert (Recordings(known).of(one) is not None) == any(same(one, recording) for recording in known)


def test_songs_with_one_name_are_compared_with_only_a_few_others() -> None:
    many = [Counted(5_000 * at) for at in range(2_000)]
    assert len(standing({str(at): recording for at, recording in enumerate(many)}, many)) == len(many)
    assert doubles(many) == []
    assert sum(recording.looks for recording in many) <= 40 * len(many)
