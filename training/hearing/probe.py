"""Probe: how well a linear model on the features tells kinds of music apart: a measure of what they contain.

Logistic regression on standardised features; four folds that keep the clips of a song together.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from training.evaluation.summary import figure

FOLDS = 4
FEWEST = FOLDS  # songs a class needs, so that each fold tests one
STRENGTH = 0.1  # scikit-learn's C: strong regularisation, for few songs and many features

Features = NDArray[np.float32]
Answers = NDArray[np.str_]


def probe(sets: dict[str, Features], classes: Sequence[str], songs: Sequence[str], seed: int) -> dict[str, Any]:
    """Return the accuracy on unseen songs of each set of features, (clips, numbers), on the same folds.

    Leaves out classes with fewer than FEWEST songs; returns nothing if fewer than two classes remain.
    """
    counts = Counter(kind for kind, _ in set(zip(classes, songs, strict=True)))
    kept = np.array([counts[kind] >= FEWEST for kind in classes])
    truth, groups = np.array(classes)[kept], np.array(songs)[kept]
    if len(set(truth)) < 2 or not sets:
        return {}
    answers_of = {name: _answers(features[kept], truth, groups, seed) for name, features in sets.items()}
    return {
        "classes": dict(Counter(truth.tolist())),
        "sets": {name: _figures(name, answers, truth, groups) for name, answers in answers_of.items()},
    }


def _answers(features: Features, truth: Answers, groups: Answers, seed: int) -> Answers:
    answers = np.empty_like(truth)
    for taught, tested in StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed).split(features, truth, groups):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=STRENGTH, max_iter=2000))
        answers[tested] = model.fit(features[taught], truth[taught]).predict(features[tested])
    return answers


def _figures(name: str, answers: Answers, truth: Answers, groups: Answers) -> dict[str, Any]:
    right = (answers == truth).astype(np.float64)
    return {
        "accuracy": figure(right, np.ones(len(right)), groups.tolist(), f"probe {name}"),
        "macro_f1": round(float(f1_score(truth, answers, average="macro")), 4),
    }
