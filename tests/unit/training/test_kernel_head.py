"""The kernel head: many labels teach combinations of features, and the served model answers like the trained one."""

import numpy as np
import pytest

from bot.adapters.scorer import open_model
from bot.core.features import SongFeatures
from bot.core.sorting.learning.dataset import Label, TrainingSet
from training.model.export import check_parity, to_file
from training.model.fit import Fitted, fit
from training.model.kernel_head import MANY, PLENTY


def moods(count: int, kinds: int) -> tuple[dict[str, SongFeatures], list[int]]:
    """Return songs and their classes: fast and bright or slow and dark, mixed, or medium; no single feature decides."""
    dials = np.random.default_rng(0).normal(0, 1, (count, 2))
    rows = [{"tempo": 120 + 30 * fast, "energy": 0.6 + 0.1 * bright} for fast, bright in dials.tolist()]
    songs = {f"{at:05}": SongFeatures(row, {}, dict.fromkeys(row, "csv")) for at, row in enumerate(rows)}
    middling = (np.linalg.norm(dials, axis=1) < 0.8) & (kinds == 3)
    return songs, np.where(middling, 2, dials.prod(axis=1) > 0).tolist()


def fit_moods(labels: int, kinds: int = 2, several: bool = False) -> tuple[Fitted, float]:
    """Return a model from `labels` labels, and the served model's accuracy on unlabelled songs."""
    songs, kind = moods(labels + 200, kinds)
    names = list(songs)
    told = [Label(names[at], kind[at], True, "csv") for at in range(labels)]
    fitted = fit(TrainingSet(songs, told, {at: str(at) for at in range(kinds)}, several=several, everything=False))
    scores = open_model("", to_file(fitted, {})).score([songs[name] for name in names[labels:]])
    guess = np.array(scores.classes)[scores.probabilities.argmax(axis=1)]
    return fitted, float(np.mean(guess == kind[labels:]))


@pytest.mark.slow
def test_hundreds_of_labels_teach_feature_combinations() -> None:
    few, _ = fit_moods(MANY - 1)
    many, right = fit_moods(MANY + 100)
    assert (few.fourier, few.trees) == (None, None)
    assert many.fourier is not None
    assert many.trees is not None
    assert right > 0.85


@pytest.mark.soak
def test_plenty_of_labels_teach_them_even_better() -> None:
    assert fit_moods(PLENTY)[1] > 0.9


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kinds", "several"),
    [(2, False), (3, True), *(pytest.param(*wave, marks=pytest.mark.soak) for wave in ((2, True), (3, False)))],
)
def test_p29_waves_and_trees_answer_when_served_as_when_trained(kinds: int, several: bool) -> None:
    fitted, right = fit_moods(MANY + 200, kinds, several)
    songs = list(moods(2_000, kinds)[0].values())
    assert fitted.trees is not None
    assert check_parity(fitted, to_file(fitted, {}), songs) <= 1e-6
    assert right > 0.8
