"""Neighbours: how often "more like this" finds songs that a real person put in the same playlist.

Half the songs of each person's playlists are held out; together they're the catalogue. The other half is what the
person likes. Each question is a song they like; an answer is right if it was held out from the same playlist. Vectors
and ranking are the product's (`bot.core.feed`: `space`, `neighbours`, `taste`); features are the library's columns.
"""

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from bot.core.features import SongFeatures
from bot.core.feed import taste
from bot.core.feed.neighbours import Neighbours
from bot.core.feed.space import FITTED_ON, Space, space_of
from bot.core.feed.taste import Taste
from bot.core.sorting.learning.columns import Vectors
from bot.core.sorting.learning.identities import artist_key
from training.evaluation.people import Person, drawable
from training.evaluation.report import number, span, table
from training.problems import InputProblem

TOP = 10  # songs recommended
EACH = 10  # questions per playlist, at most
LIKES = 1_000  # likes that represent a person, as in bot.flows.feed.recommend
DRAWS = 2_000  # bootstrap samples
Find = Callable[["HeldOutQuestion"], Sequence[str]]


@dataclass(frozen=True)
class Half:
    """A person's songs, split into what they like and what was held out of each playlist."""

    person: str
    songs: Mapping[str, SongFeatures]
    likes: Sequence[str]
    playlists: Mapping[str, tuple[Sequence[str], frozenset[str]]]  # name → liked songs in it, and those held out


@dataclass(frozen=True)
class HeldOutQuestion:
    """A song that a person likes, and the right answers for it."""

    half: Half
    song: str
    right: frozenset[str]


def evaluate(people: Sequence[Person], seed: int) -> dict[str, Any]:
    """Return hit rate and precision at TOP for each way to find neighbours, overall and by person.

    Means over playlists, with 95 % intervals from DRAWS bootstrap samples of playlists. Raises InputProblem.
    """
    halves = [parted(person, seed) for person in people]
    catalogue: dict[str, SongFeatures] = {}
    for half in halves:
        catalogue |= {song: half.songs[song] for _, held in half.playlists.values() for song in held}
    questions = [_questions(half, seed) for half in halves]
    if not any(questions):
        raise InputProblem("no playlist of 30 songs or more is left to ask about")
    results: dict[str, Any] = {
        "songs": len(catalogue),
        "asked": sum(len(q) for question in questions for q in question),
    }
    ways = _ways(catalogue, halves, seed)
    results["ways"] = {name: _measured(way, halves, questions) for name, way in ways.items()}
    return results


def parted(person: Person, seed: int) -> Half:
    """Hold out half the songs in a person's playlists; a song is held out of all its playlists or of none."""
    choices = drawable(person)
    songs = sorted(set().union(*choices.values()))
    rng = np.random.default_rng([seed, zlib.crc32(person.name.encode())])
    held = {songs[at] for at in rng.permutation(len(songs))[: len(songs) // 2]}
    playlists = {name: (sorted(chosen - held), frozenset(chosen & held)) for name, chosen in choices.items()}
    return Half(person.name, person.songs, [song for song in songs if song not in held], playlists)


def _questions(half: Half, seed: int) -> list[list[HeldOutQuestion]]:
    """Return some questions for each playlist."""
    rng = np.random.default_rng([seed, 1, zlib.crc32(half.person.encode())])
    return [
        [HeldOutQuestion(half, liked[at], held) for at in rng.permutation(len(liked))[:EACH]]
        for liked, held in half.playlists.values()
        if liked and held
    ]


def _ways(catalogue: Mapping[str, SongFeatures], halves: Sequence[Half], seed: int) -> dict[str, Find]:
    """The product, parts of it, and the baselines it has to beat."""
    ids = sorted(catalogue)
    rng = np.random.default_rng([seed, 2])
    drawn = rng.permutation(len(ids))[:FITTED_ON]
    space = space_of([catalogue[ids[at]] for at in drawn])
    artists = {song: artist_of(features) for song, features in catalogue.items()}
    index = Neighbours(space.size)
    index.put(ids, space.points([catalogue[song] for song in ids]), [artists[song] for song in ids], [True] * len(ids))
    plain = _Plain(catalogue, ids)
    return {
        "recommended": _Product(index, space, halves),
        "its vectors alone": lambda question: (
            index.around(space.points([question.half.songs[question.song]]), TOP, without=question.half.likes).ids
        ),
        "plain neighbours": plain.find,
        "plain neighbours, one per artist": lambda question: _one_each(plain.find(question, 20 * TOP), artists),
        "random": lambda _: [ids[at] for at in rng.choice(len(ids), TOP, replace=False)],
    }


class _Product:
    """`bot.flows.feed.recommend` without its database: nearest songs, ranked by taste."""

    def __init__(self, index: Neighbours, space: Space, halves: Iterable[Half]) -> None:
        self._index, self._space = index, space
        self._likes = {half.person: self._liked(half) for half in halves}

    def _liked(self, half: Half) -> tuple[Vectors, frozenset[int]]:
        rng = np.random.default_rng(zlib.crc32(half.person.encode()))
        drawn = [half.likes[at] for at in rng.permutation(len(half.likes))[:LIKES]]
        points = self._space.points([half.songs[song] for song in drawn])
        return points, frozenset(artist_of(half.songs[song]) for song in half.likes)

    def __call__(self, question: HeldOutQuestion) -> Sequence[str]:
        towards = self._space.points([question.half.songs[question.song]])
        around = self._index.around(towards, taste.WIDE, without=question.half.likes)
        likes, artists = self._likes[question.half.person]
        theirs = Taste(likes, likes[:0], artists=artists)
        return [around.ids[at] for at, _ in taste.rank(around, towards, theirs, TOP)]


class _Plain:
    """scikit-learn's neighbours by standardised numbers; missing values become the mean."""

    def __init__(self, catalogue: Mapping[str, SongFeatures], ids: Sequence[str]) -> None:
        self._ids = ids
        self._names = sorted({name for features in catalogue.values() for name in features.numbers})
        numbers = self._numbers([catalogue[song] for song in ids])
        self._scaler = StandardScaler().fit(numbers)
        self._tree = NearestNeighbors(algorithm="brute").fit(np.nan_to_num(self._scaler.transform(numbers)))

    def find(self, question: HeldOutQuestion, count: int = TOP) -> Sequence[str]:
        asked = self._scaler.transform(self._numbers([question.half.songs[question.song]]))
        rows = self._tree.kneighbors(np.nan_to_num(asked), min(count, len(self._ids)), return_distance=False)[0]
        return [self._ids[at] for at in rows]

    def _numbers(self, songs: Sequence[SongFeatures]) -> NDArray[np.float64]:
        return np.array([[song.numbers.get(name, np.nan) for name in self._names] for song in songs])


def artist_of(features: SongFeatures) -> int:
    """Return the key of a song's first artist; 0 if it has none."""
    return artist_key(min(features.sets["artists"])) if features.sets.get("artists") else 0


def _one_each(songs: Sequence[str], artists: Mapping[str, int]) -> Sequence[str]:
    first: dict[int | str, str] = {}
    for song in songs:
        first.setdefault(artists[song] or song, song)
    return list(first.values())[:TOP]


def _measured(
    way: Find, halves: Sequence[Half], questions: Sequence[Sequence[Sequence[HeldOutQuestion]]]
) -> dict[str, dict[str, list[float]]]:
    """Return hit rate and precision overall and by person: mean, lower and upper bound."""
    by_person = {
        half.person: np.array([_scored(way, playlist) for playlist in asked]).reshape(-1, 2)
        for half, asked in zip(halves, questions, strict=True)
    }
    groups = {"all": np.concatenate(list(by_person.values())), **by_person}
    return {
        name: {"hit rate": _interval(scores[:, 0]), "precision": _interval(scores[:, 1])}
        for name, scores in groups.items()
        if len(scores)
    }


def _scored(way: Find, playlist: Sequence[HeldOutQuestion]) -> tuple[float, float]:
    right = np.array([len(question.right.intersection(way(question))) for question in playlist])
    return float((right > 0).mean()), float(right.mean() / TOP)


def _interval(values: NDArray[np.float64]) -> list[float]:
    rng = np.random.default_rng(len(values))
    means = values[rng.integers(0, len(values), (DRAWS, len(values)))].mean(axis=1)
    return [round(float(bound), 4) for bound in (values.mean(), *np.percentile(means, [2.5, 97.5]))]


def report(results: Mapping[str, Any]) -> str:
    """Return the figures as Markdown."""
    head = f"`{results['command']}`: {results['asked']:,} songs asked about, {results['songs']:,} in the catalogue."
    groups = list(next(iter(results["ways"].values())))
    rows = [
        [group, name, *(_said(figures[group][measure]) for measure in ("hit rate", "precision"))]
        for group in groups
        for name, figures in results["ways"].items()
    ]
    return f"{head}\n\n{table(['', 'found by', f'hit rate at {TOP}', f'precision at {TOP}'], rows)}"


def _said(interval: Sequence[float]) -> str:
    mean, *bounds = interval
    return f"{number(mean)} {span(bounds)}"
