"""Taste match: how much two tastes have in common, as a number from 0 to 100. Pure.

A song's nearness to a taste is its mean cosine to the nearest songs of that taste (`core.feed.space`). Two references
give the scale: songs that neither of the two likes score 0, and a taste's own songs, each compared with the rest of
it, score 100.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.core.feed import taste
from bot.core.feed.neighbours import Candidates
from bot.core.feed.taste import NEIGHBOURS, Taste
from bot.core.sorting.learning.columns import Vectors
from bot.core.vectors import Doubles

LEAST = 10  # liked songs with a point that each side needs
LEAST_STRANGERS = 30
VAGUE = 50  # points to either side; a wider interval says nothing
ALIKE_AT_LEAST = 0.3  # least distance of a taste from strangers: without it, chance would decide for a scattered taste
SHARED = 2.0  # nearness of a song both like: more than any cosine
SURE = 1.96  # standard errors: 95 % of a normal distribution


@dataclass(frozen=True, slots=True)
class LikedPoints:
    """Songs a member likes: points (n, k), rows of length 1."""

    songs: Sequence[str]
    points: Vectors


@dataclass(frozen=True, slots=True)
class Comparison:
    """number: 0 to 100; within: points to either side of it; likes: songs on the side with fewer.

    `within` is SURE standard errors; docs/people.md says how often it held for real people.
    """

    number: int
    within: int
    likes: int


def compare(one: LikedPoints, other: LikedPoints, strangers: Vectors) -> Comparison | None:
    """Return what the two have in common, in either order; None if too little is known.

    Needs LEAST liked songs on both sides, LEAST_STRANGERS others, and an interval below VAGUE.
    """
    fewer = min(len(one.songs), len(other.songs))
    if fewer < LEAST or len(strangers) < LEAST_STRANGERS:
        return None
    ways = [_towards(one, other, strangers), _towards(other, one, strangers)]
    number = round(50 * sum(min(max(share, 0.0), 1.0) for share, _ in ways))
    within = math.ceil(SURE * 50 * sum(error for _, error in ways))
    return Comparison(number, within, fewer) if within < VAGUE else None


def _towards(songs: LikedPoints, taste_of: LikedPoints, strangers: Vectors) -> tuple[float, float]:
    """Return how near the songs come to a taste, as `share` does."""
    shared = np.isin(np.asarray(songs.songs), np.asarray(taste_of.songs))
    nearness = np.where(shared, SHARED, _nearness(songs.points @ taste_of.points.T))
    among = taste_of.points @ taste_of.points.T
    np.fill_diagonal(among, -np.inf)
    return share(nearness, _nearness(among), _nearness(strangers @ taste_of.points.T))


def _nearness(cosines: Vectors) -> Doubles:
    """Return the mean (n,) of the NEIGHBOURS highest values of each row (n, m); m must exceed NEIGHBOURS."""
    return np.asarray(np.partition(cosines, -NEIGHBOURS, axis=1)[:, -NEIGHBOURS:].mean(axis=1), np.float64)


def share(nearness: Doubles, own: Doubles, strangers: Doubles) -> tuple[float, float]:
    """Return where songs lie between strangers (0) and the taste's own (1), by nearness, and the standard error.

    Both are Cliff's delta (1993), the chance to lie nearer than a stranger minus the chance to lie farther, so only
    the order counts. The error is DeLong's (1988). Never falls when one of `nearness` rises.
    """
    reached, error = _ahead(nearness, strangers)
    most, most_error = _ahead(own, strangers)
    most = max(most, ALIKE_AT_LEAST)
    return reached / most, math.hypot(error, reached / most * most_error) / most


def _ahead(nearness: Doubles, strangers: Doubles) -> tuple[float, float]:
    """Return Cliff's delta of two samples, from −1 to 1, and its standard error."""
    placed, beaten = _places(nearness, strangers), _places(strangers, nearness)
    return float(2 * placed.mean() - 1), 2 * math.sqrt(placed.var() / len(nearness) + beaten.var() / len(strangers))


def _places(nearness: Doubles, among: Doubles) -> Doubles:
    """Return the share (n,) of `among` that each value exceeds; equals count half."""
    ordered = np.sort(among)
    below, through = np.searchsorted(ordered, nearness, "left"), np.searchsorted(ordered, nearness, "right")
    return np.asarray((below + through) / (2 * len(ordered)), np.float64)


def trade(offered: Candidates, towards: Taste, count: int) -> list[str]:
    """Return the offered songs that best fit the other's taste, best first, none too much alike."""
    if not len(towards.likes):
        return []
    return [offered.ids[at] for at, _ in taste.rank(offered, towards.likes, towards, count)]
