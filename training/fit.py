"""Fit: one member's model of one layer, from a training set.

The space comes from the whole library, the head from the labels, its temperature from songs left out. Seeds are
fixed, and neither the order of songs and labels nor repetitions make a difference.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from sklearn.pipeline import Pipeline

from bot.core.dataset import TrainingSet
from bot.core.features import SongFeatures
from bot.core.prior import Prior, tell
from bot.core.schema import Schema, schema_of
from training.dataset import Examples, examples_of
from training.heads import fit_head
from training.hints import Hint, hints_of
from training.space import fit_space
from training.trial import Trial, try_out
from training.view import ANCHORS, look, spread_sample

ENOUGH = 5_000  # songs that say where a library's middle is


@dataclass(frozen=True)
class Fitted:
    """A trained pipeline from vectors to calibrated probabilities, and what is known about it."""

    pipeline: Pipeline
    schema: Schema
    examples: Examples
    trial: Trial
    sources: dict[str, int]  # values of the library by provenance


def fit(training: TrainingSet, prior: Prior | None = None) -> Fitted:
    """Return the model of a training set. Raises TooFewLabels, and RefusedProvenance for features it must not use."""
    training = replace(training, songs=tell(prior, training.songs))
    examples = examples_of(training)
    known = {song: training.songs[song] for song in sorted(training.songs) if training.songs[song].known}
    schema = schema_of(list(known.values()))
    sample = spread_sample(known, ENOUGH)
    needed = list(dict.fromkeys([*sample, *examples.songs]))
    vectors = schema.vectors([known[song] for song in needed])
    space = fit_space(schema, vectors[: len(sample)])
    rows = dict(zip(needed, space.transform(vectors), strict=True))
    library = sample[:ANCHORS]
    hints = _hints(training, examples, {song: known[song] for song in library})
    examples = replace(examples, hinted=tuple(column for column, _ in hints))
    view = look(schema, known, examples.songs, library, rows, [songs for _, songs in hints])
    trial = try_out(view, examples)
    head = fit_head(view, examples, np.arange(len(examples.songs))).estimator(trial.temperature)
    sources = Counter(source for song in known.values() for source in song.provenance.values())
    return Fitted(Pipeline([*space.steps, ("head", head)]), schema, examples, trial, dict(sources))


def _hints(training: TrainingSet, examples: Examples, library: Mapping[str, SongFeatures]) -> list[Hint]:
    """Return the hints of the classes that there are, by column."""
    column = {name: at for at, name in enumerate(examples.classes) if name is not None}
    named = {playlist: name for playlist, name in training.playlists.items() if playlist in column}
    return [(column[playlist], songs) for playlist, songs in hints_of(named, library)]
