"""Likes: one person's likes and dislikes as one playlist and "none of these", in five folds.

Random folds let a model recognise a disliked artist by name; folds without common artists show what generalises. Both
are reported, because identity alone can explain the whole result.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold, StratifiedKFold

from bot.core.features import SongFeatures
from bot.core.library.tables import Row, features_of
from bot.core.sorting.learning.dataset import Label, TrainingSet
from bot.core.sorting.learning.identities import spelt
from bot.core.sorting.learning.prior import Prior
from training.evaluation.baselines import PARTIAL, contenders
from training.evaluation.people import Person, refuse_twice
from training.files import id_of, read_rows
from training.problems import InputProblem

VERDICTS = ("target", "like", "liked")  # columns that may hold the verdict
YES, NO = frozenset({"1", "1.0", "true"}), frozenset({"0", "0.0", "false"})
NOT_OURS = frozenset({*VERDICTS, "artist_pop", "track_pop", "popularity", "track_popularity"})  # the answer; popularity
FOLDS = 5
LIKED = 1  # the playlist
JOINT = " and"  # ends every artist field in some files


@dataclass(frozen=True)
class LikedFolds:
    """songs in the file's order; liked: (m,); artists: (m,) each song's first artist, or else the song."""

    name: str
    songs: Mapping[str, SongFeatures]
    liked: NDArray[np.bool_]
    artists: Sequence[str]

    @property
    def person(self) -> Person:
        """The liked songs as a person's only playlist."""
        liked = frozenset(song for song, yes in zip(self.songs, self.liked, strict=True) if yes)
        return Person(self.name, self.songs, {"liked": liked})


def read_all_likes(paths: Iterable[Path]) -> list[LikedFolds]:
    """Read several files with distinct names. Raises InputProblem."""
    read = [read_likes(path) for path in paths]
    refuse_twice(likes.name for likes in read)
    return read


def read_likes(path: Path) -> LikedFolds:
    """Read likes and dislikes; songs without an id are named by line number. Raises InputProblem."""
    sheet = read_rows(path)
    verdict = sheet.first_of(VERDICTS)
    if verdict is None:
        raise InputProblem(f"{path}: no column says what's liked; needs one of {', '.join(VERDICTS)}")
    firsts: dict[str, Row] = {}
    for row in sheet.rows:
        firsts.setdefault(id_of(row) or str(row.line), row)
    liked = np.array([_verdict(path, row.line, row.fields.get(verdict, "")) for row in firsts.values()])
    if min(liked.sum(), (~liked).sum()) < FOLDS:
        raise InputProblem(f"{path}: needs at least {FOLDS} likes and {FOLDS} dislikes")
    plain = {song: _plain(row) for song, row in firsts.items()}
    songs = {song: features_of(row, "csv") for song, row in plain.items()}
    return LikedFolds(path.name.partition(".")[0], songs, liked, [_artist(row) or song for song, row in plain.items()])


def _verdict(path: Path, line: int, text: str) -> bool:
    said = text.lower()
    if said not in YES | NO:
        raise InputProblem(f"{path}: line {line} says neither 0 nor 1 ({text})")
    return said in YES


def _plain(row: Row) -> Row:
    """Return a row without anything that gives the answer away, and its artists separately."""
    fields = {name: text for name, text in row.fields.items() if name not in NOT_OURS}
    artists = fields.get("artists", "")
    apart = tuple(artists.removesuffix(JOINT).split(f"{JOINT} ")) if artists.endswith(JOINT) else row.artists
    return replace(row, fields=fields, artists=apart)


def _artist(row: Row) -> str:
    return spelt(row.artists[0]) if row.artists else ""


def try_likes(likes: LikedFolds, prior: Prior | None, seed: int) -> dict[str, Any]:
    """Return the accuracy of each contender, with random folds and with folds that share no artist."""
    rivals = {name: one for name, one in contenders(prior).items() if not name.endswith(PARTIAL)}
    ways = {"random": _random_folds(likes, seed), "no artist in common": _artist_folds(likes)}
    accuracy = {
        way: {name: _accuracy(likes, one, folds) for name, one in rivals.items()} for way, folds in ways.items()
    }
    baseline = max(float(likes.liked.mean()), 1 - float(likes.liked.mean()))
    return {"songs": len(likes.songs), "commonest": round(baseline, 4), "accuracy": accuracy}


Folds = list[tuple[NDArray[np.int64], NDArray[np.int64]]]


def _random_folds(likes: LikedFolds, seed: int) -> Folds:
    return list(StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(likes.liked, likes.liked))


def _artist_folds(likes: LikedFolds) -> Folds:
    if len(set(likes.artists)) < FOLDS:
        raise InputProblem(f"{likes.name}: needs songs by at least {FOLDS} artists")
    return list(GroupKFold(FOLDS).split(likes.liked, likes.liked, likes.artists))


def _accuracy(likes: LikedFolds, contender: Any, folds: Folds) -> float:
    return round(float(np.mean(np.concatenate(list(_hits(likes, contender, folds))))), 4)


def _hits(likes: LikedFolds, contender: Any, folds: Folds) -> Iterator[NDArray[np.bool_]]:
    names = list(likes.songs)
    for train, test in folds:
        labels = [Label(names[at], LIKED if likes.liked[at] else None, True, "csv") for at in train]
        training = TrainingSet(likes.songs, labels, {LIKED: "liked"}, several=False, everything=False)
        scores = contender(training, [likes.songs[names[at]] for at in test])
        guess = scores.probabilities.argmax(axis=1) == scores.classes.index(LIKED)
        yield guess == likes.liked[test]
