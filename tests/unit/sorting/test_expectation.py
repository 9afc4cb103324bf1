"""Expectation: "about k in 10" is about exactly the songs named."""

from datetime import UTC, datetime

import pytest

from bot.core.records import Layer, Model
from bot.core.sorting.expectation import MARGIN, Expectation, expected, knows_none


def test_each_song_named_counts_once_with_the_least_likely_of_its_places() -> None:
    hoped = expected([("a", 0.9), ("b", 0.9), ("b", 0.6)])
    assert (hoped.songs, hoped.right, hoped.by_model) == (2, pytest.approx(1.5), 2)
    assert (hoped.least, hoped.most) == (7, 8)


def test_what_the_member_said_themselves_is_right_beyond_doubt() -> None:
    told = expected([("a", None), ("b", 1.0)])
    assert told == Expectation(2, 2.0, 0)
    assert (told.least, told.most) == (10, 10)
    mixed = expected([("a", None), ("b", 0.9)])
    assert (mixed.least, mixed.most) == (9, 9)


@pytest.mark.parametrize(("right", "most"), [(20, 10), (19.9, 9), (17.1, 9), (16.9, 8), (0.1, 1), (0, 0)])
def test_only_certainty_is_called_ten_in_ten(right: float, most: int) -> None:
    assert Expectation(20, right).most == most


def test_a_model_is_doubted_as_measured() -> None:
    assert Expectation(100, 90, 100).least == 8
    assert Expectation(100, 90, 0).least == 9
    assert Expectation(1, MARGIN / 2, 1).least == 0


def test_nothing_is_expected_of_no_songs() -> None:
    assert expected([]) == Expectation()


def model(none: object) -> Model:
    return Model(1, 1, 1, "digest", 20, {"none": none}, datetime(2026, 11, 29, tzinfo=UTC), True)


@pytest.mark.parametrize(
    ("everything", "playlists", "none", "knows"),
    [
        (False, 5, None, False),
        (False, 5, {"right": 3, "tested": 4}, True),
        (True, 5, None, True),
        (False, 1, None, True),
    ],
)
def test_a_model_knows_none_once_it_learned_such_songs_or_needs_no_room_for_them(
    everything: bool, playlists: int, none: object, knows: bool
) -> None:
    layer = Layer(1, 1, "main", False, everything)
    assert knows_none(layer, playlists, model(none)) is knows
