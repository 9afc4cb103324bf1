"""Meeting: how much two tastes have in common, as a number from 0 to 100. Pure.

How near a song lies to a taste is the mean cosine to the songs of it that are nearest (`core.space`). What that is
worth is said by two others: songs of strangers, which neither of the two likes, and the songs of that taste itself,
each beside the rest of it. 0 is what strangers reach, 100 is what one reaches with oneself.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.core.feed import taste
from bot.core.feed.neighbours import Around
from bot.core.feed.taste import KIN, Taste
from bot.core.sorting.columns import Vectors

LEAST = 10  # liked songs with a point on either side
LEAST_STRANGERS = 30
VAGUE = 50  # points to either side, from which on a number would say nothing
ALIKE_AT_LEAST = 0.3  # how far a taste is taken to stand out from strangers: of one that is all over, chance would tell
SHARED = 2.0  # nearness of a song that both like: more than any cosine
SURE = 1.96  # standard errors: 95 % of a normal distribution

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LikedPoints:
    """Songs that a member likes: points (n, k), rows of length 1."""

    songs: Sequence[str]
    points: Vectors


@dataclass(frozen=True, slots=True)
class Meeting:
    """number: 0 to 100; within: points to either side of it; likes: songs on the side with fewer.

    `within` is SURE standard errors; how often it held on real people stands in docs/people.md.
    """

    number: int
    within: int
    likes: int


def meet(one: LikedPoints, other: LikedPoints, strangers: Vectors) -> Meeting | None:
    """Return what the two have in common, whoever is named first; None where too little is known to say.

    Needs LEAST liked songs on either side and LEAST_STRANGERS others, and an interval of less than VAGUE.
    """
    fewer = min(len(one.songs), len(other.songs))
    if fewer < LEAST or len(strangers) < LEAST_STRANGERS:
        return None
    ways = [_towards(one, other, strangers), _towards(other, one, strangers)]
    number = round(50 * sum(min(max(share, 0.0), 1.0) for share, _ in ways))
    within = math.ceil(SURE * 50 * sum(error for _, error in ways))
    return Meeting(number, within, fewer) if within < VAGUE else None


def _towards(songs: LikedPoints, taste_of: LikedPoints, strangers: Vectors) -> tuple[float, float]:
    """Return how near the songs come to somebody's taste, as in `share`."""
    shared = np.isin(np.asarray(songs.songs), np.asarray(taste_of.songs))
    found = np.where(shared, SHARED, _nearness(songs.points @ taste_of.points.T))
    among = taste_of.points @ taste_of.points.T
    np.fill_diagonal(among, -np.inf)
    return share(found, _nearness(among), _nearness(strangers @ taste_of.points.T))


def _nearness(cosines: Vectors) -> Floats:
    """Return (n,) the mean of the KIN highest of each row (n, m); m is more than KIN."""
    return np.asarray(np.partition(cosines, -KIN, axis=1)[:, -KIN:].mean(axis=1), np.float64)


def share(found: Floats, own: Floats, strangers: Floats) -> tuple[float, float]:
    """Return how far songs get from strangers (0) to what is the taste's own (1), by nearness; with a standard error.

    Each is the chance to lie nearer than a stranger less that to lie farther (Cliff 1993), so only the order counts.
    The error is DeLong's (1988). Never falls when one of `found` rises.
    """
    reached, error = _ahead(found, strangers)
    most, most_error = _ahead(own, strangers)
    most = max(most, ALIKE_AT_LEAST)
    return reached / most, math.hypot(error, reached / most * most_error) / most


def _ahead(found: Floats, strangers: Floats) -> tuple[float, float]:
    """Return Cliff's delta of two samples, from −1 to 1, and its standard error."""
    placed, beaten = _places(found, strangers), _places(strangers, found)
    return float(2 * placed.mean() - 1), 2 * math.sqrt(placed.var() / len(found) + beaten.var() / len(strangers))


def _places(found: Floats, among: Floats) -> Floats:
    """Return (n,) the share of `among` that each is above; equals count as half."""
    ordered = np.sort(among)
    below, through = np.searchsorted(ordered, found, "left"), np.searchsorted(ordered, found, "right")
    return np.asarray((below + through) / (2 * len(ordered)), np.float64)


def trade(offered: Around, towards: Taste, artists: frozenset[int], count: int) -> list[str]:
    """Return songs out of what one has that the other would like, by their taste, the best first; none too much alike.

    artists: keys of those whom the other likes already.
    """
    if not len(towards.likes):
        return []
    return [offered.ids[at] for at, _ in taste.rank(offered, towards.likes, towards, artists, count)]
