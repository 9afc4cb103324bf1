"""Hints: what the playlists' own names say.

"Late night jazz" stands for the library's songs tagged jazz, "80s drive" for those from the eighties. The mean of
such songs is one weak example of the playlist; labels soon outweigh it.

A song that has words of the name in its title, album or artists may belong there for that alone ("This Christmas").
Most such words mean nothing, and some mean nearly everything. So each hint either holds, and then is strong, or it
doesn't: how probable that is comes from other people at first, and then from the member's own labels.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.core.features import SongFeatures
from bot.core.sorting.learning.hints import DECADE, HintColumn, decade_of, tagged, words_of_name
from training.dataset import Examples
from training.model.heads import Logits, probabilities

SONGS_OF_HINT = (3, 0.5)  # minimum songs, maximum share of the library: fewer are chance, more say nothing
HINT_LOGIT = 5.0  # what a hint that holds adds to the playlist's logit, for a song with the whole name
PROBABILITY = {"title": 0.3, "album": 0.6, "artists": 0.5, DECADE: 0.2}  # how probable it is that a hint holds
LEAST_PROBABILITY = 1e-3  # of what a label says, so that no single one decides

Hint = tuple[int, Sequence[str]]  # a playlist, and the songs whose mean represents it


def hints_of(names: Mapping[int, str], library: Mapping[str, SongFeatures]) -> list[Hint]:
    """Return the hints in the names, by playlist; library: at least some hundreds of songs."""
    tagged, dated = _tagged(library), _dated(library)
    said = ((playlist, word) for playlist in sorted(names) for word in words_of_name(names[playlist]))
    hints = ((playlist, tagged.get(word) or dated.get(decade_of(word), [])) for playlist, word in said)
    least, most = SONGS_OF_HINT[0], SONGS_OF_HINT[1] * len(library)
    return [(playlist, songs) for playlist, songs in hints if least <= len(songs) <= most]


def _tagged(library: Mapping[str, SongFeatures]) -> dict[str, list[str]]:
    songs: dict[str, list[str]] = defaultdict(list)
    for song, features in library.items():
        for word in tagged(features):
            songs[word].append(song)
    return songs


def _dated(library: Mapping[str, SongFeatures]) -> dict[str | None, list[str]]:
    songs: dict[str | None, list[str]] = defaultdict(list)
    for song, features in library.items():
        if "year" in features.numbers:
            songs[f"{int(features.numbers['year'] // 10 * 10)}s"].append(song)
    return songs


@dataclass(frozen=True)
class SharedWords:
    """What labelled songs have of playlists' names. shares: (m, h) shares of a name. columns: (h,) its class.

    probability: (h,) that a hint of its kind holds, before any label.
    """

    shares: Logits
    columns: NDArray[np.int64]
    probability: Logits

    def strengths(self, logits: Logits, examples: Examples) -> Logits:
        """Return (h, c): how much each hint adds to its class's logit; logits: (m, c) of songs left out, or NaN."""
        matrix = np.zeros((len(self.columns), examples.truth.shape[1]))
        for at, column in enumerate(self.columns):
            odds = np.log(self.probability[at] / (1 - self.probability[at])) + self._evidence(at, logits, examples)
            matrix[at, column] = HINT_LOGIT / (1 + np.exp(-odds))
        return matrix

    def _evidence(self, at: int, logits: Logits, examples: Examples) -> float:
        """Return the logarithm of how much likelier the labels are if the hint holds."""
        column, shares = self.columns[at], self.shares[:, at]
        rows = (shares > 0) & np.isfinite(examples.truth[:, column]) & np.isfinite(logits[:, column])
        likely = []
        for strength in (0, HINT_LOGIT):
            moved = logits[rows].copy()
            moved[:, column] += shares[rows] * strength
            yes = probabilities(moved, examples.exclusive, 1.0)[:, column] if rows.any() else np.zeros(0)
            right = np.where(examples.truth[rows, column] == 1, yes, 1 - yes)
            likely.append(np.log(np.maximum(right, LEAST_PROBABILITY)))
        return float(examples.weight[rows] @ (likely[1] - likely[0]))


def shared_words(
    hinted: Sequence[tuple[int, HintColumn]], shares: Logits, classes: Sequence[int | None]
) -> SharedWords:
    """Return what there is to weigh; hinted: the columns of the hints, each with its playlist; shares: (m, h)."""
    columns = np.array([classes.index(playlist) for playlist, _ in hinted], np.int64)
    return SharedWords(shares, columns, np.array([PROBABILITY[column.kind] for _, column in hinted], np.float64))
