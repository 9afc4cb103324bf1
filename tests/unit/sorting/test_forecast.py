"""Forecast: more labels never predict worse, and no prediction beats the measurement."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.sorting.learning.forecast import MEASURED, law, share_after

tested = st.integers(1, 60).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))


@pytest.mark.parametrize("playlists", [1, 3, 4, 5, 7, 10, 30])
def test_the_typical_error_falls_to_its_floor_and_rises_with_playlists(playlists: int) -> None:
    usual = law(playlists)
    errors = [usual.error(labels) for labels in range(1, 200)]
    assert errors == sorted(errors, reverse=True)
    assert all(0 < usual.floor < error < 1 for error in errors)
    assert law(playlists + 1).error(5) >= usual.error(5)


def test_the_law_matches_the_measurements() -> None:
    for playlists, (floor, drop, power) in MEASURED.items():
        assert law(playlists).error(1) == pytest.approx(floor + drop)
        assert law(playlists).error(16) == pytest.approx(floor + drop * 16**-power)


@given(labels=st.integers(0, 300), scored=tested, playlists=st.integers(1, 20), more=st.integers(0, 60))
def test_more_labels_never_predict_worse(labels: int, scored: tuple[int, int], playlists: int, more: int) -> None:
    now, later = (share_after(labels, *scored, playlists, count) for count in (more, more + 1))
    assert now is not None
    assert later is not None
    assert 0 <= now <= later <= 1


@given(labels=st.integers(0, 300), scored=tested, playlists=st.integers(1, 20))
def test_without_more_labels_the_forecast_never_beats_the_measurement(
    labels: int, scored: tuple[int, int], playlists: int
) -> None:
    right, of = scored
    promised = share_after(labels, right, of, playlists, more=0)
    assert promised is not None
    assert promised <= right / of + 1e-9


def test_no_forecast_if_nothing_was_tested_or_everything_was_wrong() -> None:
    assert share_after(20, 0, 0, 5) is None
    assert share_after(20, 0, 10, 5) == pytest.approx(0, abs=0.25)


def test_a_perfect_score_on_one_song_means_less_than_on_thirty() -> None:
    one, thirty = share_after(15, 1, 1, 5, more=0), share_after(15, 30, 30, 5, more=0)
    assert one is not None
    assert thirty is not None
    assert one < 0.9 < thirty
