"""View: the library as the model sees it while it learns, and what unlabelled songs add to that.

A teacher sees more of a song than serving can: what its artist usually sounds like, and the average of its nearest
songs in the library. So one label speaks for its neighbourhood. What the teacher says of the whole library is then
learnt by a linear student that sees the song alone, which is all that a file and a new like have to offer.
Smoothing over neighbours: Belkin, Niyogi & Sindhwani 2006; teaching a simpler model: Hinton, Vinyals & Dean 2015.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.core.features import SongFeatures

ENOUGH = 2_500  # songs that stand for a library, and that a label may speak through; more cost time and buy little
NEIGHBOURS = 40  # songs that are averaged
ARTIST = 0.3  # weight of what an artist's songs sound like on average, beside what the song itself does
RIDGE = 1e-3  # of the student, as a share of the songs it learns from
BATCH = 1_000  # songs whose neighbours are sought at a time
FAINT = 1e-6

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class View:
    """Songs as teacher and student see them: (m, …) labelled ones, (n, …) of the library; rows of length 1.

    own: what the teacher sees of a song itself, near: the averages of neighbours; both hold h rows more, the means of
    the songs that hints speak of. solve: (k, n), takes what is wanted of the library to the student's coefficients.
    """

    space: Floats  # (m, k) what the student sees
    own: Floats  # (m + h, k + a)
    near: Floats
    library_own: Floats  # (n, k + a)
    library_near: Floats
    solve: Floats


def spread_sample(songs: Iterable[str]) -> list[str]:
    """Return at most ENOUGH of the songs, always the same ones, in whatever order they come."""
    return sorted(songs, key=lambda song: hashlib.sha256(song.encode()).digest())[:ENOUGH]


@dataclass(frozen=True)
class Seen:
    """Some songs: what is known of them, their numbers (n, a) in a vector, their rows (n, k) in the space."""

    songs: Sequence[SongFeatures]
    numbers: Floats
    space: Floats


def look(labelled: Seen, library: Seen, hinted: Sequence[Sequence[int]] = ()) -> View:
    """Return the view of labelled songs against a library; hinted: rows of the library, by hint."""
    sound = _sound_of_artists(library)
    own, library_own = (_unit(np.hstack([seen.space, ARTIST * sound(seen)])) for seen in (labelled, library))
    near, library_near = (_neighbourhood(rows, library_own) for rows in (own, library_own))
    middle = library_near.mean(axis=0)
    return View(
        space=labelled.space,
        own=_with_means(own, library_own, hinted),
        near=_with_means(near - middle, library_near - middle, hinted),
        library_own=library_own,
        library_near=library_near - middle,
        solve=_solver(library.space),
    )


def _with_means(labelled: Floats, library: Floats, spoken: Sequence[Sequence[int]]) -> Floats:
    return np.vstack([labelled, *(library[rows].mean(axis=0, keepdims=True) for rows in spoken)])


def _sound_of_artists(library: Seen) -> Callable[[Seen], Floats]:
    """Return what tells songs' numbers (n, a) averaged over the library's songs of their artists, about its middle."""
    rows: dict[str, list[int]] = defaultdict(list)
    for at, song in enumerate(library.songs):
        for artist in song.sets.get("artists", ()):
            rows[artist].append(at)
    means = {artist: library.numbers[at].mean(axis=0) for artist, at in rows.items()}

    def sound(seen: Seen) -> Floats:
        found = seen.numbers.copy()
        for at, song in enumerate(seen.songs):
            if known := [means[artist] for artist in sorted(song.sets.get("artists", ())) if artist in means]:
                found[at] = np.mean(known, axis=0)
        return found

    middle = sound(library).mean(axis=0)
    return lambda seen: np.asarray(sound(seen) - middle)


def _neighbourhood(rows: Floats, library: Floats) -> Floats:
    """Return the mean of each row's nearest songs of the library, itself left out."""
    count = min(NEIGHBOURS, len(library) - 1)
    if count < 1:
        return np.zeros_like(rows)
    batches = range(0, len(rows), BATCH)
    return np.concatenate([_nearest_mean(rows[at : at + BATCH], library, count) for at in batches])


def _nearest_mean(rows: Floats, library: Floats, count: int) -> Floats:
    alike = rows @ library.T
    alike[alike > 1 - FAINT] = -1
    nearest = np.argpartition(-alike, count - 1, axis=1)[:, :count]
    total = np.zeros_like(rows)
    for each in nearest.T:  # one after another: all at once would take forty times the memory
        total += library[each]
    return total / np.float32(count)


def _unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), FAINT), np.float32)


def _solver(library: Floats) -> Floats:
    """Return (k, n) of ridge regression: coefficients = solver @ wanted, over rows that are centred already."""
    n, k = library.shape
    wide = library.astype(np.float64)
    if n < k:  # the same in the smaller of the two shapes
        return np.asarray(wide.T @ np.linalg.inv(wide @ wide.T + RIDGE * n * np.eye(n)), np.float32)
    return np.asarray(np.linalg.solve(wide.T @ wide + RIDGE * n * np.eye(k), wide.T), np.float32)
