"""Heatmap: finds where a song's highlight begins, from how often each part of a video was replayed. Pure.

The start of nearly every video is its most replayed part, because everybody begins there, and fewer people listen the
longer it goes on. Neither says anything about the song, so both are removed before looking for the highest part.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.core.feed.highlight import CLIP, LEAD, Highlight
from bot.core.vectors import Doubles

FEWEST = 20  # parts; YouTube draws 100
SAME = 3.0  # seconds by which a video of the same recording may differ in length
OPENING = 0.04  # share of the parts, at the start, that show where people begin, not what they like
FOOT = 0.5  # of a highlight's height over the rest; below that its rise hasn't begun
BACK = 8.0  # seconds: the longest rise before the highest part


@dataclass(frozen=True, slots=True)
class HeatmapPart:
    """A part of a video, from `start` to `end` (s), and how often it was replayed, from 0 to 1."""

    start: float
    end: float
    value: float


def find(parts: Sequence[HeatmapPart], seconds: float) -> Highlight | None:
    """Return the highlight of a song of `seconds` from the heatmap of its video.

    None if it can't be trusted: few parts, none that stands out, or a video of another length (a live version, an
    intro, a story around the song).
    """
    if len(parts) < FEWEST or abs(parts[-1].end - seconds) > SAME:
        return None
    starts, values = np.array([part.start for part in parts]), np.nan_to_num([part.value for part in parts])
    opening = int(np.ceil(OPENING * len(parts)))
    liked = _level(starts, values, opening)
    fits = np.arange(len(parts)) >= opening
    fits &= starts <= max(seconds - CLIP, starts[opening])
    if np.ptp(liked[fits]) < 1e-9:
        return None
    best = int(np.argmax(np.where(fits, liked, -np.inf)))
    foot = _foot(starts, liked, best, opening)
    return Highlight(
        start=max(0.0, float(starts[foot]) - LEAD),
        moment=float(starts[foot]),
        confidence=_confidence(liked[opening:], liked[best]),
        way="heatmap",
        curve=_curve(liked, opening),
    )


def _level(starts: Doubles, values: Doubles, opening: int) -> Doubles:
    """Return the values without their trend if it falls; a rising one may be the song's own."""
    slope, _ = np.polyfit(starts[opening:], values[opening:], 1)
    return np.asarray(values - min(0.0, float(slope)) * (starts - starts[opening]))


def _foot(starts: Doubles, liked: Doubles, best: int, opening: int) -> int:
    """Return where the rise to the highest part begins."""
    least = liked[best] - FOOT * (liked[best] - np.median(liked[opening:]))
    foot = best
    while foot > opening and starts[best] - starts[foot - 1] <= BACK and liked[foot - 1] > least:
        foot -= 1
    return foot


def _confidence(liked: Doubles, highest: float) -> float:
    """Return how far the highest part stands out, 0 to 1; 0.5 at two standard deviations above the median."""
    out = (highest - np.median(liked)) / (liked.std() + 1e-9)
    return float(np.clip(out / 4, 0, 1))


def _curve(liked: Doubles, opening: int) -> NDArray[np.float32]:
    """Return the curve scaled to 0 to 1; the opening, about which we know nothing, gets the lowest value."""
    rest = liked[opening:]
    scaled = (liked - rest.min()) / (np.ptp(rest) + 1e-9)
    scaled[:opening] = 0
    return np.asarray(scaled, np.float32)
