"""Dataset: labels as a table of what's true.

One row per labelled song, one column per class; 1: belongs, 0: doesn't, NaN: unknown. Rows are sorted by song and
columns by playlist, and every row holds everything known about its song, so neither the order of labels nor
repetition makes a difference.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bot.core.sorting.learning.dataset import Label, TrainingSet
from training.problems import NothingToTellApart

MOST = 4_000  # songs learned from; ten thousand would take more memory and time than a training may
ALWAYS = 50  # of each class, however many the others have


@dataclass(frozen=True)
class Examples:
    """songs: (m,) ids. classes: (c,) playlist ids, None last for "none of them". truth: (m, c).

    weight: (m,) in labels. groups: (m,) what's held out together: the songs of one bulk answer, or the song by itself.
    `exclusive`: each song belongs in exactly one class, so classes compete; otherwise every column is an independent
    question.
    hinted: (h,) the column of each hint.
    """

    songs: tuple[str, ...]
    classes: tuple[int | None, ...]
    truth: NDArray[np.float64]
    weight: NDArray[np.float64]
    exclusive: bool
    groups: tuple[str, ...]
    hinted: tuple[int, ...] = ()

    @property
    def settled(self) -> NDArray[np.bool_]:
        """(m,) whether we know where the song belongs, and not only where it doesn't."""
        return np.asarray(~np.isnan(self.truth).any(axis=1))

    def per_class(self, rows: NDArray[np.int64] | slice = slice(None)) -> float:
        """Return the geometric mean of labels per class among some rows, so that small classes count too."""
        counts = np.maximum(1, ((self.truth[rows] == 1) * self.weight[rows, None]).sum(axis=0))
        return float(np.exp2(np.log2(counts).mean()))  # exactly eight for eight of each, where the gate begins


@dataclass
class _SongLabels:
    yes: set[int]
    no: set[int]
    none: bool
    weight: float = 0.0
    bulk_answer: int | None = None

    @property
    def settled(self) -> bool:
        return bool(self.yes) or self.none


def examples_of(training: TrainingSet) -> Examples:
    """Return the examples in a training set. Raises NothingToTellApart if no song is known to be in a playlist.

    Skips songs that are gone or have no features. Of very many, it takes a sample.
    """
    known = {song for song, features in training.songs.items() if features.known}
    by_song = _gather((label for label in training.labels if label.song in known), training.weights)
    playlists = sorted({playlist for answers in by_song.values() for playlist in answers.yes} & set(training.playlists))
    made = _independent if training.several and len(playlists) > 1 else _exclusive
    return _sample(made(by_song, playlists))


def _sample(examples: Examples) -> Examples:
    """Return at most MOST of the songs, as if drawn at random: the same ones each time, and ALWAYS of each class."""
    if len(examples.songs) <= MOST:
        return examples
    belongs = examples.truth == 1
    rarest = np.where(belongs, belongs.sum(axis=0), np.inf).argmin(axis=1).tolist()
    drawn = sorted(range(len(rarest)), key=lambda row: hashlib.sha256(examples.songs[row].encode()).digest())
    before, turn = Counter[int](), dict[int, int]()
    for row in drawn:
        turn[row] = before[rarest[row]]
        before[rarest[row]] += 1
    kept = sorted(sorted(drawn, key=lambda row: min(turn[row], ALWAYS))[:MOST])
    songs, groups = (tuple(names[row] for row in kept) for names in (examples.songs, examples.groups))
    return replace(examples, songs=songs, groups=groups, truth=examples.truth[kept], weight=examples.weight[kept])


def _gather(labels: Iterable[Label], weights: Mapping[str, float]) -> dict[str, _SongLabels]:
    by_song: dict[str, _SongLabels] = defaultdict(lambda: _SongLabels(set(), set(), False))
    for label in labels:
        about = by_song[label.song]
        about.weight = max(about.weight, weights.get(label.source, 1.0))
        about.bulk_answer = label.bulk_answer
        if label.playlist is None:
            about.none |= label.verdict
        else:
            (about.yes if label.verdict else about.no).add(label.playlist)
    for about in by_song.values():
        about.no -= about.yes
        about.none &= not about.yes
    shared = Counter(about.bulk_answer for about in by_song.values())
    for about in by_song.values():
        about.weight /= 1 if about.bulk_answer is None else shared[about.bulk_answer]
    return dict(sorted(by_song.items()))


def _exclusive(by_song: dict[str, _SongLabels], playlists: list[int]) -> Examples:
    """One class per song. With a single playlist, songs outside it are "none", even if there are none yet."""
    if len(playlists) == 1:
        by_song = {song: replace(a, none=a.none or (not a.yes and bool(a.no))) for song, a in by_song.items()}
    if not playlists:
        raise NothingToTellApart(len(by_song))
    alone = len(playlists) == 1
    none: list[int | None] = [None] if alone or any(about.none for about in by_song.values()) else []
    classes = (*playlists, *none)
    return _examples(by_song, classes, exclusive=True)


def _independent(by_song: dict[str, _SongLabels], playlists: list[int]) -> Examples:
    """One question per playlist; a playlist that contains every settled song can't be told from the rest yet."""
    examples = _examples(by_song, tuple(playlists), exclusive=False)
    askable = (examples.truth == 0).any(axis=0)
    if not askable.any():
        raise NothingToTellApart(len(by_song))
    if askable.sum() == 1:
        return _alone(by_song, playlists[int(askable.argmax())])
    classes = tuple(playlist for playlist, keep in zip(playlists, askable, strict=True) if keep)
    return replace(examples, classes=classes, truth=examples.truth[:, askable])


def _alone(by_song: dict[str, _SongLabels], playlist: int) -> Examples:
    """The only question so far: in this playlist, or not."""
    about = {
        song: replace(
            a, yes={playlist} & a.yes, no={playlist} & a.no, none=a.none or (bool(a.yes) and playlist not in a.yes)
        )
        for song, a in by_song.items()
    }
    return _exclusive(about, [playlist])


def _examples(by_song: dict[str, _SongLabels], classes: tuple[int | None, ...], exclusive: bool) -> Examples:
    rows = {song: _row(about, classes) for song, about in by_song.items()}
    rows = {song: row for song, row in rows.items() if not np.isnan(row).all() and (1 in row or 0 in row)}
    kept = {song: row for song, row in rows.items() if not (exclusive and by_song[song].settled and 1 not in row)}
    truth = np.array(list(kept.values())).reshape(len(kept), len(classes))
    weight = np.array([by_song[song].weight for song in kept])
    answers = [(song, by_song[song].bulk_answer) for song in kept]
    groups = tuple(song if answer is None else f"opinion {answer}" for song, answer in answers)
    return Examples(tuple(kept), classes, truth, weight, exclusive, groups)


def _row(about: _SongLabels, classes: tuple[int | None, ...]) -> list[float]:
    unknown = 0.0 if about.settled else np.nan
    positive = about.yes | ({None} if about.none else set())
    return [1.0 if name in positive else 0.0 if name in about.no else unknown for name in classes]
