"""Trees: for very many labels, boosted trees that add to the kernel head's scores.

They see numbers and where a song lies along the library's main directions (stochastic gradient boosting: Friedman
2002).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from skl2onnx.sklapi import CastTransformer
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.pipeline import FeatureUnion, Pipeline

from bot.core.sorting.learning.schema import Schema
from bot.core.vectors import Floats
from training.dataset import Examples
from training.model.heads import Head, Logits

DIRECTIONS = 20
ROUNDS, MOST = 100, 500  # trees for each question; in all, with many playlists
STEP, DEPTH = 0.12, 3  # learning rate; depth of a tree
LEAF = 10  # fewest songs in a leaf: one wrongly labelled song in a leaf of its own would score without bound
ROWS, COLUMNS = 0.5, 0.3  # the shares of songs and of columns that a tree is grown from
MOST_ROWS = 2_000  # songs that a tree is grown from; with more, ten playlists would take minutes


def fit_tree_inputs(schema: Schema, space: Pipeline, library: Floats) -> Pipeline:
    """Return the fitted steps from (n, d) vectors to (n, w), what trees see; library: its songs' rows in the space."""
    main = PCA(min(DIRECTIONS, *library.shape), svd_solver="randomized", random_state=0)
    numbers = ColumnTransformer([("numbers", "passthrough", list(range(len(schema.numbers))))])
    parts = [
        ("numbers", numbers.fit(np.zeros((2, schema.width), np.float32))),
        ("directions", Pipeline([*space.steps, ("main", main.fit(library.astype(np.float64)))])),
    ]
    return Pipeline(
        [("parts", FeatureUnion(parts)), ("single", CastTransformer(dtype=np.float32).fit(np.zeros((1, 1))))]
    )


class Trees(BaseEstimator, TransformerMixin):  # type: ignore[misc]
    """Boosted trees for the questions that were learned. Turns (n, w), what they see, into (n, c) scores.

    ensembles: with the columns they answer; classes that compete share one. A class without any scores 0.
    """

    def __init__(self, ensembles: Sequence[tuple[NDArray[np.int64], GradientBoostingClassifier]], classes: int) -> None:
        self.ensembles, self.classes = ensembles, classes

    def fit(self, inputs: Floats, truth: None = None) -> Self:
        """Do nothing: it's made of fitted ensembles."""
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def transform(self, inputs: Floats) -> Logits:
        """Return (n, c) scores."""
        scores = np.zeros((len(inputs), self.classes))
        for columns, ensemble in self.ensembles:
            scores[:, columns] = class_scores(ensemble.decision_function(inputs), len(columns))
        return scores


def class_scores(scores: Logits, columns: int) -> Logits:
    """Return (n, columns); of two classes that compete, scikit-learn tells only by how much the second is ahead."""
    if scores.ndim == 2:
        return scores
    return np.column_stack([-scores / 2, scores / 2]) if columns == 2 else scores[:, None]


def fit_trees(inputs: Floats, examples: Examples, rows: NDArray[np.int64]) -> Trees:
    """Return trees grown from those rows of the examples; inputs: (m, w), of all of them."""
    truth, count = examples.truth, examples.truth.shape[1]
    if examples.exclusive:
        placed = rows[(truth[rows] == 1).any(axis=1)]
        questions = [(np.unique(names), placed, names) for names in [(truth[placed] == 1).argmax(axis=1)]]
    else:
        asked = (rows[~np.isnan(truth[rows, column])] for column in range(count))
        questions = [(np.array([column]), some, truth[some, column]) for column, some in enumerate(asked)]
    rounds = min(ROUNDS, max(1, MOST // count))
    grown = [
        (columns, _fit_ensemble(inputs[some], targets, examples.weight[some], rounds))
        for columns, some, targets in questions
        if len(np.unique(targets)) > 1
    ]
    return Trees(grown, count)


def _fit_ensemble(inputs: Floats, targets: NDArray[Any], weight: Logits, rounds: int) -> GradientBoostingClassifier:
    trees = GradientBoostingClassifier(
        n_estimators=rounds,
        learning_rate=STEP,
        max_depth=DEPTH,
        min_samples_leaf=LEAF,
        subsample=min(ROWS, MOST_ROWS / len(inputs)),
        max_features=COLUMNS,
        random_state=0,
    )
    return trees.fit(inputs, targets, sample_weight=weight)


@dataclass(frozen=True)
class Boosted:
    """A head, and trees whose scores are added to its own."""

    head: Head
    trees: Trees

    def logits(self, inputs: Floats) -> Logits:
        """Return (n, c) scores of (n, k + w): what the head sees, then what the trees see."""
        width = self.head.coefficients.shape[1]
        return self.head.logits(inputs[:, :width]) + self.trees.transform(inputs[:, width:])

    @property
    def flat(self) -> Head:
        """The head over what it sees and the trees' scores."""
        return replace(self.head, coefficients=np.hstack([self.head.coefficients, np.eye(self.trees.classes)]))
