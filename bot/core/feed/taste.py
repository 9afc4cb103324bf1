"""Taste: which of the nearest songs to recommend, and in what order. Pure.

Points are rows of length 1 (`core.feed.space`), so products are cosines. Weights are in cosines: a weight of 0.1 makes
up for 0.1 of distance.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bot.core.feed.neighbours import Candidates
from bot.core.feed.space import to_length_one
from bot.core.sorting.learning.columns import EPSILON, Vectors

WIDE = 200  # candidates ranked around each point
NEIGHBOURS = 3  # the liked songs nearest to a candidate, which count in its favour
LIKES = 0.3  # weight of their mean cosine
DISLIKE = 0.4  # weight of the cosine to the nearest song they dislike
SKIP = 0.2  # weight of the mean cosine to the nearest songs they skipped
MODEL = 0.1  # weight of the probability that it belongs in one of their playlists
KNOWN_ARTIST = 0.05  # penalty for an artist they already like
ALIKE = 0.15  # weight of the cosine to the songs chosen before it
LESS = 0.5  # weight of the songs to be unlike
STEPS_EACH = 24  # songs that compete for each step of a walk

Numbers = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Taste:
    """Points (·, k) of what a member likes, dislikes and skipped; any of them may be empty.

    artists: keys of the artists they like already.
    """

    likes: Vectors
    dislikes: Vectors
    skips: Vectors = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    artists: Collection[int] = frozenset()


def scores(
    points: Vectors, towards: Vectors, taste: Taste, *, model: Numbers | None = None, familiar: NDArray[np.bool_]
) -> Numbers:
    """Return a score (n,) for each song: its nearness to the nearest of `towards` (t, k), and to the member's taste.

    model: (n,) highest probability that it belongs in one of their playlists; familiar: (n,) if they like its artist.
    """
    score = _nearest(points, towards, 1) + LIKES * _nearest(points, taste.likes, NEIGHBOURS)
    score -= DISLIKE * np.maximum(_nearest(points, taste.dislikes, 1), 0)
    score -= SKIP * np.maximum(_nearest(points, taste.skips, NEIGHBOURS), 0)
    if model is not None:
        score += MODEL * model
    return np.asarray(score - KNOWN_ARTIST * familiar, np.float32)


def rank(
    around: Candidates, towards: Vectors, taste: Taste, count: int, model: Numbers | None = None
) -> list[tuple[int, float]]:
    """Return up to `count` rows of `around` with their scores, best first, as in `scores` and `choose`."""
    familiar = np.fromiter((int(artist) in taste.artists for artist in around.artists), np.bool_, len(around.artists))
    scored = scores(around.points, towards, taste, model=model, familiar=familiar)
    return [(at, float(scored[at])) for at in choose(around.points, scored, around.artists.tolist(), count)]


def _nearest(points: Vectors, others: Vectors, count: int) -> Numbers:
    """Return the mean cosine (n,) to the `count` nearest of (m, k); 0 if there are none."""
    if not len(others):
        return np.zeros(len(points), np.float32)
    cosines = points @ others.T
    best = np.partition(cosines, -count, axis=1)[:, -count:] if cosines.shape[1] > count else cosines
    return np.asarray(best.mean(axis=1), np.float32)


def choose(points: Vectors, scored: Numbers, artists: Sequence[int], count: int) -> list[int]:
    """Return up to `count` rows, best first, no two by the same artist, none too much like those before it.

    Maximal marginal relevance (Carbonell & Goldstein 1998). artists: a key for each row; 0 if unknown.
    """
    keys, left = np.asarray(artists), np.asarray(scored, np.float64).copy()
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


def nearest_liked(point: Vectors, liked: Vectors, count: int) -> list[int]:
    """Return the rows of the liked songs (m, k) nearest to a point (k,), nearest first; only positive cosines count."""
    cosines = liked @ point
    return [int(at) for at in np.argsort(-cosines, kind="stable")[:count] if cosines[at] > 0]


def mixture(add: Vectors, subtract: Vectors) -> Vectors:
    """Return a point (k,) that's like the songs in `add` (a, k) and unlike those in `subtract` (s, k).

    All zeros if they cancel out.
    """
    wanted = add.mean(axis=0)
    if len(subtract):
        wanted = wanted - LESS * subtract.mean(axis=0)
    return to_length_one(np.where(np.linalg.norm(wanted) > EPSILON, wanted, 0))


def between(start: Vectors, goal: Vectors, steps: int) -> Vectors:
    """Return (steps, k) points evenly spaced on the arc between two points, without its ends.

    Spherical interpolation (Shoemake 1985); between opposite points, where every arc is as short, a straight line.
    """
    shares = (np.arange(1, steps + 1) / (steps + 1))[:, None]
    angle = np.arccos(np.clip(start @ goal, -1, 1))
    if np.sin(angle) < 1e-3:  # the same point, or its opposite
        return to_length_one((1 - shares) * start + shares * goal)
    return to_length_one((np.sin((1 - shares) * angle) * start + np.sin(shares * angle) * goal) / np.sin(angle))


def walk(points: Vectors, start: Vectors, goal: Vectors, steps: int) -> list[int]:
    """Return rows of `points` (n, k), one per step, that lead from start to goal (k,): no row twice, no long stride.

    Each song is a candidate for the step nearest to it. Of all paths the shortest is taken, by squared strides and
    distances from the arc (Viterbi 1967). Steps without a candidate are left out.
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
    rows = [int(stages[-1][at])]
    for stage, links in zip(reversed(stages[:-1]), reversed(back), strict=True):
        at = int(links[at])
        rows.append(int(stage[at]))
    return rows[::-1]
