"""Taste: results are near, liked and varied; walks lead towards their goal."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.feed import taste
from bot.core.feed.space import to_length_one
from bot.core.feed.taste import Taste

SIZE = 6
SEEDS = st.integers(0, 2**31)


def directions(seed: int, count: int) -> np.ndarray:
    return to_length_one(np.random.default_rng(seed).normal(size=(count, SIZE)))


NOTHING = Taste(directions(0, 0), directions(0, 0))


@given(SEEDS, st.integers(0, 60), st.integers(1, 20), st.integers(1, 15))
@settings(max_examples=80, deadline=None)
def test_results_have_distinct_songs_and_artists_best_first(seed: int, songs: int, artists: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    scores, keys = rng.normal(size=songs).astype(np.float32), rng.integers(1, artists + 1, songs).tolist()
    chosen = taste.choose(directions(seed, songs), scores, keys, count)
    assert len({keys[at] for at in chosen}) == len(chosen) == min(count, len(set(keys)))
    assert not chosen or chosen[0] == int(np.argmax(scores))


def test_songs_without_an_artist_do_not_count_as_one_artists() -> None:
    assert len(taste.choose(directions(1, 4), np.ones(4, np.float32), [0, 0, 0, 0], 4)) == 4


def test_a_near_duplicate_comes_after_a_slightly_farther_song() -> None:
    points = to_length_one(np.array([[1, 0.1], [1, 0.1], [1, -1.0]]))
    assert taste.choose(points, np.array([0.9, 0.9, 0.85], np.float32), [1, 2, 3], 3) == [0, 2, 1]


@given(SEEDS, st.integers(1, 30))
@settings(max_examples=60, deadline=None)
def test_without_a_taste_the_nearest_is_the_best(seed: int, songs: int) -> None:
    points, towards = directions(seed, songs), directions(seed + 1, 2)
    scores = taste.scores(points, towards, NOTHING, familiar=np.zeros(songs, np.bool_))
    np.testing.assert_allclose(scores, (points @ towards.T).max(axis=1), atol=1e-6)


@given(SEEDS)
@settings(max_examples=60, deadline=None)
def test_likes_and_the_model_attract_and_dislikes_repel(seed: int) -> None:
    points, towards, plain = directions(seed, 5), directions(seed + 1, 1), np.zeros(5, np.bool_)
    before = taste.scores(points, towards, NOTHING, familiar=plain)
    own = points[2:3]
    assert taste.scores(points, towards, Taste(own, own[:0]), familiar=plain)[2] > before[2]
    away = taste.scores(points, towards, Taste(own[:0], own), familiar=plain)[2]
    passed = taste.scores(points, towards, Taste(own[:0], own[:0], own), familiar=plain)[2]
    assert away < passed < before[2], "a skip pushes away less than a dislike"
    model = np.array([0, 0, 1, 0, 0], np.float32)
    after = taste.scores(points, towards, NOTHING, model=model, familiar=plain)
    assert after[2] > before[2]
    assert (taste.scores(points, towards, NOTHING, familiar=~plain) < before).all()


@given(SEEDS, st.integers(1, 3), st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_subtracting_moves_the_mixture_away(seed: int, adds: int, less: int) -> None:
    add, subtract = directions(seed, adds), directions(seed + 1, less)
    plain, mixed = taste.mixture(add, subtract[:0]), taste.mixture(add, subtract)
    away = to_length_one(subtract.mean(axis=0))
    assert mixed @ away <= plain @ away + 1e-5
    assert abs(np.linalg.norm(mixed) - 1) < 1e-5


def test_opposites_cancel_out() -> None:
    one = directions(1, 1)
    assert not taste.mixture(np.vstack([one, -one]), one[:0]).any()


@pytest.mark.slow
@given(SEEDS, st.integers(0, 120), st.integers(1, 12))
@settings(max_examples=80, deadline=None)
def test_a_walk_has_distinct_steps_and_goes_forward(seed: int, songs: int, steps: int) -> None:
    points, (start, goal) = directions(seed, songs), directions(seed + 1, 2)
    path = taste.walk(points, start, goal, steps)
    assert len(set(path)) == len(path) <= steps
    assert bool(path) == bool(songs)
    nearest = (points[path] @ taste.between(start, goal, steps).T).argmax(axis=1)
    assert (np.diff(nearest) > 0).all()


def test_a_walk_takes_the_songs_on_the_way() -> None:
    start, goal = np.eye(SIZE, dtype=np.float32)[:2]
    way = taste.between(start, goal, 5)
    others = -directions(7, 40) * np.array([-1, -1, 1, 1, 1, 1], np.float32)
    others[:, :2] = -np.abs(others[:, :2])
    points = np.vstack([to_length_one(others), way])
    assert taste.walk(points, start, goal, 5) == [40, 41, 42, 43, 44]


@given(SEEDS, st.integers(1, 12))
@settings(max_examples=60, deadline=None)
def test_the_arc_is_evenly_spaced_and_constant_from_a_song_to_itself(seed: int, steps: int) -> None:
    start, goal = directions(seed, 2)
    way = np.vstack([start, taste.between(start, goal, steps), goal])
    np.testing.assert_allclose(np.linalg.norm(way, axis=1), 1, atol=1e-4)
    strides = (way[1:] * way[:-1]).sum(axis=1)
    np.testing.assert_allclose(strides, strides[0], atol=1e-3)
    np.testing.assert_allclose(taste.between(start, start, steps), np.tile(start, (steps, 1)), atol=1e-5)


def test_explaining_songs_are_the_nearest_and_never_opposites() -> None:
    point = directions(1, 1)[0]
    liked = np.vstack([-point, point, directions(2, 1)])
    assert taste.nearest_liked(point, liked, 3)[0] == 1
    assert 0 not in taste.nearest_liked(point, liked, 3)
