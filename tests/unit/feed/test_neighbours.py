"""Neighbours are the nearest songs after any additions and removals, of a large catalogue .99 of them; the space
preserves differences.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.features import RefusedProvenance, SongFeatures
from bot.core.feed import cells
from bot.core.feed.neighbours import Neighbours
from bot.core.feed.space import AXES, Space, space_of, to_length_one

SIZE = 8
NEARLY = 1e-4  # how far a cosine may be from the one of the point as it was put in


def directions(seed: int, count: int) -> np.ndarray:
    return to_length_one(np.random.default_rng(seed).normal(size=(count, SIZE)))


def filled(points: np.ndarray, *, free: int = 0) -> Neighbours:
    made = Neighbours(points.shape[1])
    put(made, points, 0, free)
    return made


def put(made: Neighbours, points: np.ndarray, start: int, free: int = 0) -> None:
    songs = range(start, start + len(points))
    made.put([f"s{at}" for at in songs], points, [0] * len(songs), [at < free for at in songs])


def large(clusters: int) -> np.ndarray:
    """Return the points of 80,000 songs on uneven axes, as principal ones are; clusters: 0 for none."""
    rng = np.random.default_rng(clusters)
    points = 0.7 * rng.normal(size=(80_000, AXES))
    if clusters:
        points += rng.normal(size=(clusters, AXES))[rng.integers(0, clusters, len(points))]
    return to_length_one(points / np.sqrt(np.arange(1, AXES + 1)))


@given(st.integers(0, 2**31), st.integers(1, 200), st.integers(1, 20))
def test_the_nearest_are_the_same_as_by_sorting_everything(seed: int, songs: int, count: int) -> None:
    points, asked = directions(seed, songs), directions(seed + 1, 3)
    rows, cosines = filled(points).near(asked, count)
    right = np.sort(asked @ points.T, axis=1)[:, ::-1][:, :count]
    np.testing.assert_allclose(cosines, right, atol=NEARLY)
    np.testing.assert_allclose(np.take_along_axis(asked @ points.T, rows, 1), right, atol=NEARLY)


@pytest.mark.slow
@pytest.mark.parametrize("clusters", [0, 200])
def test_of_a_large_catalogue_nearly_all_of_the_nearest_are_found(clusters: int) -> None:
    points = large(clusters)
    made, asked = filled(points), points[::1600]
    right = np.sort(asked @ points.T, axis=1)[:, -200:]
    _, cosines = made.near(asked, 200)
    assert float((cosines >= right[:, :1] - NEARLY).mean()) >= 0.99


@pytest.mark.slow
def test_a_catalogue_that_grows_into_cells_finds_what_it_held_before() -> None:
    points = large(200)
    made = filled(points[:60_000])
    put(made, points[60_000:70_000], 60_000)
    put(made, points[70_000:], 70_000)
    made.drop([f"s{at}" for at in range(0, 80_000, 8)])
    assert [made.around(points[at : at + 1], 1).ids for at in (1, 65_001, 79_999)] == [["s1"], ["s65001"], ["s79999"]]
    asked, left = points[8::1600], np.flatnonzero(np.arange(80_000) % 8)
    right = np.sort(asked @ points[left].T, axis=1)[:, -200:]
    assert float((made.near(asked, 200)[1] >= right[:, :1] - NEARLY).mean()) >= 0.99


@given(st.integers(0, 2**31), st.integers(1, 60), st.integers(0, 60), st.integers(0, 200))
def test_of_songs_in_cells_as_many_as_wanted_are_found_and_only_those_that_qualify(
    seed: int, count: int, barred: int, free: int
) -> None:
    made = Neighbours(SIZE, whole=16, enough=16, count=4)
    put(made, directions(seed, 200), 0, free)
    without = {f"s{at}" for at in range(0, 3 * barred, 3)}
    open_to_all = {f"s{at}" for at in range(free)} - without
    found = made.around(directions(seed + 1, 1), count, without=without, only_free=True).ids
    assert set(found) <= open_to_all
    assert len(found) == min(count, len(open_to_all))


def test_each_point_is_in_the_cell_of_the_centre_nearest_to_it() -> None:
    points = directions(1, 500)
    found = cells.centres(points, 20)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(cells.nearest(points, found), (points @ found.T).argmax(axis=1))


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
        np.testing.assert_allclose(held, point, atol=NEARLY)
    assert set(made.around(directions(99, 1), len(steps) + 1).ids) == right.keys()


def test_excluded_songs_are_never_returned() -> None:
    made = filled(directions(3, 50), free=10)
    near = made.around(directions(4, 2), 50, without=["s1", "unheard of"], only_free=True)
    assert set(near.ids) == {f"s{at}" for at in range(10)} - {"s1"}


def test_an_empty_index_returns_nothing() -> None:
    assert Neighbours(SIZE).around(directions(1, 1), 5).ids == []


def songs(count: int) -> list[SongFeatures]:
    rng = np.random.default_rng(5)
    return [
        SongFeatures(
            {"tempo": 80.0 + 40 * (at % 2), "liked": 2000.0 + at},
            {"genres": frozenset({["folk", "techno"][at % 2]}), "artists": frozenset({f"artist {at}"})},
            embeddings={"musicnn": rng.normal(size=20).astype(np.float32)},
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
