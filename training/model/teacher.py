"""Teacher: sees the whole library while it learns, including what unlabelled songs add.

The teacher sees more of a song than serving can: its artist's usual sound, its place among the member's other
playlists (`training.model.others`), and the average of its nearest songs in the library. So one label speaks for its
neighbourhood. A linear student then learns the teacher's answers for the whole library from each song alone, which is
all that serving has.
Smoothing over neighbours: Belkin, Niyogi & Sindhwani 2006; teaching a simpler model: Hinton, Vinyals & Dean 2015.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from bot.core.features import SongFeatures
from bot.core.sorting.learning.columns import keys_of
from bot.core.vectors import Doubles, Floats

ENOUGH = 2_500  # songs that represent a library; more take longer and gain little
NEIGHBOURS = 40  # songs averaged
ARTIST = 0.3  # weight of the artist's average sound, relative to the song's own
RIDGE = 1e-3  # of the student, as a share of the songs it learns from
BATCH = 500  # songs processed at a time
EPSILON = 1e-6


@dataclass(frozen=True)
class View:
    """Songs as teacher and student see them: (m, …) labelled ones, (n, …) in the library; rows of length 1.

    own: what the teacher sees of a song itself, including its place among other playlists; near: the averages of its
    neighbours; both have h more rows, the means of the hinted songs. factor: of the student's ridge regression, (k, k),
    or (n, n) if that's smaller.
    """

    space: Floats  # (m, k) what the student sees
    own: Floats  # (m + h, k + a + o)
    near: Floats
    library_own: Floats  # (n, k + a + o)
    library_near: Floats
    library: Floats  # (n, k)
    factor: tuple[Doubles, bool]  # as returned by scipy.linalg.cho_factor

    def student(self, wanted: Doubles) -> Doubles:
        """Return (k, c), the ridge regression from the space to the (n, c) wanted answers for the library."""
        n, k = self.library.shape
        if n < k:
            return _products(self.library, cho_solve(self.factor, wanted))
        return np.asarray(cho_solve(self.factor, _products(self.library, wanted)))


def spread_sample(songs: Iterable[str]) -> list[str]:
    """Return at most ENOUGH of the songs, the same ones in whatever order they come."""
    return sorted(songs, key=lambda song: hashlib.sha256(song.encode()).digest())[:ENOUGH]


@dataclass(frozen=True)
class SongRows:
    """Some songs: their features, numbers (n, a), rows (n, k) in the space, and places among other playlists (n, o)."""

    songs: Sequence[SongFeatures]
    numbers: Floats
    space: Floats
    others: Floats


def view_of(labelled: SongRows, library: SongRows, hinted: Sequence[Sequence[int]] = ()) -> View:
    """Return the view of labelled songs against a library; hinted: rows of the library, by hint."""
    sound = _sound_of_artists(library)
    elsewhere = library.others.mean(axis=0)
    own, library_own = (
        _unit(np.hstack([seen.space, ARTIST * sound(seen), seen.others - elsewhere])) for seen in (labelled, library)
    )
    near, library_near = (_neighbourhood(rows, library_own) for rows in (own, library_own))
    middle = library_near.mean(axis=0)
    return View(
        space=labelled.space,
        own=_with_means(own, library_own, hinted),
        near=_with_means(near - middle, library_near - middle, hinted),
        library_own=library_own,
        library_near=library_near - middle,
        library=library.space,
        factor=_factor(library.space),
    )


def _with_means(labelled: Floats, library: Floats, spoken: Sequence[Sequence[int]]) -> Floats:
    return np.vstack([labelled, *(library[rows].mean(axis=0, keepdims=True) for rows in spoken)])


def _sound_of_artists(library: SongRows) -> Callable[[SongRows], Floats]:
    """Return a function that averages songs' numbers (n, a) over the library's songs by the same artists, centred."""
    rows: dict[int, list[int]] = defaultdict(list)
    for at, song in enumerate(library.songs):
        for artist in keys_of("artists", song):
            rows[artist].append(at)
    means = {artist: library.numbers[at].mean(axis=0) for artist, at in rows.items()}

    def sound(seen: SongRows) -> Floats:
        numbers = seen.numbers.copy()
        for at, song in enumerate(seen.songs):
            if known := [means[artist] for artist in keys_of("artists", song) if artist in means]:
                numbers[at] = np.mean(known, axis=0)
        return numbers

    middle = sound(library).mean(axis=0)
    return lambda seen: np.asarray(sound(seen) - middle)


def _neighbourhood(rows: Floats, library: Floats) -> Floats:
    """Return the mean of each row's nearest songs in the library, excluding itself."""
    count = min(NEIGHBOURS, len(library) - 1)
    if count < 1:
        return np.zeros_like(rows)
    batches = range(0, len(rows), BATCH)
    return np.concatenate([_nearest_mean(rows[at : at + BATCH], library, count) for at in batches])


def _nearest_mean(rows: Floats, library: Floats, count: int) -> Floats:
    alike = rows @ library.T
    alike[alike > 1 - EPSILON] = -1
    nearest = np.argpartition(-alike, count - 1, axis=1)[:, :count]
    total = np.zeros_like(rows)
    for row in nearest.T:  # one at a time: all at once would take forty times the memory
        total += library[row]
    return total / np.float32(count)


def _unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), EPSILON), np.float32)


def _factor(library: Floats) -> tuple[Doubles, bool]:
    """Return the Cholesky factor of a ridge regression on these centred (n, k) rows, in its smaller shape."""
    n, k = library.shape
    rows = library.T if n < k else library
    products = _products(rows, rows)
    products.flat[:: len(products) + 1] += RIDGE * n
    factor, lower = cho_factor(products, overwrite_a=True, check_finite=False)
    return factor, lower


def _products(left: Floats, right: NDArray[np.floating]) -> Doubles:
    """Return left.T @ right in float64, in batches: a full copy would be the largest thing in memory."""
    batches = (slice(at, at + BATCH) for at in range(0, len(left), BATCH))
    return np.asarray(sum(left[batch].astype(np.float64).T @ right[batch] for batch in batches))
