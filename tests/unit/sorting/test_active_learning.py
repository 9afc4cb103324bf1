"""Questions cover the library first, then settle doubts; never about clear songs, and never one artist repeatedly."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.sorting.learning.active_learning import (
    CLEAR,
    NEVER_CLEAR,
    SAMPLE,
    Belief,
    Guesses,
    Pool,
    belief_in,
    margins,
    next_songs,
    points_of,
    projection_of,
)
from bot.core.sorting.why import nearest, quantised


def regions(k: int, per_region: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    hearts = np.eye(k, 8) * 10
    return np.vstack([heart + rng.normal(0, 0.3, (per_region, 8)) for heart in hearts]).astype(np.float32)


def artists(n: int) -> list[str]:
    return [f"artist {at}" for at in range(n)]


def none_of(n: int) -> np.ndarray:
    return np.zeros(n, bool)


def pool(points: np.ndarray, labelled: np.ndarray | None = None, names: list[str] | None = None) -> Pool:
    n = len(points)
    return Pool(points, none_of(n) if labelled is None else labelled, none_of(n), names or artists(n))


def test_the_first_questions_cover_the_library() -> None:
    space = regions(6, 50)
    chosen = next_songs(pool(points_of(space, 3, 1)), None, 6)
    assert sorted(row // 50 for row in chosen) == [0, 1, 2, 3, 4, 5]


def test_a_region_with_a_label_is_not_asked_about_again() -> None:
    labelled = none_of(300)
    labelled[[3, 60, 110]] = True
    chosen = next_songs(pool(points_of(regions(6, 50), 3, 1), labelled), None, 3)
    assert sorted(row // 50 for row in chosen) == [3, 4, 5]


def test_among_equally_informative_songs_the_closest_call_comes_first() -> None:
    space = np.repeat(regions(6, 10), 5, axis=0)  # five of each song
    rng = np.random.default_rng(0)
    best = rng.uniform(0.5, 0.85, 300)
    probabilities = np.column_stack([best, 1 - best]).astype(np.float32)
    chosen = next_songs(pool(points_of(space, 2, 1)), Guesses(probabilities), 3)
    for row in chosen:
        alike = [other for other in range(row // 5 * 5, row // 5 * 5 + 5) if other not in chosen]
        assert all(margins(probabilities, False)[row] < margins(probabilities, False)[other] for other in alike)


def test_later_questions_are_about_doubtful_songs() -> None:
    labelled = none_of(300)
    labelled[::20] = True
    sure = np.tile(np.float32([0.88, 0.12]), (300, 1))
    sure[100:150] = 0.5
    chosen = next_songs(pool(points_of(regions(6, 50), 2, 1), labelled), Guesses(sure), 1)
    assert chosen[0] // 50 == 2


def test_a_playlist_with_almost_no_labels_gets_its_likeliest_songs() -> None:
    probabilities = np.tile(np.float32([0.5, 0.48, 0.02]), (300, 1))
    probabilities[200:250] = [0.3, 0.3, 0.4]
    labelled = none_of(300)
    labelled[::20] = True
    guesses = Guesses(probabilities, belief=Belief(scarcest=2))
    chosen = next_songs(pool(points_of(regions(6, 50), 3, 1), labelled), guesses, 3)
    assert {row // 50 for row in chosen} == {4}


def test_a_model_is_trusted_once_it_knows_every_playlist() -> None:
    assert belief_in((7, 8), {7: 10, 8: 30}) == Belief(CLEAR)
    assert belief_in((7, 8), {7: 9, 8: 30}) == Belief(NEVER_CLEAR)
    assert belief_in((7, 8), {7: 30, 8: 1}) == Belief(NEVER_CLEAR, scarcest=1)
    assert belief_in((7,), {7: 30, 8: 0}) == Belief(NEVER_CLEAR), "the model has no column for a playlist it never saw"
    assert belief_in((), {}) == Belief(NEVER_CLEAR)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 999), count=st.integers(2, 6), model=st.booleans())
def test_songs_asked_together_are_from_different_regions_and_artists(seed: int, count: int, model: bool) -> None:
    names = [f"artist {row % 60}" for row in range(300)]
    even = Guesses(np.full((300, 3), 1 / 3, np.float32)) if model else None
    chosen = next_songs(pool(points_of(regions(6, 50, seed), 3, seed), names=names), even, count)
    assert len({row // 50 for row in chosen}) == len({names[row] for row in chosen}) == count


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 999), clear=st.floats(0.05, 1), several=st.booleans(), scale=st.sampled_from([1e-3, 1, 1e3]))
def test_only_unclear_songs_are_asked_whatever_the_scale_of_the_space(
    seed: int, clear: float, several: bool, scale: float
) -> None:
    rng = np.random.default_rng(seed)
    space = (rng.normal(size=(60, 5)) * scale).astype(np.float32)
    guesses = rng.dirichlet(np.full(4, 0.3), 60).astype(np.float32)
    labelled = rng.random(60) < 0.3
    chosen = next_songs(pool(points_of(space, 4, seed), labelled), Guesses(guesses, several, belief=Belief(clear)), 60)
    assert set(chosen) == set(np.flatnonzero(~labelled & (margins(guesses, several) < clear)))


def test_memoising_changes_nothing_and_a_single_song_works() -> None:
    space = regions(6, 50)
    projection = projection_of(300, space.__getitem__, 1)
    asked = [next_songs(pool(projection.points(3)), None, 4) for _ in range(2)]
    assert list(asked[0]) == list(asked[1])
    assert list(asked[0]) == list(next_songs(pool(points_of(space, 3, 1)), None, 4))
    assert list(next_songs(pool(points_of(space[:1], 3, 1)), None, 4)) == [0]


def test_a_projection_needs_few_vectors_at_a_time_and_is_of_all_songs() -> None:
    space, asked = regions(6, 500), list[int]()

    def vectors(rows: np.ndarray) -> np.ndarray:
        asked.append(len(rows))
        return space[rows]

    projection = projection_of(3000, vectors, 1)
    assert max(asked) <= SAMPLE
    assert projection.points(3).shape == (3000, 9)
    known = {row // 500 for row in next_songs(pool(projection.points(3)), None, 6)}
    assert known == {0, 1, 2, 3, 4, 5}


def test_clear_songs_are_never_asked_even_if_nothing_else_is_left() -> None:
    labelled = none_of(40)
    labelled[:20] = True
    sure = np.tile(np.float32([0.97, 0.03]), (40, 1))
    assert len(next_songs(pool(points_of(regions(4, 10), 2, 0), labelled), Guesses(sure), 5)) == 0


def test_with_several_playlists_each_has_its_own_margin() -> None:
    pair = margins(np.float32([[0.99, 0.01], [0.99, 0.52]]), several=True)
    assert pair == pytest.approx([0.98, 0.04], abs=1e-6)
    assert pair[0] > CLEAR > pair[1]


def test_each_question_has_a_new_artist_while_there_is_one() -> None:
    labelled = none_of(100)
    labelled[:20] = True
    names = ["same"] * 90 + artists(10)
    even = Guesses(np.full((100, 2), 0.5, np.float32))
    mixed = pool(points_of(regions(4, 25), 2, 0), labelled, names)
    assert len({names[row] for row in next_songs(mixed, even, 11)}) == 11
    after = next_songs(replace(mixed, recent_artists=["same"]), even, 1)
    assert names[after[0]] != "same"
    only = next_songs(replace(mixed, artists=["same"] * 100, recent_artists=["same"]), even, 3)
    assert len(only) == 3


def test_an_empty_library_has_no_questions() -> None:
    assert len(next_songs(pool(points_of(np.zeros((0, 4), np.float32), 3, 0)), None, 5)) == 0


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(1, 40),
    seed=st.integers(0, 99),
    count=st.integers(1, 50),
    k=st.integers(0, 30),
    model=st.booleans(),
    alike=st.booleans(),
    data=st.data(),
)
def test_labelled_skipped_and_repeated_songs_are_never_asked(
    n: int, seed: int, count: int, k: int, model: bool, alike: bool, data: st.DataObject
) -> None:
    rng = np.random.default_rng(seed)
    space = np.zeros((n, 4), np.float32) if alike else rng.normal(size=(n, 4)).astype(np.float32)
    mask = st.lists(st.booleans(), min_size=n, max_size=n).map(np.array)
    labelled, skipped = data.draw(mask), data.draw(mask)
    guesses = Guesses(rng.dirichlet(np.ones(3), n).astype(np.float32)) if model else None

    def chosen() -> list[int]:
        return next_songs(Pool(points_of(space, k, seed), labelled, skipped, artists(n)), guesses, count).tolist()

    first = chosen()
    assert len(set(first)) == len(first) <= count
    assert not (labelled | skipped)[first].any()
    assert chosen() == first


def test_without_a_model_questions_continue_until_none_are_left() -> None:
    space, labelled = regions(4, 6), none_of(24)
    asked = 0
    while len(chosen := next_songs(pool(points_of(space, 1, 0), labelled), None, 1)):
        labelled[chosen] = True
        asked += 1
    assert asked >= 8


def test_why_names_the_nearest_songs_of_the_playlist_and_the_runner_up() -> None:
    space = quantised(np.float32([[1, 0], [0.99, 0.141], [0.9, 0.436], [0.6, 0.8], [0, 1]]))
    ids = ["song", "near", "further", "other", "far"]
    why = nearest(space, ids, 0, {1: [2, 1, 0], 2: [4, 3], 3: []}, 1)
    assert why is not None
    assert why.near.songs == ("near", "further")
    assert why.than is not None
    assert (why.than.playlist, why.than.songs) == (2, ("other", "far"))
    assert why.near.distance < why.than.distance


def test_why_says_nothing_without_a_labelled_song() -> None:
    space = quantised(np.float32([[1, 0], [0, 1]]))
    assert nearest(space, ["a", "b"], 0, {1: [0], 2: [1]}, 1) is None
    alone = nearest(space, ["a", "b"], 0, {2: [1]}, 2)
    assert alone is not None
    assert alone.than is None


def test_opposite_ends_of_a_library_are_both_asked_about() -> None:
    rng = np.random.default_rng(0)
    ends = np.repeat(np.eye(3, 8, dtype=np.float32) + np.array([[-4, 0, 0, 0, 0, 0, 0, 0]] + [[0] * 8] * 2), 20, axis=0)
    space = (ends + 0.05 * rng.normal(size=(60, 8))).astype(np.float32)
    asked = np.zeros(60, bool)
    for _ in range(6):
        (row,) = next_songs(pool(points_of(space, 3, 1), asked), None, 1)
        asked[row] = True
    assert asked.reshape(3, 20).any(axis=1).all()
