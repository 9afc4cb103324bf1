"""Gate: a model is published if it beats the baseline and isn't worse than the one being served.

With a few labels per playlist, the baseline is no test: it refused one model in five at two labels, and those were
right about two to three times as often as chance. Nor does it show which of two models is better: the one with more
labels is the better bet. So then every model serves, guesses and asks.

The two models are compared song by song, and neither on a song it learned from: the candidate by its predictions for
left-out songs; the served model likewise where it knew the label, and by its current predictions elsewhere. A new
model has seen more labels, so it may lose by up to one standard error of the difference: within that, the two can't
be told apart, and newer labels are the better bet.

A served model whose playlists are all gone, or which no longer gets something that it knew songs by (a prior that's
switched off or trained anew, a source, a file), is no rival: its results are from before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

import numpy as np

from bot.adapters.scorer import OpenModel
from bot.core.features import SongFeatures
from bot.core.sorting.learning.gate import Reason
from training.dataset import Examples
from training.model.cross_validation import ALIKE, CrossValidation, likelihood
from training.model.heads import Logits

FIRST = 8.0  # labels per playlist below which songs left out say too little to refuse a first model
NEXT = 4.0  # the same for one that replaces another
UNKNOWN = 0.5  # what a model says of a playlist it doesn't know, if questions are independent


@dataclass(frozen=True)
class GateVerdict:
    """Whether a model may serve, and why."""

    publish: bool
    reason: Reason


@dataclass(frozen=True)
class Served:
    """The model being served, and its own cross-validation's results for the songs it learned from (`held_out`)."""

    model: OpenModel
    held_out: Mapping[str, tuple[str, float]]


def judge(validation: CrossValidation, served: Served | None, songs: Mapping[str, SongFeatures]) -> GateVerdict:
    """Return whether the model behind `validation` may replace `served`; songs: the library's features."""
    served = served if served and _is_rival(served.model, validation.examples, songs) else None
    if not validation.tested.any():
        return GateVerdict(served is None, Reason.UNTESTED)
    if validation.examples.per_class() < (FIRST if served is None else NEXT):
        return GateVerdict(True, Reason.BETTER if validation.beats_baseline else Reason.UNTESTED)
    if not validation.beats_baseline:
        return GateVerdict(False, Reason.NO_BETTER)
    if served is None:
        return GateVerdict(True, Reason.BETTER)
    if served.model.facts["exclusive"] != validation.examples.exclusive:
        return GateVerdict(True, Reason.NEW_RULES)
    return _compare(validation, served, songs)


def _is_rival(model: OpenModel, examples: Examples, songs: Mapping[str, SongFeatures]) -> bool:
    """Whether a served model knows any of the playlists, and some song still has each feature it was trained on."""
    known = (chain(song.numbers, song.embeddings, filter(song.sets.get, song.sets)) for song in songs.values())
    playlists = {*model.classes} & {*examples.classes} - {None}
    return bool(playlists) and model.schema.features <= set(chain.from_iterable(known))


def _compare(validation: CrossValidation, served: Served, songs: Mapping[str, SongFeatures]) -> GateVerdict:
    gains = (validation.likelihood - likelihood_of(served, validation.examples, songs))[validation.tested]
    slack = float(gains.std(ddof=1) / np.sqrt(len(gains))) if len(gains) > 1 else 0.0
    if gains.mean() < -(slack + ALIKE):
        return GateVerdict(False, Reason.WORSE)
    return GateVerdict(True, Reason.NOT_WORSE)


def likelihood_of(served: Served, examples: Examples, songs: Mapping[str, SongFeatures]) -> Logits:
    """Return (m,) log-likelihoods of the truth under the served model, held out where it learned from the song."""
    scores = served.model.score([songs[song] for song in examples.songs])
    missing = np.full(len(examples.songs), 0.0 if examples.exclusive else UNKNOWN)
    columns = dict(zip(scores.classes, scores.probabilities.T.astype(float), strict=True))
    guesses = np.column_stack([columns.get(name, missing) for name in examples.classes])
    today = likelihood(guesses, examples.truth, examples.exclusive)
    truths = truth_keys(examples)
    for row, (song, key) in enumerate(zip(examples.songs, truths, strict=True)):
        then = served.held_out.get(song)
        if then and then[0] == key:
            today[row] = then[1]
    return today


def held_out_likelihoods(validation: CrossValidation) -> dict[str, tuple[str, float]]:
    """Return a cross-validation's result for each song tested: its label, and the label's log-likelihood."""
    keys = truth_keys(validation.examples)
    rows = np.flatnonzero(validation.tested)
    return {validation.examples.songs[row]: (keys[row], round(float(validation.likelihood[row]), 5)) for row in rows}


def truth_keys(examples: Examples) -> list[str]:
    """Return each song's classes as text that stays the same when other playlists come and go."""
    return [",".join(str(examples.classes[at]) for at in np.flatnonzero(row == 1)) for row in examples.truth]
