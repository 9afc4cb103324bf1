"""Taste maps: the layout and the description match the data, and any data can be drawn."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.audio.clips.taste_map import COLOURS, SHAPES, SIDE, draw
from bot.core.social import taste_map
from bot.core.social.taste_map import Finding
from bot.messages.social import profile as messages


def cloud(x: float, y: float, count: int = 20) -> np.ndarray:
    return np.random.default_rng(count).normal((x, y), 0.05, size=(count, 2))


@given(st.integers(1, 30), st.integers(1, 8), st.integers(0, 1000))
def test_a_map_is_flat_bounded_and_deterministic(count: int, axes: int, seed: int) -> None:
    points = np.random.default_rng(seed).normal(size=(count, axes)).astype(np.float32)
    laid = taste_map.flat(points)
    assert laid.shape == (count, 2)
    assert np.abs(laid).max() <= 1 + 1e-9
    assert np.array_equal(laid, taste_map.flat(points))


def test_the_most_different_songs_are_farthest_apart_on_a_map() -> None:
    points = np.zeros((20, 5), np.float32)
    points[:10, 3] = 1
    laid = taste_map.flat(points)
    assert np.ptp(laid[:10, 0]) < 1e-6
    assert abs(laid[0, 0] - laid[-1, 0]) > 1


def said(clouds: dict[str, np.ndarray], everything: np.ndarray, latest: np.ndarray) -> str:
    return messages.finding(taste_map.finding(clouds, everything, latest))


def test_the_description_names_what_is_apart_and_where_the_latest_are() -> None:
    clouds = {"Run": cloud(-0.8, 0), "Late night": cloud(0.8, 0), "Kitchen": cloud(0.5, 0.2)}
    everything = np.concatenate(list(clouds.values()))
    finding = taste_map.finding(clouds, everything, clouds["Kitchen"][:4])
    assert finding == Finding(("Run", "Late night"), ("Late night", "Kitchen"), latest=4, home="Kitchen", near=4)
    assert messages.finding(finding) == (
        "Run and Late night lie farthest apart. Late night and Kitchen lie closest together. "
        "Of the latest 4 likes, 4 lie nearest to Kitchen."
    )


def test_without_playlists_it_says_whether_the_latest_are_close() -> None:
    everything = np.concatenate([cloud(-0.8, 0), cloud(0.8, 0.5)])
    assert said({}, everything, everything[:5]) == "The latest 5 likes lie close together."
    assert said({}, everything, everything[::5]) == "The latest 8 likes lie all over it."


def test_with_almost_no_songs_nothing_is_said() -> None:
    assert said({"Run": cloud(0, 0, 2)}, cloud(0, 0, 2), cloud(0, 0, 2)) == ""


@pytest.mark.parametrize("count", range(len(COLOURS) + 1))
def test_every_playlist_has_a_colour_and_a_shape_on_the_picture(count: int) -> None:
    clouds = [{"name": f"List {at} 🌙", "songs": cloud(at / 3 - 0.8, 0.3).tolist()} for at in range(count)]
    made = Image.open(io.BytesIO(draw(clouds, cloud(0, -0.5).tolist(), cloud(0, -0.5, 3).tolist())))
    assert made.format == "PNG"
    assert made.width == SIDE
    there = {colour for _, colour in made.getcolors(2**22) or ()}
    wanted = [tuple(bytes.fromhex(colour[1:])) for colour in COLOURS]
    assert [colour in there for colour in wanted] == [at < count for at in range(len(COLOURS))]


def test_shapes_distinguish_playlists_without_colour() -> None:
    assert len(SHAPES) == len(COLOURS) == len(set(SHAPES))


def test_a_map_without_a_song_in_any_shown_playlist_is_drawn() -> None:
    assert draw([{"name": "Empty", "songs": []}], cloud(0, 0).tolist(), []).startswith(b"\x89PNG")
    assert draw([{"name": "One spot", "songs": [[0.0, 0.0]] * 5}], [], []).startswith(b"\x89PNG")
