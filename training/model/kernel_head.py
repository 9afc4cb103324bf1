"""Kernel head: for very many labels; learns from them alone, and sees numbers in combination.

A few labels are best spread over a library by the teacher and kept linear; hundreds can show on their own that, of two
fast songs, the sad one is liked. So a regression sees, beside the space, random Fourier features of the numbers: they
approximate a Gaussian kernel (Rahimi & Recht 2007). Held-out songs decide which of the two heads serves.
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
from bot.core.vectors import Floats
from training.dataset import Examples
from training.model.heads import Head, Logits, regress

MANY, PLENTY = 300, 1_000  # labels from which it may serve; from which the taught head, now slow, gets one fold
N_FOURIER = 400  # random Fourier features
GAMMA = 0.03  # of the kernel, over standardised numbers
SPACE_SCALE, NAMES_SCALE, FOURIER_SCALE = 1.8, 0.6, 2.0  # of a row's parts; a column scaled up is regularised less


def fit_fourier_features(schema: Schema, vectors: Floats) -> Pipeline:
    """Return the fitted steps from (n, d) vectors to (n, N_FOURIER) float64, random Fourier features of the numbers."""
    numbers = list(range(len(schema.numbers)))
    return Pipeline(
        [
            ("numbers", ColumnTransformer([("numbers", "passthrough", numbers)])),
            ("exact", CastTransformer(dtype=np.float64)),
            ("deviations", StandardScaler()),
            ("fourier", RBFSampler(gamma=GAMMA, n_components=N_FOURIER, random_state=0)),
        ]
    ).fit(vectors)


def column_scales(schema: Schema, space: int) -> Logits:
    """Return (space + N_FOURIER,), what to scale each column by: names least, as they say nothing of other artists."""
    scales = np.full(space + N_FOURIER, SPACE_SCALE)
    names = schema.words_at[0]  # in the space, they come before the words
    scales[names : names + sum(BUCKETS[identity.name] + 1 for identity in schema.identities)] = NAMES_SCALE
    scales[space:] = FOURIER_SCALE
    return scales


def fit_kernel_head(inputs: Floats, scales: Logits, examples: Examples, rows: NDArray[np.int64]) -> Head:
    """Return a head learned only from those rows of the examples; inputs: (m, space + N_FOURIER), of the examples.

    A linear model is determined by its answers to zero and to each unit vector.
    """
    queries = np.vstack([np.zeros_like(scales), np.diag(scales)])
    scores = regress(inputs[rows] * scales, queries, examples, examples.truth[rows], examples.weight[rows])
    scores[:, ~np.isfinite(scores[0])] = np.nan
    return Head((scores[1:] - scores[0]).T, scores[0], examples.exclusive)
