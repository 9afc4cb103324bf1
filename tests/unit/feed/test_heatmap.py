"""Heatmaps: the most replayed part of a song, ignoring the spike at a video's start."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.core.feed.heatmap import BACK, FEWEST, SAME, HeatmapPart, find
from bot.core.feed.highlight import CLIP, LEAD, Highlight

# From a real video (yt-dlp, issue 3888): the first value is the highest; the highest after it is 0.303, the 74th.
THOUSANDTHS = [
    1000, 282, 282, 260, 230, 225, 203, 190, 198, 193, 182, 176, 171, 166, 176, 177, 179, 211, 196, 203,
    199, 218, 212, 204, 213, 200, 202, 199, 194, 205, 202, 212, 205, 198, 202, 207, 208, 210, 209, 210,
    223, 222, 217, 221, 229, 233, 245, 239, 256, 267, 274, 275, 291, 292, 288, 297, 284, 285, 282, 281,
    289, 289, 286, 283, 286, 289, 286, 280, 291, 290, 298, 300, 300, 303, 295, 290, 294, 284, 285, 286,
    281, 272, 281, 272, 269, 252, 229, 219, 210, 202, 198, 195, 182, 159, 129, 100, 100, 100, 100, 100,
]  # fmt: skip
REAL = [value / 1000 for value in THOUSANDTHS]


def heatmap(values: list[float], seconds: float) -> list[HeatmapPart]:
    edges = np.linspace(0, seconds, len(values) + 1).tolist()
    return [HeatmapPart(start, end, value) for start, end, value in zip(edges, edges[1:], values, strict=False)]


def highlight_of(values: list[float], seconds: float = 200) -> Highlight:
    highlight = find(heatmap(values, seconds), seconds)
    assert highlight is not None
    return highlight


def hill(at: int, height: float, parts: int = 100, wide: float = 3) -> np.ndarray:
    return height * np.exp(-0.5 * ((np.arange(parts) - at) / wide) ** 2)


def test_the_opening_spike_is_not_the_highlight() -> None:
    highlight = highlight_of(REAL)
    assert 100 < highlight.start < 150
    assert highlight.way == "heatmap"
    assert len(highlight.curve) == len(REAL)
    assert highlight.curve.max() == 1


@given(at=st.integers(12, 85), height=st.floats(0.1, 1), fall=st.floats(0, 1), spike=st.floats(0, 5))
def test_a_hill_is_found_under_any_spike_and_falling_trend(at: int, height: float, fall: float, spike: float) -> None:
    values = 1 - fall * np.arange(100) / 100 + hill(at, height)
    values[0] += spike
    highlight = highlight_of(values.tolist())
    assert 2 * at - BACK - 2 <= highlight.moment <= 2 * at
    assert highlight.start == pytest.approx(highlight.moment - LEAD)


def test_a_clip_starts_at_the_foot_of_a_rise() -> None:
    values = np.full(100, 0.2)
    values[50:54] = 0.4, 0.65, 0.8, 1.0
    assert highlight_of(values.tolist()).moment == 2 * 51  # the first part more than halfway up
    values[47:53] = 0.9
    assert highlight_of(values.tolist()).moment == 2 * 53 - BACK  # at most that far back


@given(values=st.lists(st.floats(0, 1), min_size=FEWEST, max_size=100), seconds=st.floats(60, 900))
def test_a_highlight_is_inside_the_song_and_leaves_room_for_a_clip(values: list[float], seconds: float) -> None:
    highlight = find(heatmap(values, seconds), seconds)
    assume(highlight is not None)
    assert 0 <= highlight.start <= highlight.moment <= max(seconds - CLIP, 0.05 * seconds + seconds / len(values))
    assert 0 <= highlight.confidence <= 1
    assert ((highlight.curve >= 0) & (highlight.curve <= 1)).all()


@given(values=st.lists(st.floats(0.01, 1), min_size=FEWEST, max_size=100), factor=st.floats(0.1, 10))
def test_only_the_shape_of_a_heatmap_counts(values: list[float], factor: float) -> None:
    one, other = find(heatmap(values, 200), 200), find(heatmap([factor * value for value in values], 200), 200)
    assume(one is not None and one.confidence > 0.1 and other is not None)
    ranked = np.sort(one.curve)
    assume(ranked[-1] - ranked[-2] > 1e-6)
    assert other.confidence == pytest.approx(one.confidence, abs=1e-3)


@pytest.mark.parametrize("off", [-60, -SAME - 0.1, SAME + 0.1, 60])
def test_a_video_of_another_length_is_not_trusted(off: float) -> None:
    assert find(heatmap(REAL, 200), 200 + off) is None
    assert find(heatmap(REAL, 200), 200 + np.sign(off) * (SAME - 0.1)) is not None


@pytest.mark.parametrize("values", [[], [1.0], [0.5] * (FEWEST - 1), [0.5] * 100, [1.0] + [0.0] * 99])
def test_if_nothing_stands_out_there_is_no_highlight(values: list[float]) -> None:
    assert find(heatmap(values, 200), 200) is None


def test_a_clearer_peak_gets_more_confidence() -> None:
    noise = np.random.default_rng(0).uniform(0, 0.1, 100)
    sure, unsure = (highlight_of((noise + hill(40, height)).tolist()).confidence for height in (1.0, 0.08))
    assert sure > unsure
    assert sure > 0.5


def test_missing_values_are_zero() -> None:
    values = [float("nan"), *REAL[1:]]
    assert highlight_of(values).moment == highlight_of(REAL).moment
