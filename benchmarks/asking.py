"""Asking: how long choosing the next song takes, by library size and number of labels.

`python -m benchmarks.asking` prints the latency of `core.sorting.learning.active_learning` in ms. "first" is the first
question in a library, before its regions are known; later questions use the memo that the bot keeps. Each library is
projected before, when the bot scores it. "products" divides the median by the time of one matrix product, library times
directions, in the same run: that factors out the machine.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from time import perf_counter

import numpy as np

from bot.core.sorting.learning.active_learning import (
    DIMENSIONS,
    Floats,
    Guesses,
    Pool,
    Projection,
    Rows,
    next_songs,
    projection_of,
)

SONGS = (1_000, 10_000, 20_000)
LABELS = (0, 1, 10, 50, 200)
WIDTH = 900  # dimensions of the space
PLAYLISTS = 5
TIMES = 30
TIMES_FIRST = 5  # fewer, because it's slower
MOST = 100  # ms, the limit we promise for 10,000 songs


def library(songs: int, seed: int) -> tuple[Floats, Floats, list[str]]:
    """Return unit rows in forty clusters, probabilities of five playlists, and an artist for each song."""
    rng = np.random.default_rng(seed)
    hearts = rng.normal(size=(40, WIDTH))
    rows = (hearts[rng.integers(40, size=songs)] + rng.normal(size=(songs, WIDTH))).astype(np.float32)
    probabilities = rng.dirichlet(np.ones(PLAYLISTS), songs).astype(np.float32)
    artists = [f"artist {number}" for number in rng.integers(songs // 4, size=songs)]
    return rows / np.linalg.norm(rows, axis=1, keepdims=True), probabilities, artists


def ask(projection: Projection, artists: list[str], guesses: Guesses | None, labels: int) -> Rows:
    """Return the row of the next song to ask about when the first `labels` songs are labelled."""
    songs = len(projection.rows)
    labelled, skipped = np.arange(songs) < labels, np.zeros(songs, bool)
    return next_songs(Pool(projection.points(PLAYLISTS), labelled, skipped, artists), guesses, 1)


def ask_first(projection: Projection, artists: list[str], guesses: Guesses | None, labels: int) -> Rows:
    """Return the same in a library whose regions aren't known yet."""
    return ask(replace(projection, memo={}), artists, guesses, labels)


def times(work: Callable[[], object], count: int) -> Floats:
    """Return how long each of `count` runs took, in ms."""
    milliseconds = []
    for _ in range(count):
        start = perf_counter()
        work()
        milliseconds.append(1000 * (perf_counter() - start))
    return np.array(milliseconds, np.float32)


def line(what: str, milliseconds: Floats, product: float) -> str:
    """Return a table row: median, 99th percentile and maximum in ms, and the median in matrix products."""
    p50, p99 = np.percentile(milliseconds, [50, 99])
    return f"{what:>24} {p50:8.1f} {p99:8.1f} {milliseconds.max():8.1f} {p50 / product:8.1f}"


def measure(songs: int) -> float:
    """Print the rows for a library of this size; return the longest time, in ms."""
    space, probabilities, artists = library(songs, seed=songs)
    directions = np.ones((WIDTH, DIMENSIONS), np.float32)
    product, longest = float(np.median(times(lambda: space @ directions, TIMES))), 0.0
    drawn = partial(projection_of, songs, space.__getitem__, 1)
    print(line(f"{songs:,} songs projected", times(drawn, TIMES_FIRST), product))
    projection = drawn()
    for labels in LABELS:
        guesses = Guesses(probabilities) if labels >= 10 else None
        asked = projection, artists, guesses, labels
        first, later = times(partial(ask_first, *asked), TIMES_FIRST), times(partial(ask, *asked), TIMES + 1)[1:]
        print(line(f"{songs:,} songs, {labels} labels", later, product))
        print(line("first", first, product))
        longest = max(longest, float(first.max()), float(later.max()))
    return longest


def main() -> None:
    print(f"{'':>24} {'p50 ms':>8} {'p99 ms':>8} {'max ms':>8} {'products':>8}")
    longest = {songs: measure(songs) for songs in SONGS}
    print(f"10,000 songs: {longest[10_000]:.0f} ms at most; we promise {MOST} ms.")


if __name__ == "__main__":
    main()
