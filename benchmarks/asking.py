"""Asking: how long the choice of the next song takes, by songs in the library and labels given.

`python -m benchmarks.asking` prints milliseconds of `core.sorting.active_learning`. "first" is the first question on a
library, when regions have yet to be found; the rest have the memo that a bot keeps. A ratio to one product of the same
library with that many directions as questions look at, taken in the same run, says how much of it is the machine.
"""

from collections.abc import Callable
from functools import partial
from time import perf_counter

import numpy as np

from bot.core.sorting.active_learning import DIMENSIONS, Floats, Guesses, Pool, Rows, next_songs, points_of

SONGS = (1_000, 10_000, 20_000)
LABELS = (0, 1, 10, 50, 200)
WIDTH = 900  # dimensions of a space
PLAYLISTS = 5
TIMES = 30
TIMES_FIRST = 5  # it costs more
MOST = 100  # ms, promised for 10,000 songs


def library(songs: int, seed: int) -> tuple[Floats, Floats, list[str]]:
    """Return unit rows in forty clusters, probabilities of five playlists, and an artist for each song."""
    rng = np.random.default_rng(seed)
    hearts = rng.normal(size=(40, WIDTH))
    rows = (hearts[rng.integers(40, size=songs)] + rng.normal(size=(songs, WIDTH))).astype(np.float32)
    probabilities = rng.dirichlet(np.ones(PLAYLISTS), songs).astype(np.float32)
    artists = [f"artist {number}" for number in rng.integers(songs // 4, size=songs)]
    return rows / np.linalg.norm(rows, axis=1, keepdims=True), probabilities, artists


def ask(
    space: Floats, artists: list[str], guesses: Guesses | None, labels: int, memo: dict[int, Floats] | None = None
) -> Rows:
    """Return the row of the next song to ask about, once the first songs have labels."""
    labelled, skipped = np.arange(len(space)) < labels, np.zeros(len(space), bool)
    return next_songs(Pool(points_of(space, PLAYLISTS, 1, memo), labelled, skipped, artists), guesses, 1)


def times(work: Callable[[], object], count: int) -> Floats:
    """Return how long each of `count` runs took, in ms."""
    milliseconds = []
    for _ in range(count):
        start = perf_counter()
        work()
        milliseconds.append(1000 * (perf_counter() - start))
    return np.array(milliseconds, np.float32)


def line(what: str, milliseconds: Floats, product: float) -> str:
    """Return a row of the table: median, 99th percentile and longest in ms, and the median in matrix products."""
    p50, p99 = np.percentile(milliseconds, [50, 99])
    return f"{what:>24} {p50:8.1f} {p99:8.1f} {milliseconds.max():8.1f} {p50 / product:8.1f}"


def measure(songs: int) -> float:
    """Print the rows of a library of this size; return the longest time, in ms."""
    space, probabilities, artists = library(songs, seed=songs)
    directions = np.ones((WIDTH, DIMENSIONS), np.float32)
    product, longest = float(np.median(times(lambda: space @ directions, TIMES))), 0.0
    for labels in LABELS:
        guesses = Guesses(probabilities) if labels >= 10 else None
        asked = partial(ask, space, artists, guesses, labels)
        first, later = times(asked, TIMES_FIRST), times(partial(asked, {}), TIMES + 1)[1:]
        print(line(f"{songs:,} songs, {labels} labels", later, product))
        print(line("first", first, product))
        longest = max(longest, float(first.max()), float(later.max()))
    return longest


def main() -> None:
    print(f"{'':>24} {'p50 ms':>8} {'p99 ms':>8} {'max ms':>8} {'products':>8}")
    longest = {songs: measure(songs) for songs in SONGS}
    print(f"10,000 songs: {longest[10_000]:.0f} ms at the longest; promised are {MOST}.")


if __name__ == "__main__":
    main()
