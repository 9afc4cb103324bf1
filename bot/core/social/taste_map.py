"""Taste map: lays liked songs out on a plane, and puts what it shows into words. Pure."""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from bot.core.sorting.columns import FAINT, Vectors

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
    return np.asarray(laid * np.where(ends < 0, -1, 1) / max(np.abs(laid).max(), FAINT), np.float64)


def finding(clouds: Mapping[str, Plane], everything: Plane, latest: Plane) -> str:
    """Describe the map in words, for those who can't see it. clouds: the songs of each named playlist."""
    large = {name: at for name, at in clouds.items() if len(at) >= LEAST}
    return " ".join(filter(None, (_apart(large), _of_latest(large, everything, latest))))


def _apart(clouds: Mapping[str, Plane]) -> str:
    if len(clouds) < 2:
        return ""
    pairs = sorted(combinations(clouds, 2), key=lambda pair: _distance(clouds[pair[0]], clouds[pair[1]]))
    said = f"{' and '.join(pairs[-1])} lie farthest apart."
    return f"{said} {' and '.join(pairs[0])} lie closest together." if len(pairs) > 1 else said


def _distance(one: Plane, other: Plane) -> float:
    """Return how far apart two clouds are, relative to their size."""
    spread = one.std(axis=0).sum() + other.std(axis=0).sum()
    return float(np.linalg.norm(one.mean(axis=0) - other.mean(axis=0)) / max(spread, FAINT))


def _of_latest(clouds: Mapping[str, Plane], everything: Plane, latest: Plane) -> str:
    if len(latest) < LEAST:
        return ""
    if len(clouds) < 2:
        close = latest.std(axis=0).mean() < CLOSE * everything.std(axis=0).mean()
        return f"The latest {len(latest)} lie {'close together' if close else 'all over it'}."
    homes = list(clouds)
    middles = np.stack([clouds[name].mean(axis=0) for name in homes])
    nearest = np.linalg.norm(latest[:, None] - middles, axis=2).argmin(axis=1)
    counts = np.bincount(nearest, minlength=len(homes))
    lie = "1 lies" if counts.max() == 1 else f"{counts.max()} lie"
    return f"Of the latest {len(latest)} likes {lie} nearest to {homes[int(counts.argmax())]}."
