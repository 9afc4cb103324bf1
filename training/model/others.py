"""Others: what a member's other playlists say of the songs in the library.

Songs that share a playlist are near each other, and so are songs whose artists do. Latent semantic analysis, with
playlists in the place of documents (Deerwester et al. 1990): a playlist with fewer songs says more.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import svds

from bot.core.features import SongFeatures
from bot.core.sorting.learning.columns import keys_of
from bot.core.sorting.learning.dataset import OtherPlaylist, TrainingSet
from bot.core.vectors import Floats
from training.pretrain import artist_vectors

DIRECTIONS = 32  # for songs
SONGS, ARTISTS = 0.5, 0.4  # weights, relative to the rest of what the teacher sees


def placements(training: TrainingSet, songs: Sequence[str]) -> Floats:
    """Return (n, d) rows for songs of the library: 0 where the other playlists say nothing; d is 0 without any."""
    others = [other for other in training.others if other]
    if not others:
        return np.zeros((len(songs), 0), np.float32)
    known = [training.songs[song] for song in songs]
    return np.hstack([SONGS * _by_song(others, songs), ARTISTS * _by_artist(others, known)])


def _by_song(others: Sequence[OtherPlaylist], songs: Sequence[str]) -> Floats:
    place = {song: at for at, song in enumerate(sorted(set().union(*others)))}
    cells = [(place[song], at, np.log(len(place) / len(held))) for at, held in enumerate(others) for song in held]
    rows, columns, values = np.array(cells).T
    matrix = sparse.csr_matrix((values, (rows.astype(int), columns.astype(int))), (len(place), len(others)))
    vectors = np.zeros((len(place) + 1, DIRECTIONS), np.float32)  # the last is of songs in none of them
    most = min(DIRECTIONS, min(matrix.shape) - 1)
    if most > 0 and values.any():
        left, strength, _ = svds(matrix, most, v0=np.ones(min(matrix.shape)), rng=np.random.default_rng(0))
        vectors[:-1, :most] = left * strength
    return _even(vectors)[[place.get(song, -1) for song in songs]]


def _even(vectors: Floats) -> Floats:
    """Return rows of length 1, but shorter ones for those below the median length, which say less."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    usual = np.median(lengths[:-1])
    return np.asarray(vectors / np.maximum(np.sqrt(lengths * np.maximum(lengths, usual)), 1e-9), np.float32)


def _by_artist(others: Sequence[OtherPlaylist], songs: Sequence[SongFeatures]) -> Floats:
    keys, company = artist_vectors([Counter(key for artists in other.values() for key in artists) for other in others])
    row = {int(key): at for at, key in enumerate(keys)}
    vectors = np.zeros((len(songs), company.shape[1]), np.float32)
    for at, song in enumerate(songs):
        if known := [row[key] for key in keys_of("artists", song) if key in row]:
            vectors[at] = company[known].mean(axis=0)
    return vectors
