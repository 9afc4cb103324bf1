"""Fit: one member's model of one layer, from a training set.

The space comes from the whole library, the head from the labels, its temperature from songs left out. Seeds are
fixed, and neither the order of songs and labels nor repetitions make a difference.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray
from skl2onnx.sklapi import CastTransformer
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import FeatureUnion, Pipeline

from bot.core.features import SongFeatures
from bot.core.sorting.learning.columns import Vectors
from bot.core.sorting.learning.dataset import TrainingSet
from bot.core.sorting.learning.hints import hint_columns
from bot.core.sorting.learning.prior import Prior, with_prior
from bot.core.sorting.learning.schema import Schema, schema_of
from bot.core.vectors import Floats
from training.dataset import Examples, examples_of
from training.evaluation.studies.dates import dates_help, dates_may_help, newest_likelihoods, without_dates
from training.model.cross_validation import CrossValidation, cross_validate
from training.model.heads import Estimator, Head, Logits, fit_head
from training.model.hints import Hint, SharedWords, hints_of, shared_words
from training.model.kernel_head import MANY, PLENTY, column_scales, fit_fourier_features, fit_kernel_head
from training.model.others import placements
from training.model.space import fit_space
from training.model.teacher import SongRows, View, spread_sample, view_of
from training.model.trees import Boosted, fit_tree_inputs, fit_trees

ROWS = 500  # songs mapped into the space at a time


@dataclass(frozen=True)
class Fitted:
    """A trained model, and what's known about it.

    fourier, trees: the steps to what its head sees beside the space (random Fourier features, trees' scores), if any.
    """

    space: Pipeline
    fourier: Pipeline | None
    trees: Pipeline | None
    head: Estimator
    schema: Schema
    examples: Examples
    validation: CrossValidation
    sources: dict[str, int]  # values in the library, by provenance

    @cached_property
    def pipeline(self) -> Pipeline:
        """The whole pipeline, from vectors to calibrated probabilities."""
        parts = {"space": self.space, "fourier": self.fourier, "trees": self.trees, "hints": self.hints}
        inputs = FeatureUnion([(name, part) for name, part in parts.items() if part is not None])
        return Pipeline([("inputs", inputs), ("head", self.head)])

    @property
    def hints(self) -> Pipeline | None:
        """The steps from vectors to what they have of the names of playlists; None if no name is a hint."""
        columns = list(range(self.schema.hints_at, self.schema.width))
        steps = [
            ("hints", ColumnTransformer([("hints", "passthrough", columns)])),
            ("exact", CastTransformer(dtype=np.float64)),
        ]
        return Pipeline(steps).fit(np.zeros((2, self.schema.width), np.float32)) if columns else None


def fit(training: TrainingSet, prior: Prior | None = None) -> Fitted:
    """Return the model of a training set. Raises NothingToTellApart, and RefusedProvenance for features it mustn't use.

    When songs were liked helps some members a lot and misleads others, so dates are used only if they predict later
    likes better.
    """
    training = replace(training, songs=with_prior(prior, training.songs))
    plain = replace(training, songs=without_dates(training.songs))
    examples = examples_of(training)
    if dates_may_help(training.songs, examples) and _dates_help(plain, training, examples):
        return _choose_head(_prepare(training, examples))
    return _choose_head(_prepare(plain, examples))


def _dates_help(plain: TrainingSet, dated: TrainingSet, examples: Examples) -> bool:
    """Prepare one set after the other, and free both: what's prepared is the largest thing in memory."""

    def likelihoods(training: TrainingSet) -> Logits:
        prepared = _prepare(training, examples)
        return newest_likelihoods(prepared.view, prepared.examples, dated.songs)

    return dates_help(likelihoods(plain), likelihoods(dated))


@dataclass(frozen=True)
class _Prepared:
    """Everything that the heads are fitted to.

    fourier, tree_inputs: the steps from vectors to what the kernel head and its trees see; None if labels are few.
    fourier_rows, tree_rows: (m, w) and (m, t), the labelled songs after these steps; no columns if labels are few.
    """

    space: Pipeline
    fourier: Pipeline | None
    tree_inputs: Pipeline | None
    schema: Schema
    view: View
    fourier_rows: Floats
    tree_rows: Floats
    shared: SharedWords
    examples: Examples
    sources: dict[str, int]


def _prepare(training: TrainingSet, examples: Examples) -> _Prepared:
    known = {song: training.songs[song] for song in sorted(training.songs) if training.songs[song].known}
    hinted = hint_columns(_named(training, examples), list(known.values()))
    schema = replace(schema_of(list(known.values())), hints=tuple(column for _, column in hinted))
    library = {song: known[song] for song in spread_sample(known)}
    labelled = [known[song] for song in examples.songs]
    vectors, own = schema.vectors(list(library.values())), schema.vectors(labelled)
    space = fit_space(schema, vectors)
    shared = shared_words(hinted, own[:, schema.hints_at :].astype(np.float64), examples.classes)
    hints, place = _hints(training, examples, library), {song: at for at, song in enumerate(library)}
    others = placements(training, [*examples.songs, *library])
    labelled_rows = _song_rows(space, schema, labelled, own, others[: len(labelled)])
    library_rows = _song_rows(space, schema, list(library.values()), vectors, others[len(labelled) :])
    view = view_of(labelled_rows, library_rows, [[place[song] for song in songs] for _, songs in hints])
    many = len(labelled) >= MANY and bool(schema.numbers)
    fourier = fit_fourier_features(schema, vectors) if many else None
    tree_inputs = fit_tree_inputs(schema, space, library_rows.space) if many else None
    nothing = np.zeros((len(own), 0), np.float32)
    fourier_rows, tree_rows = (_in_batches(steps, own) if steps else nothing for steps in (fourier, tree_inputs))
    sources = Counter(source for song in known.values() for source in song.provenance.values())
    examples = replace(examples, hinted=tuple(at for at, _ in hints))
    return _Prepared(
        space, fourier, tree_inputs, schema, view, fourier_rows, tree_rows, shared, examples, dict(sources)
    )


def _song_rows(
    space: Pipeline, schema: Schema, songs: Sequence[SongFeatures], vectors: Vectors, others: Floats
) -> SongRows:
    return SongRows(songs, vectors[:, : len(schema.numbers)], _in_batches(space, vectors), others)


def _in_batches(steps: Pipeline, vectors: Vectors) -> Floats:
    """Return what steps make of vectors, a batch at a time, since the space is wide and in float64."""
    batches = (vectors[at : at + ROWS] for at in range(0, len(vectors), ROWS))
    return np.concatenate([steps.transform(batch).astype(np.float32) for batch in batches])


def _choose_head(prepared: _Prepared) -> Fitted:
    """Fit the head; of two candidates, choose the one under which left-out songs are likelier."""
    examples, space, rows = prepared.examples, prepared.view.space, np.arange(len(prepared.examples.songs))
    learn = partial(fit_head, prepared.view, examples)
    validation = cross_validate(learn, space, examples, prepared.shared, 1 if len(rows) >= PLENTY else None)
    if prepared.fourier is not None and prepared.tree_inputs is not None:
        learn_kernel_head = partial(_fit_kernel_head, prepared)
        inputs = np.hstack([space, prepared.fourier_rows, prepared.tree_rows])
        kernel_validation = cross_validate(learn_kernel_head, inputs, examples, prepared.shared)
        if kernel_validation.beats(validation):
            learned = learn_kernel_head(rows)
            trees = Pipeline([*prepared.tree_inputs.steps, ("trees", learned.trees)])
            return _fitted(prepared, learned.flat, kernel_validation, prepared.fourier, trees)
    return _fitted(prepared, learn(rows), validation)


def _fitted(
    prepared: _Prepared,
    head: Head,
    validation: CrossValidation,
    fourier: Pipeline | None = None,
    trees: Pipeline | None = None,
) -> Fitted:
    served = head.hinted(validation.strengths, validation.temperature).estimator(validation.temperature)
    return Fitted(
        prepared.space, fourier, trees, served, prepared.schema, prepared.examples, validation, prepared.sources
    )


def _fit_kernel_head(prepared: _Prepared, rows: NDArray[np.int64]) -> Boosted:
    """Return the kernel head and its trees, learned only from those rows of the examples."""
    inputs = np.hstack([prepared.view.space, prepared.fourier_rows])
    head = fit_kernel_head(
        inputs, column_scales(prepared.schema, prepared.view.space.shape[1]), prepared.examples, rows
    )
    return Boosted(head, fit_trees(prepared.tree_rows, prepared.examples, rows))


def _hints(training: TrainingSet, examples: Examples, library: Mapping[str, SongFeatures]) -> list[Hint]:
    """Return the hints for the classes that exist, by column.

    While no song is labelled "none", the whole library stands for everything outside a single playlist.
    """
    column = {name: at for at, name in enumerate(examples.classes)}
    hints = [(column[playlist], songs) for playlist, songs in hints_of(_named(training, examples), library)]
    if examples.exclusive and None in column and not (examples.truth[:, column[None]] == 1).any():
        hints.append((column[None], list(library)))
    return hints


def _named(training: TrainingSet, examples: Examples) -> dict[int, str]:
    """Return the names of the playlists that are classes."""
    return {playlist: name for playlist, name in training.playlists.items() if playlist in examples.classes}
