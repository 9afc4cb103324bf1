"""Neighbours are exactly the nearest songs after any additions and removals; the space preserves differences."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.features import RefusedProvenance, SongFeatures
from bot.core.feed.neighbours import Neighbours
from bot.core.feed.space import AXES, Space, space_of, to_length_one

SIZE = 8


def directions(seed: int, count: int) -> np.ndarray:
    return to_length_one(np.random.default_rng(seed).normal(size=(count, SIZE)))


def filled(points: np.ndarray, *, free: int = 0, block: int = 16) -> Neighbours:
    made = Neighbours(SIZE, block)
    count = len(points)
    made.put([f"s{at}" for at in range(count)], points, [0] * count, [at < free for at in range(count)])
    return made


@given(st.integers(0, 2**31), st.integers(1, 200), st.integers(1, 20), st.integers(1, 64))
def test_the_nearest_are_the_same_as_by_sorting_everything(seed: int, songs: int, count: int, block: int) -> None:
    points, asked = directions(seed, songs), directions(seed + 1, 3)
    rows, cosines = filled(points, block=block).near(asked, count)
    right = np.sort(asked @ points.T, axis=1)[:, ::-1][:, :count]
    np.testing.assert_allclose(cosines, right, atol=1e-5)
    np.testing.assert_allclose(np.take_along_axis(asked @ points.T, rows, 1), right, atol=1e-5)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 30)), max_size=80))
def test_additions_and_removals_behave_like_a_dictionary(steps: list[tuple[bool, int]]) -> None:
    made, right = Neighbours(SIZE), dict[str, np.ndarray]()
    for at, (comes, number) in enumerate(steps):
        song = f"s{number}"
        if comes:
            right[song] = directions(at, 1)[0]
            made.put([song], right[song][None], [number], [False])
        else:
            right.pop(song, None)
            made.drop([song])
    assert len(made) == len(right)
    for song, point in right.items():
        held = made.point(song)
        assert held is not None
        np.testing.assert_array_equal(held, point)
    assert set(made.around(directions(99, 1), len(steps) + 1).ids) == right.keys()


def test_excluded_songs_are_never_returned() -> None:
    made = filled(directions(3, 50), free=10)
    near = made.around(directions(4, 2), 50, without=["s1", "unheard of"], only_free=True)
    assert set(near.ids) == {f"s{at}" for at in range(10)} - {"s1"}


def test_an_empty_index_returns_nothing() -> None:
    assert Neighbours(SIZE).around(directions(1, 1), 5).ids == []


def songs(count: int) -> list[SongFeatures]:
    dice = np.random.default_rng(5)
    return [
        SongFeatures(
            {"tempo": 80.0 + 40 * (at % 2), "liked": 2000.0 + at},
            {"genres": frozenset({["folk", "techno"][at % 2]}), "artists": frozenset({f"artist {at}"})},
            embeddings={"musicnn": dice.normal(size=20).astype(np.float32)},
        )
        for at in range(count)
    ]


def test_a_space_restored_from_bytes_gives_the_same_points() -> None:
    space = space_of(songs(40))
    again = Space.from_bytes(space.to_bytes())
    np.testing.assert_array_equal(again.points(songs(40)), space.points(songs(40)))
    assert space.size <= AXES
    with pytest.raises(ValueError, match="not a"):
        Space.from_bytes(b"{}")


def test_points_are_unit_vectors_and_unknown_songs_have_none() -> None:
    points = space_of(songs(40)).points([*songs(10), SongFeatures()])
    np.testing.assert_allclose(np.linalg.norm(points[:-1], axis=1), 1, atol=1e-5)
    assert not points[-1].any()


def test_like_dates_and_artists_do_not_move_points() -> None:
    space = space_of(songs(40))
    song = songs(1)[0]
    other = SongFeatures(
        {**song.numbers, "liked": 2024.0}, {**song.sets, "artists": frozenset({"else"})}, embeddings=song.embeddings
    )
    np.testing.assert_array_equal(space.points([song]), space.points([other]))


def test_spotifys_content_is_never_used() -> None:
    with pytest.raises(RefusedProvenance):
        space_of(songs(12)).points([SongFeatures({"tempo": 1.0}, provenance={"tempo": "spotify"})])
