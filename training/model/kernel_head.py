"""Kernel head: for very many labels; learns from them alone, and sees numbers in combination.

A few labels are best spread over a library by the teacher and kept linear; hundreds can show on their own that, of two
fast songs, the sad one is liked. So numbers become waves, random Fourier features of a Gaussian kernel (Rahimi & Recht
2007), which a regression sees beside the space. Held-out songs decide which of the two heads serves.
"""

import numpy as np
from numpy.typing import NDArray
from skl2onnx.sklapi import CastTransformer
from sklearn.compose import ColumnTransformer
from sklearn.kernel_approximation import RBFSampler
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from bot.core.sorting.learning.columns import BUCKETS
from bot.core.sorting.learning.schema import Schema
from training.dataset import Examples
from training.model.heads import Floats, Head, Logits, regress

MANY, PLENTY = 300, 1_000  # labels from which it may serve; from which the taught head, now slow, gets one fold
WAVES = 400  # random features
GAMMA = 0.03  # of the kernel, over standardised numbers
SPACE_LENGTH, NAMES_LENGTH, WAVES_LENGTH = 1.8, 0.6, 2.0  # of a row's parts: how freely the regression uses each


def fit_waves(schema: Schema, vectors: Floats) -> Pipeline:
    """Return the fitted steps from (n, d) vectors to (n, WAVES) waves of their numbers, in float64."""
    numbers = list(range(len(schema.numbers)))
    return Pipeline(
        [
            ("numbers", ColumnTransformer([("numbers", "passthrough", numbers)])),
            ("exact", CastTransformer(dtype=np.float64)),
            ("deviations", StandardScaler()),
            ("waves", RBFSampler(gamma=GAMMA, n_components=WAVES, random_state=0)),
        ]
    ).fit(vectors)


def lengths_of(schema: Schema, space: int) -> Logits:
    """Return (space + WAVES,), how freely each column is used: names least: they say nothing of other artists."""
    lengths = np.full(space + WAVES, SPACE_LENGTH)
    names = schema.words_at[0]  # in the space, they come before the words
    lengths[names : names + sum(BUCKETS[identity.name] + 1 for identity in schema.identities)] = NAMES_LENGTH
    lengths[space:] = WAVES_LENGTH
    return lengths


def fit_kernel_head(seen: Floats, lengths: Logits, examples: Examples, rows: NDArray[np.int64]) -> Head:
    """Return a head learned only from those rows of the examples; seen: (m, space + WAVES), of the examples.

    A linear model is determined by its answers to zero and to each unit vector.
    """
    asked = np.vstack([np.zeros_like(lengths), np.diag(lengths)])
    scores = regress(seen[rows] * lengths, asked, examples, examples.truth[rows], examples.weight[rows])
    scores[:, ~np.isfinite(scores[0])] = np.nan
    return Head((scores[1:] - scores[0]).T, scores[0], examples.exclusive)
