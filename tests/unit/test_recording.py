"""Recordings: the same by ISRC, or by name, artists and length."""

import pytest

from bot.core.recording import doubles, naming, same, standing
from bot.core.records import Song


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
def test_two_songs_are_one_recording(other: Song, is_same: bool) -> None:
    one = song(1, isrc="QZAAA2500001")
    assert same(one, other) == same(other, one) == is_same
    assert bool(standing({"s1": one}, [other])) == is_same
    assert doubles([one, song(9, "Else"), other]) == ([[0, 2]] if is_same else [])


def test_what_has_no_name_is_no_double() -> None:
    assert naming("", ("Somebody",)) is None
    assert doubles([Song("a", "", ()), Song("b", "", ())]) == []
