"""Cross-validation: how accurate the model is on unseen songs, and so how confident it may be.

Every settled song is left out once; a model trained on the rest says where it belongs. One temperature then
calibrates the probabilities. The baseline predicts how often each class was labelled.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bot.core.vectors import Floats
from training.dataset import Examples
from training.model.heads import Logits, probabilities
from training.model.hints import SharedWords

FOLDS = 5  # with many labels
MORE_FOLDS = 10  # with few, where each song left out is missed
MANY = 60  # labels
TEMPERATURES = np.geomspace(0.1, 10, 61)
FLOOR, EXCESS, DECAY = 0.585, 0.47, 0.9  # usual temperature: FLOOR + EXCESS / n ** DECAY at n labels per class
CLASSES_POWER = 0.1  # power of the number of classes, relative to five, by which the usual temperature grows
NONE_FACTOR = 1.2  # times the temperature, where songs may belong in none of the playlists
UNTESTED_FACTOR = 1.5  # times the usual temperature, if nothing could be tested: better to ask
SHRINKAGE = 50.0  # nats per squared log-ratio: the pull towards the usual temperature
ALIKE = 0.005  # nats per song that rounding explains
LEAST_PROBABILITY = 0.01  # lower bound on the truth's probability, so one wrong guess can't decide everything


class Predictor(Protocol):
    """What scores songs."""

    def logits(self, inputs: Floats) -> Logits: ...  # (n, c)


Learner = Callable[[NDArray[np.int64]], Predictor]  # learns from some rows of the examples


@dataclass(frozen=True)
class CrossValidation:
    """What the left-out songs showed. tested: (m,) which rows could be tested; other rows are meaningless.

    likelihood: (m,) log-probability of the truth at `temperature`; baseline: the same, knowing only how common
    each class is. probabilities: (m, c). strengths: (h, c), how much each hint adds to a class's logit.
    """

    examples: Examples
    tested: NDArray[np.bool_]
    probabilities: Logits
    temperature: float
    likelihood: Logits
    baseline: Logits
    strengths: Logits

    @property
    def beats_baseline(self) -> bool:
        """Whether the left-out songs are likelier under the model than under the baseline.

        Few songs make the baseline easy to beat. So they must also be likelier than under the model's answers about one
        another: otherwise, it can't tell them apart.
        """
        own, baseline = self.likelihood[self.tested], self.baseline[self.tested]
        return bool(len(own) and own.mean() > max(baseline.mean(), self._swapped().mean() + ALIKE))

    def _swapped(self) -> Logits:
        """(t,) what the answers about all tested songs say of the truth of each, on average."""
        guesses, truth = self.probabilities[self.tested], self.examples.truth[self.tested]
        yes, no = (np.log(np.clip(likely, LEAST_PROBABILITY, 1)).mean(axis=0) for likely in (guesses, 1 - guesses))
        if self.examples.exclusive:
            return np.asarray(truth @ yes / truth.sum(axis=1))
        return np.asarray(np.where(truth == 1, yes, no).mean(axis=1))

    def beats(self, other: "CrossValidation") -> bool:
        """Whether songs left out of both are likelier under this model than under the other."""
        both = self.tested & other.tested
        return bool(both.any() and (self.likelihood - other.likelihood)[both].mean() > 0)


def cross_validate(
    learn: Learner, inputs: Floats, examples: Examples, hints: SharedWords, folds: int | None = None
) -> CrossValidation:
    """Return the cross-validation of the models `learn` returns.

    inputs: (m, k), what they see of the examples, besides the hints. folds: how many to try; all by default.
    """
    logits = np.full(examples.truth.shape, np.nan)
    for train, test in islice(_folds(examples), folds):
        logits[test] = learn(train).logits(inputs[test])
    tested = examples.settled & _testable(logits, examples) & _comparable(examples)
    temperature = _temperature(examples, logits, tested)
    scaled = np.where(tested[:, None], logits / temperature, np.nan)
    strengths, guesses = hints.strengths(scaled, examples), np.full(examples.truth.shape, np.nan)
    guesses[tested] = probabilities((scaled + hints.shares @ strengths)[tested], examples.exclusive, temperature=1.0)
    return CrossValidation(
        examples,
        tested,
        guesses,
        temperature,
        likelihood(guesses, examples.truth, examples.exclusive),
        likelihood(_baseline(examples), examples.truth, examples.exclusive),
        strengths,
    )


def likelihood(guesses: Logits, truth: Logits, exclusive: bool) -> Logits:
    """Return (m,) log-probabilities of the truth, bounded so that no single song decides."""
    right = (
        np.where(truth == 1, guesses, 0).sum(axis=1, keepdims=True)
        if exclusive
        else np.where(truth == 1, guesses, 1 - guesses)
    )
    return np.asarray(np.log(np.clip(right, LEAST_PROBABILITY, 1)).mean(axis=1))


def _folds(examples: Examples) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield rows to learn from and rows to test: by the song's hash, each class spread evenly over the folds.

    The songs of one bulk answer are left out together: each would give the others away.
    """
    hashes = [hashlib.sha256(group.encode()).digest() for group in examples.groups]
    named = (examples.truth == 1).any(axis=1)
    names = np.where(named, (examples.truth == 1).argmax(axis=1), examples.truth.shape[1])
    count = min(FOLDS if len(hashes) > MANY else MORE_FOLDS, len(set(hashes)))
    fold = np.empty(len(hashes), np.int64)
    for name in np.unique(names):
        rows = np.flatnonzero(names == name)
        turn = {group: at for at, group in enumerate(sorted({hashes[row] for row in rows}))}
        first = min(turn)[0]  # independent of the class's number
        fold[rows] = [(first + turn[hashes[row]]) % count for row in rows]
    for at in range(count):
        if (fold == at).any():
            yield np.flatnonzero(fold != at), np.flatnonzero(fold == at)


def _testable(logits: Logits, examples: Examples) -> NDArray[np.bool_]:
    """(m,) whether the model of the rest knew the song's class; a class's last label can't be tested."""
    known = np.isfinite(logits)
    if not examples.exclusive:
        return np.asarray(known.all(axis=1))
    return np.asarray((known & (examples.truth == 1)).any(axis=1))


def usual_temperature(examples: Examples) -> float:
    """Return the temperature that suited four people's playlists, by labels per class and number of classes.

    A few labels that each stand for a neighbourhood are overconfident; many, regularised, are less so.
    """
    return float((FLOOR + EXCESS / examples.per_class() ** DECAY) * (examples.truth.shape[1] / 5) ** CLASSES_POWER)


def _comparable(examples: Examples) -> bool:
    """Whether labels distinguish at least two classes; with a single one, every guess is right."""
    return bool(not examples.exclusive or (examples.truth == 1).any(axis=0).sum() > 1)


def _temperature(examples: Examples, logits: Logits, tested: NDArray[np.bool_]) -> float:
    """Return the temperature to serve at.

    The labelled songs that belong in none are few, and the library's are of every kind. So the truth of songs left out
    looks surer than the library's is.
    """
    temperature = _shrunk_temperature(examples, logits, tested)
    return temperature * NONE_FACTOR if None in examples.classes else temperature


def _shrunk_temperature(examples: Examples, logits: Logits, tested: NDArray[np.bool_]) -> float:
    """Return the temperature under which the truth is likeliest, shrunk towards the usual one."""
    usual = usual_temperature(examples)
    if not tested.any():
        return UNTESTED_FACTOR * usual
    penalty = SHRINKAGE * np.log(TEMPERATURES / usual) ** 2
    log_likelihoods = [
        examples.weight[tested]
        @ likelihood(
            probabilities(logits[tested], examples.exclusive, temperature), examples.truth[tested], examples.exclusive
        )
        for temperature in TEMPERATURES
    ]
    return float(TEMPERATURES[np.argmax(np.array(log_likelihoods) - penalty)])


def _baseline(examples: Examples) -> Logits:
    """Return (m, c): each class's share of the *other* songs, with add-one smoothing."""
    settled = examples.settled[:, None]
    yes = np.where(settled, examples.truth == 1, 0)
    others = yes.sum(axis=0) - yes + 1.0
    if examples.exclusive:
        return np.asarray(others / others.sum(axis=1, keepdims=True))
    return np.asarray(others / (settled.sum() - settled + 2.0))
