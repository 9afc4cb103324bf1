"""Fit: one member's model of one layer, from a training set.

The space comes from the whole library, the head from the labels, its temperature from songs left out. Seeds are
fixed, and neither the order of songs and labels nor repetitions make a difference.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sklearn.pipeline import Pipeline

from bot.core.columns import Vectors
from bot.core.dataset import TrainingSet
from bot.core.features import SongFeatures
from bot.core.prior import Prior, tell
from bot.core.schema import Schema, schema_of
from training.dataset import Examples, examples_of
from training.dates import dates_help, dates_may_help, foretell, without_dates
from training.heads import Logits, fit_head
from training.hints import Hint, hints_of
from training.space import fit_space
from training.trial import Trial, try_out
from training.view import Seen, View, look, spread_sample

ROWS = 500  # songs taken into the space at a time


@dataclass(frozen=True)
class Fitted:
    """A trained pipeline from vectors to calibrated probabilities, and what is known about it."""

    pipeline: Pipeline
    schema: Schema
    examples: Examples
    trial: Trial
    sources: dict[str, int]  # values of the library by provenance


def fit(training: TrainingSet, prior: Prior | None = None) -> Fitted:
    """Return the model of a training set. Raises TooFewLabels, and RefusedProvenance for features it must not use.

    When a song was liked helps some members much and misleads others: it is used where it foretells later likes better.
    """
    training = replace(training, songs=tell(prior, training.songs))
    plain = replace(training, songs=without_dates(training.songs))
    examples = examples_of(training)
    if dates_may_help(training.songs, examples) and _dates_help(plain, training, examples):
        return _conclude(_study(training, examples))
    return _conclude(_study(plain, examples))


def _dates_help(plain: TrainingSet, dated: TrainingSet, examples: Examples) -> bool:
    """Study one after the other, and let go of both: a study is the largest thing in memory."""

    def told(training: TrainingSet) -> Logits:
        study = _study(training, examples)
        return foretell(study.view, study.examples, dated.songs)

    return dates_help(told(plain), told(dated))


@dataclass(frozen=True)
class _Study:
    """All that a head is learnt from."""

    space: Pipeline
    schema: Schema
    view: View
    examples: Examples
    sources: dict[str, int]


def _study(training: TrainingSet, examples: Examples) -> _Study:
    known = {song: training.songs[song] for song in sorted(training.songs) if training.songs[song].known}
    schema = schema_of(list(known.values()))
    library = {song: known[song] for song in spread_sample(known)}
    labelled = [known[song] for song in examples.songs]
    vectors = schema.vectors(list(library.values()))
    space = fit_space(schema, vectors)
    hints, place = _hints(training, examples, library), {song: at for at, song in enumerate(library)}
    view = look(
        _seen(space, schema, labelled, schema.vectors(labelled)),
        _seen(space, schema, list(library.values()), vectors),
        [[place[song] for song in songs] for _, songs in hints],
    )
    sources = Counter(source for song in known.values() for source in song.provenance.values())
    return _Study(space, schema, view, replace(examples, hinted=tuple(at for at, _ in hints)), dict(sources))


def _seen(space: Pipeline, schema: Schema, songs: Sequence[SongFeatures], vectors: Vectors) -> Seen:
    """Return the songs as a view takes them; a part at a time, for the way into the space is as exact as it is wide."""
    parts = [space.transform(vectors[at : at + ROWS]).astype(np.float32) for at in range(0, len(vectors), ROWS)]
    return Seen(songs, vectors[:, : len(schema.numbers)], np.concatenate(parts))


def _conclude(study: _Study) -> Fitted:
    trial = try_out(study.view, study.examples)
    everything = np.arange(len(study.examples.songs))
    head = fit_head(study.view, study.examples, everything).estimator(trial.temperature)
    pipeline = Pipeline([*study.space.steps, ("head", head)])
    return Fitted(pipeline, study.schema, study.examples, trial, study.sources)


def _hints(training: TrainingSet, examples: Examples, library: Mapping[str, SongFeatures]) -> list[Hint]:
    """Return the hints of the classes that there are, by column.

    While nothing is said to be in none of them, the library as a whole stands for what is not in an only playlist.
    """
    column = {name: at for at, name in enumerate(examples.classes)}
    named = {playlist: name for playlist, name in training.playlists.items() if playlist in column}
    hints = [(column[playlist], songs) for playlist, songs in hints_of(named, library)]
    if examples.exclusive and None in column and not (examples.truth[:, column[None]] == 1).any():
        hints.append((column[None], list(library)))
    return hints
