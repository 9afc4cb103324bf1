"""Ask: which songs are worth a member's tap.

The first questions cover the library: one song from the heart of each region that has no label yet. Later ones settle
doubts: where the two best guesses are closest. Medoids first, then smallest margin, halves the labels that random
questions need; entropy is worse than random at ten to thirty labels. Pure and deterministic for a seed.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

REGIONS = 2  # regions of the library a playlist; each gets a label before doubts are settled
MOST_REGIONS = 40  # more cost time, and the model knows better by then
SAMPLE = 1_500  # songs that regions are found among: 10,000 give much the same ones, seven times slower
ROUNDS = 8  # of k-means; it moves little afterwards
PROSPECTS = 10  # songs tried for a playlist with next to no labels, before doubts
CLEAR = 0.8  # margin between the two best guesses from which a question is a waste of a tap

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]


def next_songs(
    space: Floats,
    probabilities: Floats | None,
    labelled: Mask,
    skipped: Mask,
    artists: Sequence[str],
    count: int,
    k_playlists: int,
    seed: int,
    *,
    several: bool = False,
    recent_artists: Iterable[str] = (),
    clear: float = CLEAR,
    poorest: int | None = None,
    memo: dict[int, Floats] | None = None,
) -> Rows:
    """Return up to `count` rows of songs to ask about, the best first; fewer, or none, when the rest is clear.

    space: (n, k), near means alike. probabilities: (n, c) of a model, or None before there is one. artists: one name
    a song. No artist comes twice, nor one of `recent_artists`, unless nothing else is left to ask. clear: the lead from
    which a song is not asked. poorest: the column of a playlist with next to no labels; its likeliest songs come first.
    memo: keeps what depends on `space` and `seed` alone; pass the same one for the same two.
    """
    if not len(space):
        return np.array([], np.int64)
    open_ = ~(labelled | skipped)
    wanted = min(MOST_REGIONS, REGIONS * max(1, k_playlists))
    covering = int(labelled.sum()) < wanted
    queue = np.array([], np.int64)
    if covering or probabilities is None:
        regions = wanted if covering else min(MOST_REGIONS, 2 ** int(2 * labelled.sum()).bit_length())
        queue = _uncovered(_regions(space, regions, seed, {} if memo is None else memo), labelled, open_)
    doubts = (
        _doubts(probabilities, several, open_, clear)
        if probabilities is not None
        else _farthest(space, labelled, open_)
    )
    if probabilities is not None and poorest is not None and not covering:
        queue = _likeliest(probabilities[:, poorest], open_)
    queue = np.array(list(dict.fromkeys(np.concatenate([queue, doubts]).tolist())), np.int64)
    return _spread(queue, artists, count, recent_artists)


def margins(probabilities: Floats, several: bool) -> Floats:
    """Return (n,) how clear each song is, 0 to 1: the lead of the best guess over the next, or over "not in it"."""
    if several or probabilities.shape[1] < 2:
        odds: Floats = np.abs(2 * probabilities - 1).min(axis=1)
        return odds
    best: Floats = np.partition(probabilities, -2, axis=1)
    return best[:, -1] - best[:, -2]


def _doubts(probabilities: Floats, several: bool, open_: Mask, clear: float) -> Rows:
    lead = margins(probabilities, several)
    order = np.argsort(lead, kind="stable")
    return order[open_[order] & (lead[order] < clear)]


def _likeliest(probabilities: Floats, open_: Mask) -> Rows:
    """Return the open songs that a playlist most probably takes: the quickest way to more of its labels."""
    order = np.argsort(-probabilities, kind="stable")
    return order[open_[order]][:PROSPECTS]


def _farthest(space: Floats, labelled: Mask, open_: Mask) -> Rows:
    """Return the open songs, those least like anything labelled first: what to ask while there is no model to doubt."""
    nearest = _distances(space, space[labelled]).min(axis=1) if labelled.any() else np.zeros(len(space), np.float32)
    order = np.argsort(-nearest, kind="stable")
    return order[open_[order]]


def _regions(space: Floats, regions: int, seed: int, memo: dict[int, Floats]) -> Floats:
    """Return (n, r): how far each song is from the heart of each region."""
    if regions not in memo:
        memo[regions] = _distances(space, _hearts(space, regions, np.random.default_rng(seed)))
    return memo[regions]


def _uncovered(distances: Floats, labelled: Mask, open_: Mask) -> Rows:
    """Return the open song nearest the heart of each region without a label, of the largest region first."""
    home = distances.argmin(axis=1)
    sizes = np.bincount(home, minlength=distances.shape[1])
    covered = np.bincount(home[labelled], minlength=distances.shape[1]) > 0
    medoids = (
        _medoid(distances[:, at], (home == at) & open_) for at in np.argsort(-sizes, kind="stable") if not covered[at]
    )
    return np.array([row for row in medoids if row is not None], np.int64)


def _medoid(distances: Floats, eligible: Mask) -> int | None:
    return int(np.where(eligible, distances, np.inf).argmin()) if eligible.any() else None


def _hearts(space: Floats, regions: int, rng: np.random.Generator) -> Floats:
    """Return (r, k): the centres of at most `regions` regions, by k-means on a sample."""
    rows = rng.choice(len(space), SAMPLE, replace=False) if len(space) > SAMPLE else np.arange(len(space))
    sample = space[np.sort(rows)]
    hearts = _seeds(sample, min(regions, len(sample)), rng)
    for _ in range(ROUNDS):
        at_home = np.eye(len(hearts), dtype=np.float32)[_distances(sample, hearts).argmin(axis=1)]
        sizes = at_home.sum(axis=0)[:, None]
        hearts = np.where(sizes > 0, at_home.T @ sample / np.maximum(sizes, 1), hearts)
    return hearts


def _seeds(sample: Floats, regions: int, rng: np.random.Generator) -> Floats:
    """Choose starting points far from one another, in proportion to squared distance (k-means++)."""
    chosen = [int(rng.integers(len(sample)))]
    nearest = _distances(sample, sample[chosen])[:, 0]
    while len(chosen) < regions and nearest.sum() > 0:
        chosen.append(int(rng.choice(len(sample), p=nearest / nearest.sum())))
        nearest = np.minimum(nearest, _distances(sample, sample[chosen[-1:]])[:, 0])
    return sample[chosen]


def _distances(rows: Floats, points: Floats) -> Floats:
    """Return (n, r) squared distances, never below nought."""
    squares: Floats = (rows**2).sum(axis=1)[:, None] - 2 * rows @ points.T + (points**2).sum(axis=1)
    return np.maximum(squares, 0)


def _spread(queue: Rows, artists: Sequence[str], count: int, recent: Iterable[str]) -> Rows:
    """Take `count` from the queue, a new artist each time for as long as there is one."""
    fresh = list(islice(_first_of_each(queue.tolist(), artists, set(recent)), count))
    return np.array(list(dict.fromkeys([*fresh, *queue.tolist()]))[:count], np.int64)


def _first_of_each(rows: Iterable[int], artists: Sequence[str], seen: set[str]) -> Iterator[int]:
    for row in rows:
        if artists[row] not in seen:
            seen.add(artists[row])
            yield row
