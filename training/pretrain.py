"""Pretrain: learns a prior from playlists that the operator may use.

An artist's embedding is the positive pointwise mutual information of sharing playlists with other artists, condensed to
its main directions (Levy & Goldberg 2014); words come from the corpora's songs.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import svds

from bot.core.features import SongFeatures
from bot.core.sorting.learning.columns import keys_of
from bot.core.sorting.learning.prior import WORDS, Prior
from bot.core.vectors import Floats

DIRECTIONS = 32  # for artists; twice or four times as many gain nothing
SMOOTH = 0.75  # power of an artist's frequency: weakens associations between rare ones (Levy & Goldberg 2014)
SHIFT = 1.0  # nats above chance that two artists must co-occur
CREDITED = 3  # artists per song that count
NOISE = 1e-9  # a row's length up to which it's rounding: the artist shares no main direction
MOST_WORDS = 4_000  # the rest have too few artists to matter


@dataclass(frozen=True)
class Corpus:
    """One person's playlists: features by song, and each playlist's songs."""

    name: str
    songs: Mapping[str, SongFeatures]
    playlists: Mapping[str, frozenset[str]]


def pretrain(corpora: Sequence[Corpus]) -> Prior:
    """Return the prior learned from the corpora. Their order makes no difference."""
    ordered = sorted(corpora, key=lambda corpus: corpus.name)
    keys, company = artist_vectors(list(_artist_counts(ordered)))
    return Prior(keys, company, *_tags(ordered, keys))


def _tags(
    corpora: Sequence[Corpus], keys: NDArray[np.uint32]
) -> tuple[tuple[str, ...], NDArray[np.uint16], NDArray[np.uint32]]:
    """Return the commonest words, and which of them each artist's songs carry: `Prior.words`, `tagged`, `ends`."""
    carried: dict[int, set[str]] = defaultdict(set)
    for song in (corpus.songs[song] for corpus in corpora for song in sorted(corpus.songs)):
        for artist in keys_of("artists", song):
            carried[artist] |= song.sets.get(WORDS, frozenset())
    counts = Counter(word for words in carried.values() for word in words)
    words = tuple(sorted(sorted(counts, key=lambda word: (-counts[word], word))[:MOST_WORDS]))
    place = {word: at for at, word in enumerate(words)}
    tagged = [sorted(place[word] for word in carried.get(int(key), ()) if word in place) for key in keys]
    ends = np.cumsum([len(places) for places in tagged], dtype=np.uint32)
    return words, np.array(list(chain.from_iterable(tagged)), np.uint16), ends


def _artist_counts(corpora: Sequence[Corpus]) -> Iterator[Counter[int]]:
    """Yield each playlist's artists, with their number of songs in it."""
    for corpus in corpora:
        for _, songs in sorted(corpus.playlists.items()):
            yield Counter(artist for song in songs for artist in keys_of("artists", corpus.songs[song])[:CREDITED])


def artist_vectors(counts: Sequence[Counter[int]]) -> tuple[NDArray[np.uint32], NDArray[np.float16]]:
    """Return the sorted keys of all artists (a,) and their embeddings (a, e), from the artists of each playlist."""
    keys = np.array(sorted(set().union(*counts)), np.uint32)
    place = {int(key): at for at, key in enumerate(keys)}
    cells = [
        (row, place[key], math.sqrt(count) / artists.total() ** 0.25)
        for row, artists in enumerate(counts)
        for key, count in sorted(artists.items())
    ]
    rows, columns, values = np.array(cells).T if cells else np.zeros((3, 0))
    weights = sparse.csr_matrix((values, (rows.astype(int), columns.astype(int))), (len(counts), len(keys)))
    co_occurrence = (weights.T @ weights).tocsr()
    co_occurrence.setdiag(0)
    co_occurrence.eliminate_zeros()
    return keys, _embedded(_positive_pmi(co_occurrence)).astype(np.float16)


def _positive_pmi(co_occurrence: sparse.csr_matrix) -> sparse.csr_matrix:
    """Return the positive pointwise mutual information of a symmetric matrix of co-occurrence counts."""
    pairs, totals = co_occurrence.tocoo(), np.asarray(co_occurrence.sum(axis=1)).ravel()
    total, context = max(totals.sum(), 1e-9), totals**SMOOTH
    expected = totals[pairs.row] / total * context[pairs.col] / max(context.sum(), 1e-9)
    information = np.log(np.maximum(pairs.data / total / np.maximum(expected, 1e-12), 1e-12)) - SHIFT
    kept = information > 0
    return sparse.csr_matrix((information[kept], (pairs.row[kept], pairs.col[kept])), co_occurrence.shape)


def _embedded(matrix: sparse.csr_matrix) -> Floats:
    """Return (a, DIRECTIONS) rows of length 1, or 0: the main directions; columns that a small matrix lacks are zero.

    A direction's sign is arbitrary, and depends on the number of threads, so its largest value is made positive.
    """
    size = matrix.shape[0]
    rows = np.zeros((size, DIRECTIONS), np.float32)
    most = min(DIRECTIONS, size - 2)
    if most > 0 and matrix.nnz:
        rng = np.random.default_rng(0)
        left, strength, _ = svds(matrix, most, v0=rng.uniform(size=size), rng=rng)
        signs = np.sign(left[np.abs(left).argmax(axis=0), range(most)])
        rows[:, :most] = left * signs * np.sqrt(strength)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > NOISE))
