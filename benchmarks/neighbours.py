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
from collections.abc import Callable
from contextlib import closing
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
    artists = (np.arange(size) // 10 + 1).tolist()
    ids = [f"spotify:track:{at:022d}" for at in range(size)]
    before = own_bytes()
    index = Neighbours(AXES)
    build = seconds(lambda: index.put(ids, points, artists, [False] * size))
    memory = own_bytes() - before
    theirs = NearestNeighbors(n_neighbors=taste.WIDE, algorithm="brute")
    their_build = seconds(lambda: theirs.fit(points))
    likes = Taste(points[:LIKES], points[:0])
    turn = iter(range(10**9))

    def asked() -> Vectors:
        at = next(turn) * 7919 % size
        return points[at : at + 1]

    def recommend() -> None:
        wanted = asked()
        taste.rank(index.around(wanted, taste.WIDE, without=ids[:LIKES]), wanted, likes, TOP)

    def update() -> None:
        at = next(turn) % size
        index.put([ids[at]], points[at : at + 1], [1], [False])

    def ours() -> None:
        index.near(asked(), taste.WIDE)

    def after_a_change() -> None:
        update()
        ours()

    searched, changed, their_search = in_turns(
        ours, after_a_change, lambda: theirs.kneighbors(asked()), clock=time.process_time
    )
    took = np.array([seconds(recommend, time.process_time) for _ in range(CALLS)])
    updated, refitted = in_turns(update, lambda: theirs.fit(points))
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
        "read from disk s": read(ids, points),
    }


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
        return _timed(lambda: _load(database))


def _load(database: sqlite3.Connection) -> None:
    rows = database.execute("select song, point, artist, path is not null from entry").fetchall()
    songs, held, artists, free = zip(*rows, strict=True)
    points = np.frombuffer(b"".join(held), np.float32).reshape(len(songs), -1)
    Neighbours(AXES).put(songs, points, artists, [bool(is_free) for is_free in free])


def _timed(task: Callable[[], None]) -> float:
    start = time.perf_counter()
    task()
    return time.perf_counter() - start


if __name__ == "__main__":
    if sys.argv[1:] and sys.argv[1].isdigit():
        print(dumps(measure(int(sys.argv[1]))))
    else:
        main()
