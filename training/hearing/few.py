"""Few labels: how well the serving path tells kinds of music apart once a few songs of each are labelled.

The path is the product's own: schema, space, teacher and student get the recordings as a library, and the labels.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from bot.core.features import SongFeatures
from bot.core.sorting.learning.dataset import Label, TrainingSet
from training.evaluation.summary import figure
from training.model.fit import fit

NS = (1, 2, 5)  # labels per kind
DRAWS = 12  # random choices of the labelled recordings
FEWEST = max(NS) + 3  # recordings a kind needs, so some are left to test

Library = Mapping[str, SongFeatures]  # by recording
Named = Mapping[str, str]  # each recording's kind, or its song


def few_labels(sets: Mapping[str, Library], kinds: Named, songs: Named, seed: int) -> dict[str, Any]:
    """Return the accuracy of each set of features on unlabelled songs, by labels per kind.

    Leaves out kinds with fewer than FEWEST recordings; returns nothing if fewer than two kinds remain.
    """
    counts = Counter(kinds.values())
    kept = {name: kind for name, kind in sorted(kinds.items()) if counts[kind] >= FEWEST}
    if len(set(kept.values())) < 2:
        return {}
    return {
        name: {
            str(n): _figure(name, [_right(library, kept, songs, draw) for draw in _draws(kept, n, seed)]) for n in NS
        }
        for name, library in sets.items()
    }


def _figure(name: str, shares: Sequence[float]) -> dict[str, Any]:
    tested = np.isfinite(shares)
    return figure(
        np.where(tested, shares, 0), tested.astype(np.float64), [str(at) for at in range(len(shares))], f"few {name}"
    )


def _draws(kinds: Named, n: int, seed: int) -> Iterator[list[str]]:
    """Yield n recordings of each kind."""
    for draw in range(DRAWS):
        order = np.random.default_rng([seed, draw]).permutation(sorted(kinds)).tolist()
        by_kind = ([name for name in order if kinds[name] == kind] for kind in sorted(set(kinds.values())))
        yield [name for some in by_kind for name in some[:n]]


def _right(library: Library, kinds: Named, songs: Named, labelled: Sequence[str]) -> float:
    """Return the share of recordings of unlabelled songs that are classified right; NaN if there are none."""
    names, known = sorted(set(kinds.values())), {songs[name] for name in labelled}
    labels = [Label(name, names.index(kinds[name]), True, "csv") for name in labelled]
    tested = [name for name in kinds if songs[name] not in known]
    if not tested:
        return math.nan
    own = {name: library[name] for name in kinds}
    fitted = fit(TrainingSet(own, labels, dict(enumerate(names)), several=False, everything=False))
    guesses = fitted.pipeline.predict_proba(fitted.schema.vectors([own[name] for name in tested])).argmax(axis=1)
    truth = [names.index(kinds[name]) for name in tested]
    return float(np.mean(np.array(fitted.examples.classes)[guesses] == truth))
