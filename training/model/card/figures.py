"""Figures: cross-validation results in numbers that members can read. Shapes as in `cross_validation`."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.core.vectors import Mask
from training.model.cross_validation import CrossValidation

NONE = "none"  # the name of "none of them" among classes, as text
HALF = 0.5  # probability from which an independent question is answered yes


def figures(validation: CrossValidation) -> dict[str, Any]:
    """Return a cross-validation's scores: overall, by class, and the confusion matrix (rows: truth) if classes compete.

    For a class, `asked` counts the songs the model would have put there, `of` those that belong there, and `right`
    those that are both: precision is right / asked, recall right / of.
    """
    truth, guess = validation.examples.truth[validation.tested] == 1, _guesses(validation)
    exclusive, names = validation.examples.exclusive, validation.examples.classes
    right = (truth & guess).any(axis=1) if exclusive else truth == guess
    return {
        "tested": int(validation.tested.sum()),
        "accuracy": _share(int(right.sum()), right.size),
        "baseline": _baseline(truth, exclusive),
        "likelihood": _mean(validation.likelihood[validation.tested]),
        "baseline_likelihood": _mean(validation.baseline[validation.tested]),
        "classes": {class_name(name): _of_class(truth[:, at], guess[:, at]) for at, name in enumerate(names)},
        "confusion": (truth.T.astype(int) @ guess.astype(int)).tolist() if exclusive else None,
    }


def class_name(name: int | None) -> str:
    """Return a class as text: a playlist's id, or "none"."""
    return NONE if name is None else str(name)


def _guesses(validation: CrossValidation) -> Mask:
    guesses = validation.probabilities[validation.tested]
    if not validation.examples.exclusive:
        return np.asarray(guesses >= HALF)
    return np.asarray(np.eye(guesses.shape[1], dtype=bool)[guesses.argmax(axis=1)])


def _baseline(truth: Mask, exclusive: bool) -> float:
    """Return how often always giving the commonest answer would be right."""
    if not len(truth):
        return 0.0
    shares = truth.mean(axis=0)
    return round(float(shares.max() if exclusive else np.maximum(shares, 1 - shares).mean()), 4)


def _of_class(truth: Mask, guess: Mask) -> dict[str, float]:
    right, asked, of = int((truth & guess).sum()), int(guess.sum()), int(truth.sum())
    return {"precision": _share(right, asked), "recall": _share(right, of), "right": right, "asked": asked, "of": of}


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def _mean(values: NDArray[np.float64]) -> float:
    return round(float(values.mean()), 4) if len(values) else 0.0
