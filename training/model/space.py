"""Space: maps a schema's vectors so that near means similar; learned from the library, never from labels.

Words are condensed to their main directions, and everything is centred and normalised: with one label per playlist,
comparing by direction rather than distance is worth five points.
"""

import numpy as np
from skl2onnx.sklapi import CastTransformer
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import TruncatedSVD
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import Normalizer, StandardScaler

from bot.core.sorting.learning.schema import Schema
from bot.core.vectors import Floats

COMPONENTS = 48  # directions for words; 32 cost a third of a point, 64 gain nothing


def fit_space(schema: Schema, vectors: Floats) -> Pipeline:
    """Return the fitted steps from (n, d) vectors to (n, k) rows of length 1."""
    return Pipeline(
        [
            ("condense", _condense(schema, len(vectors))),
            ("exact", CastTransformer(dtype=np.float64)),  # a float32 sum over a thousand would be off by 3e-6
            ("centre", StandardScaler(with_std=False)),
            ("length", Normalizer()),
        ]
    ).fit(vectors)


def _condense(schema: Schema, songs: int) -> ColumnTransformer:
    first, last = schema.words_at
    parts = [
        ("numbers", "passthrough", _columns(0, first)),
        ("names", "passthrough", _columns(last, schema.hints_at)),
    ]
    if last > first:
        condensed = min(COMPONENTS, last - first - 1, songs - 1)
        words = TruncatedSVD(condensed, random_state=0) if condensed > 1 else "passthrough"
        parts.append(("words", words, _columns(first, last)))
    return ColumnTransformer([part for part in parts if part[2]])


def _columns(first: int, last: int) -> list[int]:
    return list(range(first, last))
