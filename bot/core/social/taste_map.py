"""Taste map: lays liked songs out on a plane, and finds what there is to see. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from bot.core.sorting.learning.columns import EPSILON, Vectors

LEAST = 3  # songs needed for a cloud
CLOSE = 0.6  # of the spread of all songs: anything closer counts as close together
Plane = NDArray[np.float64]


def flat(points: Vectors) -> Plane:
    """Return (n, 2): the points (n, k) projected onto the two directions in which they differ most, within −1 to 1.

    Principal components (Pearson 1901), each with its farthest point on the positive side.
    """
    centred = np.asarray(points, np.float64) - points.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    laid = np.zeros((len(points), 2))
    laid[:, : len(axes[:2])] = centred @ axes[:2].T
    ends = laid[np.abs(laid).argmax(axis=0), range(2)]
    return np.asarray(laid * np.where(ends < 0, -1, 1) / max(np.abs(laid).max(), EPSILON), np.float64)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a map shows. apart, closest: the two playlists farthest apart and closest together.

    latest: how many of the newest likes this is about; 0 if too few. near: how many of them lie nearest to `home`, a
    playlist; without playlists, `together` says whether they lie close together.
    """

    apart: tuple[str, str] | None = None
    closest: tuple[str, str] | None = None
    latest: int = 0
    home: str | None = None
    near: int = 0
    together: bool = False


def finding(clouds: Mapping[str, Plane], everything: Plane, latest: Plane) -> Finding:
    """Return what the map shows. clouds: the songs of each named playlist."""
    large = {name: at for name, at in clouds.items() if len(at) >= LEAST}
    pairs = sorted(combinations(large, 2), key=lambda pair: _distance(large[pair[0]], large[pair[1]]))
    shown = Finding(apart=pairs[-1] if pairs else None, closest=pairs[0] if len(pairs) > 1 else None)
    if len(latest) < LEAST:
        return shown
    if len(large) < 2:
        close = latest.std(axis=0).mean() < CLOSE * everything.std(axis=0).mean()
        return replace(shown, latest=len(latest), together=bool(close))
    home, near = _nearest(large, latest)
    return replace(shown, latest=len(latest), home=home, near=near)


def _distance(one: Plane, other: Plane) -> float:
    """Return how far apart two clouds are, relative to their size."""
    spread = one.std(axis=0).sum() + other.std(axis=0).sum()
    return float(np.linalg.norm(one.mean(axis=0) - other.mean(axis=0)) / max(spread, EPSILON))


def _nearest(clouds: Mapping[str, Plane], latest: Plane) -> tuple[str, int]:
    """Return the playlist that most songs lie nearest to, and how many do."""
    homes = list(clouds)
    middles = np.stack([clouds[name].mean(axis=0) for name in homes])
    nearest = np.linalg.norm(latest[:, None] - middles, axis=2).argmin(axis=1)
    counts = np.bincount(nearest, minlength=len(homes))
    return homes[int(counts.argmax())], int(counts.max())
