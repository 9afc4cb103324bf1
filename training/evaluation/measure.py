"""Measure: one simulated member, each baseline, each number of labels."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score, roc_auc_score

from bot.core.features import SongFeatures
from bot.core.sorting.decide import PlaylistRule, Scores, decide
from bot.core.sorting.learning.dataset import Label, TrainingSet
from bot.core.sorting.learning.hints import hint_columns, hint_values
from bot.core.sorting.learning.prior import Prior
from training.evaluation.baselines import FRESH, PARTIAL, PRIOR, Contender, Judged, contenders, ours
from training.evaluation.people import SimulatedMember
from training.problems import NothingToTellApart

TESTED = 60  # songs of a playlist, at most
MISTAKES = 2  # acceptable in 20, the product's default: a target precision of 90 %
NONE_LABELS = 2  # times n: songs labelled "none", in the fits that measure only that
LEAST_NONE = 10  # songs in no playlist, needed to measure "none of these"

Ratio = tuple[float, float]  # each summed over members, then divided


@dataclass(frozen=True)
class Measurement:
    """The result for one member and contender at n labels per playlist.

    values: by measure, the numerator and denominator to sum over members. confidence, hit: (m,) each tested song's
    largest probability, and whether that guess was right.
    """

    person: str
    k: int
    draw: int
    n: int
    contender: str
    values: Mapping[str, Ratio]
    confidence: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    hit: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))


def held_back(member: SimulatedMember, most_labels: int) -> list[tuple[str, int]]:
    """Return the held-out songs, each with its playlist; none of them is ever labelled."""
    return [(song, at) for at, own in enumerate(member.playlists) for song in own[most_labels : most_labels + TESTED]]


def training_set(member: SimulatedMember, n: int) -> TrainingSet:
    """Return the member's library and other playlists, with the first n songs of each playlist labelled."""
    labels = [Label(song, at, True, "csv") for at, own in enumerate(member.playlists) for song in own[:n]]
    return TrainingSet(member.songs, labels, member.names, several=False, everything=False, others=member.others)


def none_set(member: SimulatedMember, n: int, most_labels: int) -> tuple[TrainingSet, list[str]]:
    """Return that set with 2n songs labelled "none", and the held-out ones of those; all are in the library."""
    plain, nowhere = training_set(member, n), list(member.nowhere)
    labels = [*plain.labels, *(Label(song, None, True, "csv") for song in nowhere[: NONE_LABELS * n])]
    library = {**member.songs, **member.nowhere}
    return TrainingSet(library, labels, plain.playlists, False, False), nowhere[NONE_LABELS * most_labels :]


def measure(member: SimulatedMember, prior: Prior | None, ns: Sequence[int]) -> list[Measurement]:
    """Return one member's measurements."""
    return [row for name, one in contenders(prior).items() for row in _measure(member, name, one, ns)]


def compare(member: SimulatedMember, prior: Prior, ns: Sequence[int]) -> list[Measurement]:
    """Return our own model's measurements with and without the prior, leaving out songs in no playlist."""
    placed, both = replace(member, nowhere={}, others=()), {PRIOR: partial(ours, prior), FRESH: partial(ours, None)}
    return [row for name, one in both.items() for row in _measure(placed, name, one, ns)]


def _measure(member: SimulatedMember, name: str, contender: Contender, ns: Sequence[int]) -> Iterator[Measurement]:
    tested = held_back(member, max(ns))
    truth = np.array([at for _, at in tested])
    songs = [member.songs[song] for song, _ in tested]
    for n in ns:
        with suppress(NothingToTellApart):  # songs without any features; the record then counts one member less
            scores = contender(training_set(member, n), songs)
            values, confidence, hit = judge(scores, truth, member.k)
            values = {**values, **_named(member, songs, hit)}
            if isinstance(scores, Judged):
                values = {**values, "refused": (float(scores.refused), 1)}
            if not name.endswith(PARTIAL):
                values = {**values, **_none(member, contender, n, max(ns))}
            yield Measurement(member.person, member.k, member.draw, n, name, values, confidence, hit)


def judge(
    scores: Scores, truth: NDArray[np.int64], k: int
) -> tuple[dict[str, Ratio], NDArray[np.float32], NDArray[np.bool_]]:
    """Return one model's measures on songs whose playlist is known; truth: (m,) playlist numbers."""
    guess = np.array([-1 if name is None else name for name in scores.classes])[scores.probabilities.argmax(axis=1)]
    hit = guess == truth
    decisions = decide(scores, [PlaylistRule(at, MISTAKES, True) for at in range(k)], several=False, everything=False)
    added = np.array([decision.outcome == "add" for decision in decisions])
    sure = sum(decision.probability for decision in decisions if decision.outcome == "add")
    values: dict[str, Ratio] = {
        "accuracy": (float(hit.mean()), 1),
        "macro_f1": (float(f1_score(truth, guess, average="macro", zero_division=0)), 1),
        "added": (float(added.mean()), 1),
        "precision": (float((hit & added).sum()), float(added.sum())),
        "expected": (float(sure), float(added.sum())),
        "asked": (float(np.mean([decision.outcome == "ask" for decision in decisions])), 1),
    }
    return values, scores.probabilities.max(axis=1), hit


def _named(member: SimulatedMember, songs: Sequence[SongFeatures], hit: NDArray[np.bool_]) -> dict[str, Ratio]:
    """How many songs that share a word with any of the playlists' names are right."""
    columns = [column for _, column in hint_columns(member.names, list(member.songs.values()))]
    shared = hint_values(columns, songs).any(axis=1)
    return {"named": (float((hit & shared).sum()), float(shared.sum()))}


def _none(member: SimulatedMember, contender: Contender, n: int, most_labels: int) -> dict[str, Ratio]:
    """How well "none of these" is told from the playlists' songs, and how many of its songs are added anyway."""
    training, nowhere = none_set(member, n, most_labels)
    if len(nowhere) < LEAST_NONE:
        return {}
    held = held_back(member, most_labels)
    placed, truth = [member.songs[song] for song, _ in held], [at for _, at in held]
    scores = contender(training, [*placed, *(member.nowhere[song] for song in nowhere)])
    column = scores.probabilities[:, scores.classes.index(None)]
    elsewhere = np.arange(len(column)) >= len(placed)
    rules = [PlaylistRule(at, MISTAKES, True) for at in range(member.k)]
    decisions = decide(scores, rules, several=False, everything=False)
    added = np.array([decision.outcome == "add" for decision in decisions])
    pairs = zip(decisions, truth, strict=False)
    right = sum(decision.outcome == "add" and decision.playlists == (at,) for decision, at in pairs)
    return {
        "none_auroc": (float(roc_auc_score(elsewhere, column)), 1),
        "none_added": (float(added[elsewhere].mean()), 1),
        "none_precision": (float(right), float(added.sum())),
    }
