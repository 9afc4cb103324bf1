"""Cells: divides points among the nearest of some centres, so that a search looks through a few cells only. Pure."""

import numpy as np
from numpy.typing import NDArray

from bot.core.feed.space import to_length_one
from bot.core.sorting.learning.columns import Vectors

EACH = 16  # points per cell to find the centres by; more find no better ones
ROUNDS = 4  # likewise
ROWS = 8_192  # points compared with all centres at a time

Cells = NDArray[np.uint16]


def centres(points: Vectors, count: int) -> Vectors:
    """Return `count` centres (count, k) of points (n, k), all of length 1: spherical k-means (Dhillon & Modha 2001).

    The same points always give the same centres. There must be `count` points or more.
    """
    rng = np.random.default_rng(0)
    some = points[rng.permutation(len(points))[: EACH * count]]
    found = some[:count]
    for _ in range(ROUNDS):
        cells = nearest(some, found)
        sums = np.zeros_like(found)
        np.add.at(sums, cells, some)
        held = sums.any(axis=1, keepdims=True)
        found = np.where(held, to_length_one(sums), found)
    return found


def nearest(points: Vectors, found: Vectors) -> Cells:
    """Return the centre (n,) nearest to each of (n, k) points."""
    cells = np.zeros(len(points), np.uint16)
    for at in range(0, len(points), ROWS):
        cells[at : at + ROWS] = (points[at : at + ROWS] @ found.T).argmax(axis=1)
    return cells
