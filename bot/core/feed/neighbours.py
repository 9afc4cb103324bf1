"""Neighbours: search for the songs nearest to a point. Pure.

One matrix, a row per song. Up to WHOLE songs are all compared with the point; of more, ENOUGH in the cells nearest to
it: an inverted file (Sivic & Zisserman 2003). Only the order is approximate: a song that doesn't qualify is never
found, and a new one at once. `benchmarks/neighbours.py` compares it with other libraries' indexes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from threading import RLock
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from bot.core.feed import cells
from bot.core.sorting.learning.columns import Vectors
from bot.core.vectors import Mask

FIRST_ROOM = 1_024  # rows; doubled when they're full
WHOLE = 65_536  # songs that are all compared with a point
ENOUGH = 32_768  # of more songs; comparing more finds hardly any nearer ones among a million (docs/feed.md)
CELLS = 2_048  # that more songs are divided into
UNIT = 32_767  # points are stored in 16 bits, in steps of 1/UNIT: half of float32's memory, cosines right to .0001
Number = TypeVar("Number", bound=np.generic)
Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Candidates:
    """A snapshot of the songs around some points: points (n, k), artists' keys (n,), no song twice."""

    ids: Sequence[str]
    points: Vectors
    artists: NDArray[np.int64]


class Neighbours:
    """Songs by id, each with a point (k,) of length 1, its artist's key, and whether everybody may see it.

    Safe to share between threads. Rows move when songs are dropped, so those from `near` hold until the next change.
    """

    def __init__(self, size: int, whole: int = WHOLE, enough: int = ENOUGH, count: int = CELLS) -> None:
        self._whole, self._enough, self._count = whole, enough, count
        self._points = np.zeros((FIRST_ROOM, size), np.int16)
        self._artists = np.zeros(FIRST_ROOM, np.int64)
        self._free = np.zeros(FIRST_ROOM, np.bool_)
        self._cell = np.zeros(FIRST_ROOM, np.uint16)
        self._centres = np.zeros((1, size), np.float32)  # one cell, until there are more than `whole` songs
        self._by_cell: tuple[Rows, Rows] | None = None
        self._ids: list[str] = []
        self._row: dict[str, int] = {}
        self._lock = RLock()

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, song: str) -> bool:
        return song in self._row

    def point(self, song: str) -> Vectors | None:
        """Return a song's point (k,); None if it isn't in here."""
        with self._lock:
            at = self._row.get(song)
            return None if at is None else self._read(np.array([at]))[0]

    def points(self, songs: Iterable[str]) -> Vectors:
        """Return the points (n, k) of the songs that are in here; the others are left out."""
        with self._lock:
            return self._read(self._rows(songs))

    def around(
        self, points: Vectors, count: int, *, without: Iterable[str] = (), only_free: bool = False
    ) -> Candidates:
        """Return the `count` songs nearest to each of (m, k) points, merged, except those in `without`."""
        with self._lock:
            within = self._free[: len(self)].copy() if only_free else np.ones(len(self), np.bool_)
            within[self._rows(without)] = False
            rows = np.unique(self.near(points, count, within)[0])
            return Candidates([self._ids[row] for row in rows], self._read(rows), self._artists[rows])

    def put(self, ids: Sequence[str], points: Vectors, artists: Sequence[int], free: Sequence[bool]) -> None:
        """Add songs, or update those already here; points: (n, k), rows of length 1."""
        with self._lock:
            if len(self._centres) == 1 and len(self) + len(ids) > self._whole:
                self._divide(points)
            cell = cells.nearest(points, self._centres)
            in_order = (ids[at] for at in np.argsort(cell, kind="stable").tolist())  # a cell's rows side by side
            fresh = [song for song in dict.fromkeys(in_order) if song not in self._row]
            self._make_room(len(self) + len(fresh))
            self._row.update(zip(fresh, range(len(self), len(self) + len(fresh)), strict=True))
            self._ids.extend(fresh)
            at = self._rows(ids)
            scaled = UNIT * points
            self._points[at] = np.rint(scaled, out=scaled)
            self._artists[at], self._free[at], self._cell[at] = artists, free, cell
            self._by_cell = None

    def drop(self, ids: Iterable[str]) -> None:
        """Remove songs; the last row moves into each gap."""
        with self._lock:
            for song in ids:
                if (at := self._row.pop(song, None)) is not None:
                    self._move_last_to(at)
            self._by_cell = None

    def _move_last_to(self, at: int) -> None:
        last, end = self._ids.pop(), len(self._ids)
        if at != end:
            self._ids[at], self._row[last] = last, at
            for array in (self._points, self._artists, self._free, self._cell):
                array[at] = array[end]

    def near(self, points: Vectors, count: int, within: Mask | None = None) -> tuple[Rows, Vectors]:
        """Return rows and cosines (m, count) of the songs nearest to each of (m, k) points, nearest first.

        within: (n,) which rows qualify; if there are fewer than `count`, all are returned.
        """
        with self._lock:
            allowed = np.ones(len(self), np.bool_) if within is None else within
            songs = int(np.count_nonzero(allowed))
            count = min(count, songs)
            if songs <= self._whole:
                return self._nearest(points, count, np.flatnonzero(allowed))
            found = [self._nearest(point[None], count, self._candidate_rows(point, count, allowed)) for point in points]
            rows, cosines = zip(*found, strict=True)
            return np.concatenate(rows), np.concatenate(cosines)

    def _nearest(self, points: Vectors, count: int, rows: Rows) -> tuple[Rows, Vectors]:
        cosines = points @ self._points.take(rows, axis=0).astype(np.float32).T / np.float32(UNIT)
        best = _best(cosines, count)
        return rows[best], np.take_along_axis(cosines, best, 1)

    def _candidate_rows(self, point: Vectors, count: int, allowed: Mask) -> Rows:
        """Return the allowed rows of the cells nearest to a point, until they're enough."""
        order, starts = self._sorted_by_cell()
        found: list[Rows] = []
        missing = max(count, self._enough)
        for cell in np.argsort(-(self._centres @ point)):
            if missing <= 0:
                break
            rows = order[starts[cell] : starts[cell + 1]]
            found.append(rows[allowed[rows]])
            missing -= len(found[-1])
        return np.concatenate(found)

    def _sorted_by_cell(self) -> tuple[Rows, Rows]:
        """Return all rows in order of their cells, and where each cell starts."""
        if self._by_cell is None:
            cell = self._cell[: len(self)]
            order = np.argsort(cell, kind="stable")
            self._by_cell = order, np.searchsorted(cell[order], np.arange(len(self._centres) + 1))
        return self._by_cell

    def _divide(self, fresh: Vectors) -> None:
        """Divide the catalogue, as it will be with these points, into cells."""
        held = self._read(np.arange(len(self)))
        self._centres = cells.centres(np.concatenate([held, fresh]), self._count)
        self._cell[: len(self)] = cells.nearest(held, self._centres)

    def _read(self, rows: Rows) -> Vectors:
        return self._points.take(rows, axis=0).astype(np.float32) / np.float32(UNIT)

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
            self._cell = _grown(self._cell, room)


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
