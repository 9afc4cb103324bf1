"""Taste: which of the nearest songs to name, and in what order. Pure.

Points are rows of length 1 (`core.space`), so products are cosines. Every weight is in cosines: 0.1 is what a song may
lie farther away and still be named before another.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bot.core.feed.neighbours import Around
from bot.core.feed.space import to_length_one
from bot.core.sorting.columns import FAINT, Vectors

WIDE = 200  # songs near each point asked about that are ranked
KIN = 3  # liked songs that speak for a song: those nearest to it
LIKES = 0.3  # weight of their mean cosine
DISTASTE = 0.4  # weight of the cosine to the nearest song that is not for them
SKIP = 0.2  # weight of the mean cosine to the nearest songs that they skipped
MODEL = 0.1  # weight of the probability that one of their playlists takes it
KNOWN_ARTIST = 0.05  # what an artist costs whom they like already
ALIKE = 0.15  # weight of the cosine to the songs that are named before it
LESS = 0.5  # weight of what a song is not to be like
STEPS_EACH = 24  # songs that compete for each step of a walk

Numbers = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Taste:
    """What a member likes, what is not for them, and what they skipped: points (·, k); any may have no row."""

    likes: Vectors
    distastes: Vectors
    skips: Vectors = field(default_factory=lambda: np.zeros((0, 0), np.float32))


def scores(
    points: Vectors, towards: Vectors, taste: Taste, *, model: Numbers | None = None, familiar: NDArray[np.bool_]
) -> Numbers:
    """Return (n,) how well each song serves: nearness to the nearest of `towards` (t, k), and the member's own taste.

    model: (n,) the highest probability that a playlist of theirs takes it; familiar: (n,) whether its artist is liked.
    """
    found = _nearest(points, towards, 1) + LIKES * _nearest(points, taste.likes, KIN)
    found -= DISTASTE * np.maximum(_nearest(points, taste.distastes, 1), 0)
    found -= SKIP * np.maximum(_nearest(points, taste.skips, KIN), 0)
    if model is not None:
        found += MODEL * model
    return np.asarray(found - KNOWN_ARTIST * familiar, np.float32)


def rank(
    around: Around,
    towards: Vectors,
    taste: Taste,
    artists: Collection[int],
    count: int,
    model: Numbers | None = None,
) -> list[tuple[int, float]]:
    """Return up to `count` rows of what lies around, the best first, each with its score.

    artists: keys of those whom the member likes already; the rest as in `scores` and `choose`.
    """
    familiar = np.fromiter((int(each) in artists for each in around.artists), np.bool_, len(around.artists))
    found = scores(around.points, towards, taste, model=model, familiar=familiar)
    return [(at, float(found[at])) for at in choose(around.points, found, around.artists.tolist(), count)]


def _nearest(points: Vectors, others: Vectors, count: int) -> Numbers:
    """Return (n,) the mean cosine to the `count` nearest of (m, k); nought where there are none."""
    if not len(others):
        return np.zeros(len(points), np.float32)
    cosines = points @ others.T
    best = np.partition(cosines, -count, axis=1)[:, -count:] if cosines.shape[1] > count else cosines
    return np.asarray(best.mean(axis=1), np.float32)


def choose(points: Vectors, found: Numbers, artists: Sequence[int], count: int) -> list[int]:
    """Return up to `count` rows, the best first, no two by one artist, none too much like those before it.

    Maximal marginal relevance (Carbonell & Goldstein 1998). artists: a key for each row; 0 is nobody in particular.
    """
    keys, left = np.asarray(artists), np.asarray(found, np.float64).copy()
    likeness = np.full(len(points), -np.inf, np.float32)
    chosen: list[int] = []
    while len(chosen) < count:
        value = left - ALIKE * np.maximum(likeness, 0)
        at = int(np.argmax(value)) if len(value) else 0
        if not len(value) or not np.isfinite(value[at]):
            break
        chosen.append(at)
        likeness = np.maximum(likeness, points @ points[at])
        left[at] = -np.inf
        if keys[at]:
            left[keys == keys[at]] = -np.inf
    return chosen


def kin(point: Vectors, liked: Vectors, count: int) -> list[int]:
    """Return the rows of the liked songs (m, k) nearest to a point (k,), the nearest first; only those on its side."""
    cosines = liked @ point
    return [int(at) for at in np.argsort(-cosines, kind="stable")[:count] if cosines[at] > 0]


def mixture(add: Vectors, subtract: Vectors) -> Vectors:
    """Return the point (k,) that is like the songs of `add` (a, k) and not like those of `subtract` (s, k).

    Nought where nothing is left of it.
    """
    wanted = add.mean(axis=0)
    if len(subtract):
        wanted = wanted - LESS * subtract.mean(axis=0)
    return to_length_one(np.where(np.linalg.norm(wanted) > FAINT, wanted, 0))


def between(start: Vectors, goal: Vectors, steps: int) -> Vectors:
    """Return (steps, k) points on the arc from one point to the other, evenly spread, the ends left out.

    Spherical interpolation (Shoemake 1985); between opposite points any arc is as short, and a straight line is taken.
    """
    shares = (np.arange(1, steps + 1) / (steps + 1))[:, None]
    angle = np.arccos(np.clip(start @ goal, -1, 1))
    if np.sin(angle) < 1e-3:  # the same point, or its opposite
        return to_length_one((1 - shares) * start + shares * goal)
    return to_length_one((np.sin((1 - shares) * angle) * start + np.sin(shares * angle) * goal) / np.sin(angle))


def walk(points: Vectors, start: Vectors, goal: Vectors, steps: int) -> list[int]:
    """Return rows of `points` (n, k), one a step, that lead from start to goal (k,): no row twice, no long stride.

    Each song competes for the step that it lies nearest to; among them the shortest path is taken, by squared strides
    and distances from the arc (Viterbi 1967). A step for which there is no song is left out.
    """
    arc = between(start, goal, steps)
    off = 1 - points @ arc.T  # (n, steps)
    home = off.argmin(axis=1) if len(points) else np.zeros(0, np.intp)
    stages = [_closest(np.flatnonzero(home == step), off[:, step]) for step in range(steps)]
    stages = [stage for stage in stages if len(stage)]
    cost, back = _strides(points[stages[0]], start[None])[:, 0] if stages else np.zeros(0), []
    for before, stage in pairwise(stages):
        total = cost[None, :] + _strides(points[stage], points[before])
        back.append(total.argmin(axis=1))
        cost = total.min(axis=1) + off[stage, home[stage]] ** 2
    return _traced(stages, back, cost + _strides(points[stages[-1]], goal[None])[:, 0]) if stages else []


def _closest(rows: NDArray[np.intp], off: Numbers) -> NDArray[np.intp]:
    return rows[np.argsort(off[rows], kind="stable")[:STEPS_EACH]]


def _strides(to: Vectors, of: Vectors) -> NDArray[np.float64]:
    return np.asarray((1 - to @ of.T) ** 2, np.float64)


def _traced(
    stages: Sequence[NDArray[np.intp]], back: Sequence[NDArray[np.intp]], cost: NDArray[np.float64]
) -> list[int]:
    at = int(cost.argmin())
    found = [int(stages[-1][at])]
    for stage, links in zip(reversed(stages[:-1]), reversed(back), strict=True):
        at = int(links[at])
        found.append(int(stage[at]))
    return found[::-1]
