"""Heads: linear classifiers over the space, one per layer.

If a song belongs in one class only, the classes compete in a multinomial regression; otherwise each playlist has its
own regression, on the songs whose answer is known. A song known only *not* to be in a playlist teaches the others in
proportion to how likely they are without it. The regressions see what `view` shows the teacher; a head is the
student's copy of their answers for the library.
"""

import warnings
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import LabelBinarizer

from bot.core.vectors import Floats
from training.dataset import Examples
from training.model.teacher import View

C = 4.5  # inverse regularisation strength, for rows of length 1; half or double costs less than half a point
NEAR_WEIGHT, NEAR_DECAY = 20.0, 0.65  # neighbourhoods weigh NEAR_WEIGHT / n ** NEAR_DECAY at n labels per class
CLASS_BALANCE = 0.5  # power of a class's size that divides its songs' weights: between "as labelled" and "all equal"
HINT_WEIGHT = 0.5  # weight, in labels, of all hints from a playlist's name
NEGATIVE_WEIGHT = 0.5  # weight of "not in this one" relative to a song whose place is known
MAX_ITERATIONS = 500
EPSILON = 1e-6

Logits = NDArray[np.float64]
Estimator: TypeAlias = "LogisticRegression | OneVsRestClassifier"


@dataclass(frozen=True)
class Head:
    """Linear scores over the space: coefficients (c, k) and intercepts (c,); NaN for a class that wasn't learned."""

    coefficients: Logits
    intercepts: Logits
    exclusive: bool

    @property
    def learned(self) -> NDArray[np.bool_]:
        """(c,) which classes have a score."""
        return np.asarray(np.isfinite(self.intercepts))

    def logits(self, space: Floats) -> Logits:
        """Return (n, c); for a class that wasn't learned, -inf if classes compete, else NaN."""
        scores = space @ self.coefficients.T + self.intercepts
        scores[:, ~self.learned] = -np.inf if self.exclusive else np.nan
        return np.asarray(scores)

    def hinted(self, strengths: Logits, temperature: float) -> "Head":
        """Return the head with a (h, c) strength for each hint that it sees after the space, at that temperature."""
        return replace(self, coefficients=np.hstack([self.coefficients, temperature * strengths.T]))

    def estimator(self, temperature: float) -> Estimator:
        """Return scikit-learn's own estimator, with the temperature folded into its coefficients."""
        coefficients, intercepts = self.coefficients / temperature, self.intercepts / temperature
        if not self.exclusive:
            rows = zip(coefficients[:, None], intercepts[:, None], strict=True)
            return _one_vs_rest_estimator([_regression_of(*row, classes=2) for row in rows])
        if len(intercepts) == 2:
            coefficients, intercepts = np.diff(coefficients, axis=0), np.diff(intercepts)
        return _regression_of(coefficients, intercepts, classes=len(self.intercepts))


def probabilities(logits: Logits, exclusive: bool, temperature: float) -> Logits:
    """Return (n, c): competing classes sum to one, independent questions don't."""
    if not exclusive:
        return np.asarray(1 / (1 + np.exp(-logits / temperature)))
    powers = np.exp((logits - logits.max(axis=1, keepdims=True)) / temperature)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def fit_head(view: View, examples: Examples, rows: NDArray[np.int64]) -> Head:
    """Return a head learned from those rows of the examples and from their hints; view: of the examples."""
    fitted = np.concatenate([rows, len(examples.songs) + np.arange(len(examples.hinted))])
    inputs, library = _projected(view, near_weight(examples, rows), fitted)
    truth, weight = _hint_examples(examples)
    truth, weight = np.concatenate([examples.truth, truth])[fitted], np.concatenate([examples.weight, weight])[fitted]
    scores = regress(inputs, library, examples, truth, weight)
    middle = scores.mean(axis=0)
    known = np.isfinite(middle)
    coefficients = np.full((scores.shape[1], view.space.shape[1]), np.nan)
    coefficients[known] = view.student(scores[:, known] - middle[known]).T.astype(np.float32)
    return Head(coefficients, np.where(known, middle, np.nan), examples.exclusive)


def regress(inputs: Logits, queries: Logits, examples: Examples, truth: Logits, weight: Logits) -> Logits:
    """Return (n, c), the scores of (n, t) queries by regressions fitted to (m, t) inputs; not finite: not learned.

    truth, weight: of the inputs, as in the examples.
    """
    return (_multinomial if examples.exclusive else _one_vs_rest)(inputs, queries, truth, weight)


def _hint_examples(examples: Examples) -> tuple[Logits, Logits]:
    """Return truth (h, c) and weight (h,) of the hints; all hints of a class together weigh HINT_WEIGHT labels."""
    hinted = np.array(examples.hinted, np.int64)
    truth = np.full((len(hinted), examples.truth.shape[1]), 0.0 if examples.exclusive else np.nan)
    truth[np.arange(len(hinted)), hinted] = 1
    return truth, HINT_WEIGHT / np.bincount(hinted, minlength=truth.shape[1])[hinted]


def near_weight(examples: Examples, rows: NDArray[np.int64]) -> float:
    """Return how much a label says about its neighbours: less, the more labels each class has."""
    return float(NEAR_WEIGHT / examples.per_class(rows) ** NEAR_DECAY)


def _projected(view: View, near_weight: float, rows: NDArray[np.int64]) -> tuple[Logits, Logits]:
    """Return what the teacher sees of those rows and of the library: songs, and their neighbourhoods.

    Both are projected onto the span of the rows, which is all that a regularised regression can use. It's computed from
    products of rows, because there are many more columns than rows.
    """
    own, near = view.own[rows], np.float32(np.sqrt(near_weight)) * view.near[rows]
    values, vectors = np.linalg.eigh(sum(rows @ rows.T for rows in (own.astype(np.float64), near.astype(np.float64))))
    kept = values > EPSILON
    kept[-1:] = True  # even identical songs have one direction
    lengths = np.sqrt(np.maximum(values[kept], EPSILON))
    spanned = (vectors[:, kept] / lengths).astype(np.float32)
    near *= np.float32(np.sqrt(near_weight))
    library = view.library_own @ (own.T @ spanned) + view.library_near @ (near.T @ spanned)
    return vectors[:, kept] * (values[kept] / lengths), library.astype(np.float64)


def _one_vs_rest(inputs: Logits, library: Logits, truth: Logits, weight: Logits) -> Logits:
    """Return (n, c) scores of the library, each column from the songs whose answer is known."""
    nothing = np.full(len(library), np.nan)
    scores = []
    for column in truth.T:
        asked = ~np.isnan(column)
        regression = _regression(inputs[asked], column[asked].astype(np.int64), weight[asked])
        scores.append(nothing if regression is None else regression.decision_function(library))
    return np.column_stack(scores)


def _multinomial(inputs: Logits, library: Logits, truth: Logits, weight: Logits) -> Logits:
    row, name = np.nonzero(truth == 1)
    share = weight[row] / (truth == 1).sum(axis=1)[row]
    first = _regression(inputs[row], name, share)
    elsewhere = np.flatnonzero(~(truth == 1).any(axis=1))
    if first is not None and len(elsewhere):
        guess = _scores(first, inputs[elsewhere], truth.shape[1])
        likely = probabilities(guess, exclusive=True, temperature=1.0) * (truth[elsewhere] != 0)
        likely = NEGATIVE_WEIGHT * likely / np.maximum(likely.sum(axis=1, keepdims=True), EPSILON)
        at, other = np.nonzero(likely > 0)
        rows, names = np.concatenate([row, elsewhere[at]]), np.concatenate([name, other])
        first = _regression(inputs[rows], names, np.concatenate([share, likely[at, other] * weight[elsewhere][at]]))
    return _scores(first, library, truth.shape[1])


def _scores(regression: LogisticRegression | None, inputs: Logits, classes: int) -> Logits:
    """Return (n, c); -inf for a class that the regression hasn't seen."""
    scores = np.full((len(inputs), classes), -np.inf)
    if regression is not None:
        values = regression.decision_function(inputs)
        scores[:, regression.classes_] = values if values.ndim == 2 else np.column_stack([-values / 2, values / 2])
    return scores


def _regression(inputs: Logits, names: NDArray[np.int64], share: Logits) -> LogisticRegression | None:
    """Fit one regression; None if there's only one name. share: (m,) what fraction of a label each row is."""
    if len(np.unique(names)) < 2:
        return None
    weight = share / np.bincount(names, share)[names] ** CLASS_BALANCE
    weight *= share.sum() / weight.sum()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The number of unique classes")  # few labels are our normal case
        return LogisticRegression(C=C, max_iter=MAX_ITERATIONS, tol=1e-4).fit(inputs, names, sample_weight=weight)


def _regression_of(coefficients: Logits, intercepts: Logits, classes: int) -> LogisticRegression:
    """Return scikit-learn's regression with these coefficients, as if it had been fitted."""
    bound = LogisticRegression()
    bound.coef_, bound.intercept_, bound.classes_ = coefficients, intercepts, np.arange(classes)
    bound.n_features_in_ = coefficients.shape[1]
    return bound


def _one_vs_rest_estimator(regressions: list[LogisticRegression]) -> OneVsRestClassifier:
    """Combine regressions fitted on different songs into the estimator that scikit-learn fits on the same ones."""
    bound = OneVsRestClassifier(LogisticRegression())
    bound.estimators_ = regressions
    bound.label_binarizer_ = LabelBinarizer().fit(np.eye(len(regressions), dtype=np.int64))
    bound.classes_ = bound.label_binarizer_.classes_
    bound.n_features_in_ = regressions[0].n_features_in_
    return bound
