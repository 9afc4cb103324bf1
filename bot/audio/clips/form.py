"""Form: where a song repeats itself and where its parts begin, from how alike its moments are. Pure.

Shapes: n moments, some half a second apart; a likeness is (n, n), the cosines between moments.
Sources: self-similarity (Foote 1999), repeated sections as diagonals (Goto 2006, "A chorus section detection method"),
boundaries from structure features (Serrà, Müller, Grosche and Arcos 2012, "Unsupervised detection of music boundaries
by time series structure features").
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from bot.core.vectors import Floats

NEIGHBOURS = 0.04  # of all moments count as a moment's nearest
BLUR_TIME, BLUR_LAG = 8.0, 1.2  # steps; standard deviations of the blur over the repetition pattern
SHARPEST = 1 / 40  # of the moments are boundaries of strength 1, on average


def likeness(*views: tuple[Floats, float]) -> Floats:
    """How alike moments are, -1 to 1: the weighted cosines of every view (n, d); weights sum to 1."""
    parts = [np.sqrt(weight) * _directions(view) for view, weight in views]
    everything = np.concatenate(parts, axis=1).astype(np.float32)
    return np.asarray(everything @ everything.T)


def _directions(view: Floats) -> Floats:
    centred = view - view.mean(0)
    return np.asarray(centred / (np.linalg.norm(centred, axis=1, keepdims=True) + 1e-9))


def echoes(alike: Floats, length: int) -> Floats:
    """How alike two runs of `length` moments are, by their starts: means along diagonals, (n - length + 1) square."""
    count = len(alike) - length + 1
    total = np.zeros((count, count), np.float32)
    for shift in range(length):
        total += alike[shift : shift + count, shift : shift + count]
    return total / np.float32(length)


def best_echoes(echo: Floats, gap: int, most: int) -> Floats:
    """For each moment, the mean of its `most` strongest echoes at least `gap` moments away: (n,)."""
    far = np.where(_distance(len(echo)) < gap, -np.inf, echo)
    strongest = np.sort(far, axis=1)[:, -most:]
    return np.asarray(np.where(np.isfinite(strongest), strongest, echo.mean()).mean(1))


def spread(values: Floats, length: int) -> Floats:
    """Spread (m,) values of runs of `length` moments over those moments, as means: (m + length - 1,)."""
    total = np.concatenate([[0], np.cumsum(values)])
    moments = np.arange(len(values) + length - 1)
    first, last = np.maximum(moments - length + 1, 0), np.minimum(moments + 1, len(values))
    return np.asarray((total[last] - total[first]) / (last - first), np.float32)


def boundaries(alike: Floats, memory: int, apart: int) -> Floats:
    """How likely a part begins at each moment: (n,), at most about 1.

    The lags at which moments repeat stay the same within a part and change where another begins. `memory` moments are
    compared at once; lags below `apart` don't count as repetition.
    """
    pattern = gaussian_filter(_lags(echoes(alike, memory), apart), (BLUR_TIME, BLUR_LAG), mode=("reflect", "wrap"))
    change = np.linalg.norm(np.diff(pattern, axis=0), axis=1)
    novelty = np.zeros(len(alike), np.float32)
    first = memory // 2 + 1
    novelty[first : first + len(change)] = change
    sharpest = np.sort(novelty)[-max(3, round(len(novelty) * SHARPEST)) :].mean()
    return np.asarray(novelty / max(float(sharpest), 1e-9))


def _lags(echo: Floats, apart: int) -> Floats:
    """Where moments repeat: (n, lags), 1 if two are among each other's nearest; lags wrap around the song."""
    count = len(echo)
    far = np.where(_distance(count) < apart, -np.inf, echo)
    kept = max(2, int(NEIGHBOURS * count))
    least = np.partition(far, count - kept, axis=1)[:, count - kept]
    near = (far >= least[:, None]) & (far >= least[None, :]) & np.isfinite(far)
    moments = np.arange(count)
    around: Floats = near[moments[:, None], (moments[:, None] + moments) % count].astype(np.float32)
    return around


def _distance(count: int) -> NDArray[np.intp]:
    moments = np.arange(count)
    away: NDArray[np.intp] = np.abs(moments[:, None] - moments)
    return away
