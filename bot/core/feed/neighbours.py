"""Neighbours: exact search for the songs nearest to a point. Pure.

One float32 matrix, a row per song, multiplied by the point. There's no index to build, and a new song is found at
once. `benchmarks/neighbours.py` compares it with scikit-learn's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from threading import RLock
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from bot.core.sorting.learning.columns import Vectors

FIRST_ROOM = 1_024  # rows; doubled when they're full
BLOCK = 65_536  # rows per product: their scores stay in a core's cache, and most fall short of the best so far
Number = TypeVar("Number", bound=np.generic)
Mask = NDArray[np.bool_]
Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Around:
    """A snapshot of the songs around some points: points (n, k), artists' keys (n,), no song twice."""

    ids: Sequence[str]
    points: Vectors
    artists: NDArray[np.int64]


class Neighbours:
    """Songs by id, each with a point (k,) of length 1, its artist's key, and whether everybody may see it.

    Safe to share between threads. Rows move when songs are dropped, so those from `near` hold until the next change.
    """

    def __init__(self, size: int, block: int = BLOCK) -> None:
        self._block = block
        self._points = np.zeros((FIRST_ROOM, size), np.float32)
        self._artists = np.zeros(FIRST_ROOM, np.int64)
        self._free = np.zeros(FIRST_ROOM, np.bool_)
        self._ids: list[str] = []
        self._row: dict[str, int] = {}
        self._turn = RLock()

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, song: str) -> bool:
        return song in self._row

    def point(self, song: str) -> Vectors | None:
        """Return a song's point (k,); None if it isn't in here."""
        with self._turn:
            at = self._row.get(song)
            return None if at is None else self._points[at].copy()

    def points(self, songs: Iterable[str]) -> Vectors:
        """Return the points (n, k) of the songs that are in here; the others are left out."""
        with self._turn:
            return self._points[self._rows(songs)]

    def around(self, points: Vectors, count: int, *, without: Iterable[str] = (), only_free: bool = False) -> Around:
        """Return the `count` songs nearest to each of (m, k) points, merged, except those in `without`."""
        with self._turn:
            within = self._free[: len(self)].copy() if only_free else np.ones(len(self), np.bool_)
            within[self._rows(without)] = False
            rows = np.unique(self.near(points, count, within)[0])
            return Around([self._ids[row] for row in rows], self._points[rows], self._artists[rows])

    def put(self, ids: Sequence[str], points: Vectors, artists: Sequence[int], free: Sequence[bool]) -> None:
        """Add songs, or update those already here; points: (n, k), rows of length 1."""
        with self._turn:
            fresh = [song for song in dict.fromkeys(ids) if song not in self._row]
            self._make_room(len(self) + len(fresh))
            self._row.update(zip(fresh, range(len(self), len(self) + len(fresh)), strict=True))
            self._ids.extend(fresh)
            at = self._rows(ids)
            self._points[at], self._artists[at], self._free[at] = points, artists, free

    def drop(self, ids: Iterable[str]) -> None:
        """Remove songs; the last row moves into each gap."""
        with self._turn:
            for song in ids:
                if (at := self._row.pop(song, None)) is not None:
                    self._move_last_to(at)

    def _move_last_to(self, at: int) -> None:
        last, end = self._ids.pop(), len(self._ids)
        if at != end:
            self._ids[at], self._row[last] = last, at
            for array in (self._points, self._artists, self._free):
                array[at] = array[end]

    def near(self, points: Vectors, count: int, within: Mask | None = None) -> tuple[Rows, Vectors]:
        """Return rows and cosines (m, count) of the songs nearest to each of (m, k) points, nearest first.

        within: (n,) which rows qualify; if there are fewer than `count`, all are returned. Ties go to the lower row.
        """
        with self._turn:
            return self._near(points, count, np.ones(len(self), np.bool_) if within is None else within)

    def _near(self, points: Vectors, count: int, allowed: Mask) -> tuple[Rows, Vectors]:
        count = min(count, int(allowed.sum()))
        rows, cosines = np.zeros((len(points), 0), np.intp), np.zeros((len(points), 0), np.float32)
        for at in range(0, len(self) if count else 0, self._block):
            end = min(at + self._block, len(self))
            products = points @ self._points[at:end].T
            hopeful = np.flatnonzero(allowed[at:end] & _beats(products, cosines, count))
            rows = np.hstack([rows, np.broadcast_to(hopeful + at, (len(points), len(hopeful)))])
            cosines = np.hstack([cosines, products[:, hopeful]])
            kept = _best(cosines, count)
            rows, cosines = np.take_along_axis(rows, kept, 1), np.take_along_axis(cosines, kept, 1)
        return rows, cosines

    def _rows(self, songs: Iterable[str]) -> Rows:
        return np.array([self._row[song] for song in songs if song in self._row], np.intp)

    def _make_room(self, wanted: int) -> None:
        room = len(self._points)
        while room < wanted:
            room *= 2
        if room > len(self._points):
            self._points = _grown(self._points, room)
            self._artists = _grown(self._artists, room)
            self._free = _grown(self._free, room)


def _beats(scores: Vectors, best: Vectors, count: int) -> Mask:
    """Return which columns beat the worst of the best in any row; all of them until there are `count` best."""
    if best.shape[1] < count:
        return np.ones(scores.shape[1], np.bool_)
    return np.asarray((scores > best[:, -1:]).any(axis=0))


def _best(scores: Vectors, count: int) -> Rows:
    """Return the columns of each row's highest scores, highest first; of equals, the lower column."""
    if scores.shape[1] <= count:
        return np.asarray(np.argsort(-scores, axis=1, kind="stable"), np.intp)
    some = np.sort(np.argpartition(scores, -count, axis=1)[:, -count:], axis=1)
    order = np.argsort(-np.take_along_axis(scores, some, 1), axis=1, kind="stable")
    return np.asarray(np.take_along_axis(some, order, 1), np.intp)


def _grown(array: NDArray[Number], room: int) -> NDArray[Number]:
    grown = np.zeros((room, *array.shape[1:]), array.dtype)
    grown[: len(array)] = array
    return grown
