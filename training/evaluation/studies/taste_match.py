"""Taste match: whether the score of `bot.core.social.taste_match` tells two halves of one person from two people.

Members are drawn from real libraries: two halves of one person's songs, with none in common, or the songs of two
people. Strangers are everybody else's songs. Score and space are the product's; features are the library's columns.
For comparison, there's the cosine between the two means, which isn't calibrated.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.core.features import SongFeatures
from bot.core.feed.space import FITTED_ON, Space, space_of, to_length_one
from bot.core.social.taste_match import Comparison, LikedPoints, compare
from bot.core.sorting.learning.columns import Vectors
from training.evaluation.people import Person
from training.evaluation.report import table
from training.problems import InputProblem

SIZES = (30, 100, 300, 1_000)  # likes on each side
STRANGERS = 2_000  # as in bot.flows.social.taste_match
DRAWS = 10  # per pair and size


@dataclass(frozen=True)
class Drawn:
    """One draw: who is compared, with how many likes, and the result; cosine: between the means."""

    pair: str
    likes: int
    comparison: Comparison
    cosine: float


@dataclass(frozen=True)
class Pair:
    """Two people to compare, or one with themselves, by halves. strangers: songs that only others have."""

    one: Person
    other: Person
    strangers: Sequence[str]


def evaluate(people: Sequence[Person], seed: int) -> dict[str, Any]:
    """Return, by pair and number of likes, the score, half its interval, the cosine (all means over DRAWS), and more.

    covered: how often the interval contains the mean score at the most likes. Raises InputProblem for fewer than three
    people.
    """
    if len(people) < 3:
        raise InputProblem("needs at least three people: two to compare, and strangers")
    points = _points(people, seed)
    drawn = [draw for pair in _pairs(people) for size in SIZES for draw in _draws(pair, size, points, seed)]
    pairs = dict.fromkeys(draw.pair for draw in drawn)
    return {"pairs": {pair: _figures([draw for draw in drawn if draw.pair == pair]) for pair in pairs}}


def _points(people: Sequence[Person], seed: int) -> dict[str, Vectors]:
    songs: dict[str, SongFeatures] = {}
    for person in people:
        songs |= person.songs
    ids, rng = sorted(songs), np.random.default_rng([seed, 0])
    space: Space = space_of([songs[ids[at]] for at in rng.permutation(len(ids))[:FITTED_ON]])
    return dict(zip(ids, space.points([songs[song] for song in ids]), strict=True))


def _pairs(people: Sequence[Person]) -> Iterator[Pair]:
    known = set().union(*(person.songs for person in people))
    for one, other in combinations_with_replacement(people, 2):
        yield Pair(one, other, sorted(known - one.songs.keys() - other.songs.keys()))


def _draws(pair: Pair, size: int, points: Mapping[str, Vectors], seed: int) -> Iterator[Drawn]:
    one, other = pair.one, pair.other
    for draw in range(DRAWS):
        rng = np.random.default_rng([seed, 1, draw])
        sides = _halves(one, rng) if one is other else (sorted(one.songs), sorted(other.songs))
        first, second = (_likes(_some(side, size, rng), points) for side in sides)
        strangers = np.stack([points[song] for song in _some(pair.strangers, STRANGERS, rng)])
        if (met := compare(first, second, strangers)) is not None:
            yield Drawn(f"{one.name}, {other.name}", size, met, _cosine(first, second))


def _halves(person: Person, rng: np.random.Generator) -> tuple[list[str], list[str]]:
    shuffled = _some(sorted(person.songs), len(person.songs), rng)
    return shuffled[::2], shuffled[1::2]


def _some(songs: Sequence[str], count: int, rng: np.random.Generator) -> list[str]:
    return [songs[at] for at in rng.permutation(len(songs))[:count]]


def _likes(songs: Sequence[str], points: Mapping[str, Vectors]) -> LikedPoints:
    return LikedPoints(songs, np.stack([points[song] for song in songs]))


def _cosine(one: LikedPoints, other: LikedPoints) -> float:
    return float(to_length_one(one.points.mean(axis=0)) @ to_length_one(other.points.mean(axis=0)))


def _figures(drawn: Sequence[Drawn]) -> dict[str, dict[str, float]]:
    by_size = {size: [draw for draw in drawn if draw.likes == size] for size in SIZES}
    settled = float(np.mean([draw.comparison.number for draw in by_size[max(SIZES)] or drawn]))
    return {str(size): _of_size(draws, settled) for size, draws in by_size.items()}


def _of_size(drawn: Sequence[Drawn], settled: float) -> dict[str, float]:
    """said: the share of draws with a score; the means are over those."""
    figures = {"said": len(drawn) / DRAWS}
    if drawn:
        numbers, within = (
            np.array([getattr(draw.comparison, name) for draw in drawn]) for name in ("number", "within")
        )
        figures |= {"number": _mean(numbers), "within": _mean(within)}
        figures |= {"covered": _mean(np.abs(numbers - settled) <= within)}
        figures |= {"cosine": _mean(np.array([draw.cosine for draw in drawn]))}
    return figures


def _mean(values: NDArray[Any]) -> float:
    return round(float(values.mean()), 3)


def report(results: Mapping[str, Any]) -> str:
    """Return the figures as Markdown: score and half its interval, by likes."""
    rows = []
    for pair, sizes in results["pairs"].items():
        most = sizes[str(max(SIZES))].get("cosine", float("nan"))
        rows.append([pair, *(_said(sizes[str(size)]) for size in SIZES), f"{most:.2f}"])
    heads = ["who", *(f"{size:,} likes" for size in SIZES), "cosine of means"]
    lines = [f"`{results['command']}`", "", table(heads, rows)]
    for size in SIZES:
        figures = [sizes[str(size)] for sizes in results["pairs"].values()]
        covered = [figure["covered"] for figure in figures if "covered" in figure]
        said = np.mean([figure["said"] for figure in figures])
        held = (
            f"its interval contains the score at {max(SIZES):,} in {np.mean(covered):.2f}" if covered else "no interval"
        )
        lines.append(f"\n{size:,} likes: a score in {said:.2f} of draws; {held}.")
    return "\n".join(lines)


def _said(figures: Mapping[str, float]) -> str:
    return f"{figures['number']:.0f} ± {figures['within']:.0f}" if figures["said"] else "–"
