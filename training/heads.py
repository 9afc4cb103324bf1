"""Heads: linear classifiers over the space, one a layer.

Where a song belongs in one class only, the classes compete in a multinomial regression; else each playlist has a
regression of its own, on the songs of which it is known. A song known only *not* to be in a playlist teaches the
others in proportion to how likely they are without it.
"""

import warnings
from copy import copy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import LabelBinarizer

from training.dataset import Examples

STRENGTH = 4.5  # C of the regression over rows of length 1; half or double it costs less than half a point
EVENNESS = 0.5  # power of a class's size that its songs' weight is divided by: between "as labelled" and "all equal"
NOT_THERE = 0.5  # weight of "not in this one" beside a song whose place is known
MOST_STEPS = 500

Floats = NDArray[np.float32]
Logits = NDArray[np.float64]


@dataclass(frozen=True)
class Head:
    """Regressions: one that knows all its classes, or one a playlist (None where nothing could be told apart)."""

    regressions: tuple[LogisticRegression | None, ...]
    classes: int
    exclusive: bool

    def logits(self, space: Floats) -> Logits:
        """Return (n, c); NaN or -inf for a class that the labels did not hold."""
        if not self.exclusive:
            nothing = np.full(len(space), np.nan)
            columns = [nothing if one is None else one.decision_function(space) for one in self.regressions]
            return np.column_stack(columns)
        (regression,) = self.regressions
        logits = np.full((len(space), self.classes), -np.inf)
        if regression is not None:
            found = regression.decision_function(space)
            logits[:, regression.classes_] = found if found.ndim == 2 else np.column_stack([-found / 2, found / 2])
        return logits

    def estimator(self, temperature: float) -> LogisticRegression | OneVsRestClassifier:
        """Return scikit-learn's own estimator with the temperature folded into its coefficients."""
        known = [copy(one) for one in self.regressions if one is not None]
        for one in known:
            one.coef_, one.intercept_ = one.coef_ / temperature, one.intercept_ / temperature
        return known[0] if self.exclusive else _side_by_side(known)


def probabilities(logits: Logits, exclusive: bool, temperature: float) -> Logits:
    """Return (n, c): classes that compete sum to one, questions of their own do not."""
    if not exclusive:
        return np.asarray(1 / (1 + np.exp(-logits / temperature)))
    powers = np.exp((logits - logits.max(axis=1, keepdims=True)) / temperature)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def fit_head(space: Floats, examples: Examples, rows: NDArray[np.int64]) -> Head:
    """Return a head learnt from those rows of the examples; space: (m, k), one row an example."""
    fit = _competing if examples.exclusive else _apart
    return Head(fit(space[rows], examples.truth[rows]), len(examples.classes), examples.exclusive)


def _apart(space: Floats, truth: Logits) -> tuple[LogisticRegression | None, ...]:
    asked = [~np.isnan(column) for column in truth.T]
    return tuple(_regression(space[rows], column[rows]) for rows, column in zip(asked, truth.T, strict=True))


def _competing(space: Floats, truth: Logits) -> tuple[LogisticRegression | None]:
    row, name = np.nonzero(truth == 1)
    share = 1 / (truth == 1).sum(axis=1)[row]
    first = _regression(space[row], name, share)
    elsewhere = np.flatnonzero(~(truth == 1).any(axis=1))
    if first is None or not len(elsewhere):
        return (first,)
    guess = Head((first,), truth.shape[1], exclusive=True).logits(space[elsewhere])
    likely = probabilities(guess, exclusive=True, temperature=1.0) * (truth[elsewhere] != 0)
    likely = NOT_THERE * likely / np.maximum(likely.sum(axis=1, keepdims=True), 1e-12)
    at, other = np.nonzero(likely > 0)
    rows, names = np.concatenate([row, elsewhere[at]]), np.concatenate([name, other])
    return (_regression(space[rows], names, np.concatenate([share, likely[at, other]])),)


def _regression(space: Floats, names: NDArray[np.int64], share: Logits | None = None) -> LogisticRegression | None:
    """Fit one regression; None when there is but one name. share: (m,) how much of a label each row is."""
    names = names.astype(np.int64)
    if len(np.unique(names)) < 2:
        return None
    share = np.ones(len(names)) if share is None else share
    weight = share / np.bincount(names, share)[names] ** EVENNESS
    weight *= share.sum() / weight.sum()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The number of unique classes")  # few labels are what we are for
        return LogisticRegression(C=STRENGTH, max_iter=MOST_STEPS, tol=1e-6).fit(space, names, sample_weight=weight)


def _side_by_side(regressions: list[LogisticRegression]) -> OneVsRestClassifier:
    """Bind regressions fitted on different songs into the estimator that scikit-learn fits on the same ones."""
    bound = OneVsRestClassifier(LogisticRegression())
    bound.estimators_ = regressions
    bound.label_binarizer_ = LabelBinarizer().fit(np.eye(len(regressions), dtype=np.int64))
    bound.classes_ = bound.label_binarizer_.classes_
    bound.n_features_in_ = regressions[0].n_features_in_
    return bound
