"""Forecast: what more labels will probably gain, claiming no more than was measured.

Errors fall by a power of the labels towards a floor: error(n) = floor + drop · n^-power (Hestness et al. 2017, "Deep
learning scaling is predictable, empirically"). The curve was measured on real people's playlists; a member's own test
gives their position on it. A few tested songs say little, so a result better than usual is shrunk towards the usual;
one worse than usual is believed. Pure.
"""

import math
from dataclasses import dataclass

import numpy as np

BELIEF = 4.0  # tested songs that the usual error weighs as much as; playlists differ by that much
MEASURED = {  # playlists → floor, drop, power of the mean error by labels a playlist; four real people's libraries
    3: (0.02, 0.33, 0.36),
    5: (0.03, 0.44, 0.31),
    10: (0.04, 0.57, 0.27),
}


@dataclass(frozen=True, slots=True)
class Law:
    """How the error falls with n labels of a playlist."""

    floor: float
    drop: float
    power: float

    def error(self, labels: float) -> float:
        """Return the usual share wrong after so many labels per playlist, at least one."""
        return self.floor + self.drop * math.pow(max(1.0, labels), -self.power)


def law(playlists: int) -> Law:
    """Return the law for this many playlists, interpolated by the logarithm of their number."""
    known = sorted(MEASURED)
    at = math.log(min(max(playlists, known[0]), known[-1]))
    between = [np.interp(at, np.log(known), [MEASURED[count][part] for count in known]) for part in range(3)]
    return Law(*map(float, between))


def share_after(labels: int, right: int, of: int, playlists: int, more: int = 10) -> float | None:
    """Return the expected share right after `more` labels, spread over all playlists; None if nothing was tested."""
    if not of:
        return None
    usual, classes = law(playlists), max(1, playlists)
    fall = usual.error((labels + more) / classes) / usual.error(labels / classes)
    return 1 - _error(usual, labels / classes, right, of) * fall


def _error(usual: Law, labels: float, right: int, of: int) -> float:
    """Return the share wrong that a member's test of `of` songs supports, never below the measured one."""
    wrong = of - right
    return max(wrong / of, (wrong + BELIEF * usual.error(labels)) / (of + BELIEF))
