"""A match's score: symmetric, reproducible, higher the closer two tastes are, and zero for strangers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.feed.neighbours import Candidates
from bot.core.feed.space import to_length_one
from bot.core.feed.taste import Taste
from bot.core.social import taste_match
from bot.core.social.taste_match import Comparison, LikedPoints

AXES = 6
nearness = st.lists(st.floats(-1, 1, width=32), min_size=3, max_size=20).map(np.array)


def around(middle: int, count: int, seed: int, spread: float = 0.3) -> np.ndarray:
    """Unit vectors near an axis."""
    return to_length_one(np.eye(AXES)[middle] + spread * np.random.default_rng(seed).normal(size=(count, AXES)))


def strangers(seed: int = 99) -> np.ndarray:
    return to_length_one(np.random.default_rng(seed).normal(size=(200, AXES)))


def likes(points: np.ndarray, name: str) -> LikedPoints:
    return LikedPoints([f"{name}{at}" for at in range(len(points))], points)


def met(one: LikedPoints, other: LikedPoints) -> Comparison:
    comparison = taste_match.compare(one, other, strangers())
    assert comparison is not None
    return comparison


@given(st.integers(10, 30), st.integers(10, 30), st.integers(0, 10), st.integers(0, 10**6))
@settings(deadline=None)
def test_the_score_is_symmetric_and_bounded(many: int, others: int, shared: int, seed: int) -> None:
    one, other = likes(around(0, many, seed), "a"), likes(around(seed % 3, others, seed + 1, 0.8), "b")
    other = LikedPoints([*one.songs[:shared], *other.songs], np.vstack([one.points[:shared], other.points]))
    there, back = taste_match.compare(one, other, strangers()), taste_match.compare(other, one, strangers())
    assert there == back == taste_match.compare(one, other, strangers())
    if there is not None:
        assert 0 <= there.number <= 100
        assert 0 <= there.within < taste_match.VAGUE
        assert there.likes == min(len(one.songs), len(other.songs))


def test_the_same_songs_score_a_hundred() -> None:
    songs = likes(around(0, 25, 1), "a")
    assert met(songs, songs).number == 100


def test_random_songs_from_strangers_do_not_match_a_taste() -> None:
    drawn = likes(strangers(5)[:80], "x")
    assert met(likes(around(0, 80, 1), "a"), drawn).number <= 15


def test_two_halves_of_one_taste_match_far_better_than_two_tastes() -> None:
    whole = np.vstack([around(0, 40, 1), around(1, 40, 2)])
    halves = met(likes(whole[::2], "a"), likes(whole[1::2], "b"))
    others = met(likes(whole, "a"), likes(np.vstack([around(2, 40, 3), around(3, 40, 4)]), "c"))
    assert halves.number >= 90
    assert others.number <= 20


def test_the_more_songs_two_share_the_higher_the_score() -> None:
    own, others = around(0, 40, 1), likes(around(2, 40, 2), "b")
    numbers = []
    for taken in range(0, 41, 8):
        mixed = LikedPoints(
            [*others.songs[:taken], *(f"a{at}" for at in range(40 - taken))],
            np.vstack([others.points[:taken], own[: 40 - taken]]),
        )
        numbers.append(met(mixed, others).number)
    assert numbers == sorted(numbers)
    assert numbers[0] < 10
    assert numbers[-1] == 100


@given(nearness, nearness, nearness, st.data())
def test_a_song_moving_closer_never_lowers_the_score(
    theirs: np.ndarray, own: np.ndarray, others: np.ndarray, data: st.DataObject
) -> None:
    at, nearer = data.draw(st.integers(0, len(theirs) - 1)), theirs.copy()
    nearer[at] += data.draw(st.floats(0, 2))
    assert taste_match.share(nearer, own, others)[0] >= taste_match.share(theirs, own, others)[0]


@given(nearness, nearness, nearness)
def test_only_the_order_counts(theirs: np.ndarray, own: np.ndarray, others: np.ndarray) -> None:
    def curved(values: np.ndarray) -> np.ndarray:
        return np.array([sorted({*theirs, *own, *others}).index(value) for value in values], float)

    assert taste_match.share(curved(theirs), curved(own), curved(others)) == taste_match.share(theirs, own, others)


def test_fewer_songs_mean_less_certainty() -> None:
    numbers = [met(likes(around(0, n, 1), "a"), likes(around(0, n, 2, 0.6), "b")).within for n in (20, 40, 160)]
    assert numbers == sorted(numbers, reverse=True)
    assert numbers[0] > numbers[-1]


@pytest.mark.parametrize(("count", "others"), [(taste_match.LEAST - 1, 200), (40, taste_match.LEAST_STRANGERS - 1)])
def test_with_too_few_songs_there_is_no_score(count: int, others: int) -> None:
    few, many = likes(around(0, count, 1), "a"), likes(around(0, 40, 2), "b")
    assert taste_match.compare(few, many, strangers()[:others]) is None
    assert taste_match.compare(many, few, strangers()[:others]) is None


def test_a_meaningless_score_is_not_given() -> None:
    scattered = likes(strangers(3)[:12], "a"), likes(strangers(4)[:12], "b")
    assert taste_match.compare(*scattered, strangers()) is None


def test_suggestions_are_nearest_to_the_members_taste_with_different_artists() -> None:
    points = np.vstack([around(0, 4, 1, 0.05), around(3, 4, 2, 0.05)])
    offered = Candidates([f"s{at}" for at in range(8)], points, np.array([1, 1, 2, 3, 4, 5, 6, 7]))
    traded = taste_match.trade(offered, Taste(around(0, 20, 3), points[:0]), 3)
    assert len(traded) == 3
    assert set(traded) <= {"s0", "s1", "s2", "s3"}
    assert not {"s0", "s1"} <= set(traded)


def test_songs_like_a_disliked_one_come_later() -> None:
    points = np.vstack([around(0, 3, 1, 0.05), around(1, 3, 2, 0.05)])
    offered = Candidates([f"s{at}" for at in range(6)], points, np.arange(1, 7))
    both = np.vstack([around(0, 10, 3, 0.1), around(1, 10, 4, 0.1)])
    traded = taste_match.trade(offered, Taste(both, around(0, 1, 5, 0.0)), 3)
    assert set(traded) == {"s3", "s4", "s5"}


def test_a_member_without_likes_gets_no_suggestions() -> None:
    offered = Candidates(["s0"], around(0, 1, 1), np.array([1]))
    assert taste_match.trade(offered, Taste(np.zeros((0, AXES)), np.zeros((0, AXES))), 3) == []
