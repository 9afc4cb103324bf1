"""Why: name the labelled songs nearest to a song. Never averages of features: people know songs. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Quantised = NDArray[np.int8]  # (n, k): rows of length 1, in steps of 1 / STEPS
STEPS = 127
NAMED = 2  # songs; two are remembered, three are a list


@dataclass(frozen=True, slots=True)
class NearestSongs:
    """One playlist's songs nearest to another song, nearest first, and their mean distance (0 same, 2 opposite)."""

    playlist: int
    songs: tuple[str, ...]
    distance: float


@dataclass(frozen=True, slots=True)
class Reason:
    """ "Near A and B; nearer than to C": the playlist's own songs, and the next playlist's when there is one."""

    near: NearestSongs
    than: NearestSongs | None


def quantised(space: NDArray[np.float32]) -> Quantised:
    """Return rows of length 1 in a quarter of the memory; products of two are off by .002 on average, .014 at most."""
    return np.rint(STEPS * space).astype(np.int8)


def dequantised(rows: Quantised) -> NDArray[np.float32]:
    """Return the rows in float32, of length 1 but for rounding."""
    return rows.astype(np.float32) / np.float32(STEPS)


def nearest(
    space: Quantised,
    ids: Sequence[str],
    song: int,
    labelled: Mapping[int, Sequence[int]],
    playlist: int,
) -> Reason | None:
    """Return why `song` goes to `playlist`; None if no other song of it is labelled.

    space: (n, k), from a model; ids: the n songs. labelled: rows by playlist.
    `than` is the nearest other playlist, even if it's nearer than `playlist`: an honest answer.
    """
    neighbours = {id_: _neighbours(space, ids, song, rows, id_) for id_, rows in labelled.items()}
    near = neighbours.get(playlist)
    others = [other for id_, other in neighbours.items() if other is not None and id_ != playlist]
    return Reason(near, min(others, key=lambda other: (other.distance, other.playlist), default=None)) if near else None


def _neighbours(
    space: Quantised, ids: Sequence[str], song: int, rows: Sequence[int], playlist: int
) -> NearestSongs | None:
    others = [row for row in sorted(set(rows)) if row != song]
    if not others:
        return None
    distances = 1 - dequantised(space[others]) @ dequantised(space[song])
    order = np.argsort(distances, kind="stable")[:NAMED]
    return NearestSongs(playlist, tuple(ids[others[at]] for at in order), float(distances[order].mean()))
