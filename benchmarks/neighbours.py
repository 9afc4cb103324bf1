"""Neighbours: "more like this" over 20,000 and 1,000,000 songs. `python -m benchmarks.neighbours`.

Times are processor time, since other work may be running. `benchmarks.indexes` compares other ways to search.

Compared, in alternating runs, with scikit-learn's brute-force NearestNeighbors on the same points, with as many
neighbours; for points of length 1, its Euclidean distance gives the same order. The points are synthetic: 200 styles,
so songs have neighbours as in a real library. Each size runs in a process of its own; the larger needs some 2 GB.
"""

import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from itertools import count
from json import dumps, loads
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import Row, apart, in_turns, own_bytes, seconds, show
from bot.core.feed import taste
from bot.core.feed.neighbours import Neighbours
from bot.core.feed.space import AXES, to_length_one
from bot.core.feed.taste import Taste
from bot.core.sorting.learning.columns import Vectors

SIZES = (20_000, 1_000_000)
STYLES, SPREAD = 200, 0.7  # and how far songs lie from their style's centre
LIKES = 500  # likes that the recommendations are based on
TOP = 10
CALLS = 200  # timed individually, for the 99th percentile
MB = 2**20


def main() -> None:
    """Measure each size in a process of its own."""
    show([loads(apart("-m", __spec__.name, str(size))) for size in SIZES])


def measure(size: int) -> Row:
    """Return the latency and memory of a catalogue of `size` songs."""
    from sklearn.neighbors import NearestNeighbors

    points = made_up(size)
    catalogue, before = Catalogue(points), own_bytes()
    build = seconds(catalogue.build)
    memory = own_bytes() - before
    theirs = NearestNeighbors(n_neighbors=taste.WIDE, algorithm="brute")
    their_build = seconds(lambda: theirs.fit(points))
    searches = catalogue.search, catalogue.search_after_a_change, lambda: theirs.kneighbors(catalogue.wanted())
    searched, changed, their_search = in_turns(*searches, clock=time.process_time)
    took = np.array([seconds(catalogue.recommend, time.process_time) for _ in range(CALLS)])
    updated, refitted = in_turns(catalogue.update, lambda: theirs.fit(points))
    return {
        "songs": size,
        "recommend p50 ms": 1e3 * float(np.percentile(took, 50)),
        "recommend p99 ms": 1e3 * float(np.percentile(took, 99)),
        "search ms": 1e3 * searched,
        "search after a change ms": 1e3 * changed,
        "scikit-learn ms": 1e3 * their_search,
        "times faster": their_search / searched,
        "MB": memory / MB,
        "memory, relative to the points": memory / points.nbytes,
        "build ms": 1e3 * build,
        "scikit-learn build ms": 1e3 * their_build,
        "add one song ms": 1e3 * updated,
        "scikit-learn add one song ms": 1e3 * refitted,
        "read from disk s": read(catalogue.ids, points),
    }


class Catalogue:
    """Songs at (n, AXES) points, ten of each artist, and what's asked of them, about another song each time."""

    def __init__(self, points: Vectors) -> None:
        self.points, self.likes = points, Taste(points[:LIKES], points[:0])
        self.ids = [f"spotify:track:{at:022d}" for at in range(len(points))]
        self.artists = (np.arange(len(points)) // 10 + 1).tolist()
        self.index, self.turn = Neighbours(AXES), count()

    def build(self) -> None:
        self.index.put(self.ids, self.points, self.artists, [False] * len(self.ids))

    def wanted(self) -> Vectors:
        """Return the point, (1, AXES), that songs are to be near to."""
        at = next(self.turn) * 7919 % len(self.points)
        return self.points[at : at + 1]

    def search(self) -> None:
        self.index.near(self.wanted(), taste.WIDE)

    def search_after_a_change(self) -> None:
        self.update()
        self.search()

    def recommend(self) -> None:
        wanted = self.wanted()
        taste.rank(self.index.around(wanted, taste.WIDE, without=self.ids[:LIKES]), wanted, self.likes, TOP)

    def update(self) -> None:
        at = next(self.turn) % len(self.points)
        self.index.put([self.ids[at]], self.points[at : at + 1], [1], [False])


def made_up(size: int) -> Vectors:
    """Return (size, AXES) points in STYLES clusters, with axes as uneven as real ones."""
    rng = np.random.default_rng(1)
    spread = (1 / np.sqrt(np.arange(1, AXES + 1))).astype(np.float32)
    middles = rng.normal(size=(STYLES, AXES)).astype(np.float32)
    points = middles[rng.integers(0, STYLES, size)]
    points += SPREAD * rng.normal(size=(size, AXES)).astype(np.float32)
    points *= spread
    return to_length_one(points)


def read(ids: list[str], points: NDArray[np.float32]) -> float:
    """Return how long the first query after a restart takes (s): load every point from a database and index it."""
    with tempfile.TemporaryDirectory() as folder, closing(sqlite3.connect(Path(folder) / "points.db")) as database:
        database.execute("create table entry (song text primary key, point blob, artist integer, path text)")
        rows = ((song, point.tobytes(), 1, None) for song, point in zip(ids, points, strict=True))
        database.executemany("insert into entry values (?, ?, ?, ?)", rows)
        database.commit()
        return seconds(lambda: _load(database))


def _load(database: sqlite3.Connection) -> None:
    rows = database.execute("select song, point, artist, path is not null from entry").fetchall()
    songs, held, artists, free = zip(*rows, strict=True)
    points = np.frombuffer(b"".join(held), np.float32).reshape(len(songs), -1)
    Neighbours(AXES).put(songs, points, artists, [bool(is_free) for is_free in free])


if __name__ == "__main__":
    if sys.argv[1:] and sys.argv[1].isdigit():
        print(dumps(measure(int(sys.argv[1]))))
    else:
        main()
