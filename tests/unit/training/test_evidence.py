"""What labels are worth by source: each source chooses its own songs, and no weight is reported where it was chosen."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from bot.core.sorting.decide import Scores
from bot.core.sorting.learning.dataset import Label
from tests.unit.tastes import labelled, library
from tests.unit.training.test_evaluate import ADA, NS
from training.dataset import examples_of
from training.evaluation.people import draw_members
from training.evaluation.report import _evidence
from training.evaluation.studies.asking import kept_back
from training.evaluation.studies.evidence import (
    SOURCES,
    WEIGHTS,
    Known,
    Source,
    Weighed,
    added,
    asked,
    compare_evidence,
    corrected,
    left_standing,
    moved,
    stood,
    weigh,
)

(MEMBER,) = draw_members(ADA, 5, 1, max(NS), seed=0)
TESTED = {song for song, _ in kept_back(MEMBER)}
LEFT = {song: at for at, own in enumerate(MEMBER.playlists) for song in own[:-2] if song not in TESTED}


def known(wrong: Sequence[str] = (), doubtful: Sequence[str] = ()) -> Known:
    """A model of two taps for each playlist that's sure of all songs but the doubtful ones, and errs about some."""
    rng, songs = np.random.default_rng(0), list(MEMBER.songs)
    taps = [Label(song, at, True, "csv") for at, own in enumerate(MEMBER.playlists) for song in own[-2:]]
    guess = np.array([(LEFT.get(song, 0) + (song in wrong)) % 5 for song in songs])
    sure = np.array([0.3 if song in doubtful else 0.99 for song in songs])
    guesses = np.tile((1 - sure[:, None]) / 4, 5)
    guesses[np.arange(len(songs)), guess] = sure
    space = rng.normal(size=(len(songs), 8)).astype(np.float32)
    scores = Scores((0, 1, 2, 3, 4), guesses.astype(np.float32), space, np.ones(len(songs), np.bool_))
    return Known(MEMBER, songs, scores, taps, LEFT, rng)


def test_a_label_weighs_what_its_source_does() -> None:
    training = labelled(library(styles=2, per_style=20), [2, 2])
    lighter = replace(training, weights={training.labels[0].source: 0.25})
    assert set(examples_of(training).weight) == {1.0}
    assert set(examples_of(lighter).weight) == {0.25}


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_no_source_labels_a_tested_song_or_one_that_was_tapped(source: Source) -> None:
    songs = sorted(LEFT)
    given = known(wrong=songs[::5], doubtful=songs[1::5])
    told = [song for song, _ in source.choose(given)]
    assert told
    assert len(set(told)) == len(told)
    assert set(told) <= set(LEFT)


def test_each_source_chooses_songs_of_its_own_kind() -> None:
    songs = sorted(LEFT)
    wrong, doubtful = songs[:12], songs[6:30]
    given = known(wrong, doubtful)
    assert {song for song, _ in moved(given)} <= set(wrong)
    assert {song for song, _ in corrected(given)} == set(wrong) - set(doubtful), "the model was sure of them"
    assert {song for song, _ in added(given)} <= set(doubtful), "the model would leave them out"
    assert len(asked(given)) == len(given.taps)
    assert len(stood(given)) > 2 * len(given.taps)
    right = {song: LEFT[song] for song, _ in [*moved(given), *corrected(given), *asked(given), *stood(given)]}
    assert right == {song: at for song, at in LEFT.items() if song in right}


def test_what_stands_where_the_model_put_it_says_what_the_model_believes() -> None:
    songs = sorted(LEFT)
    given = known(wrong=songs)
    stands = left_standing(given)
    assert stands
    assert all(at == given.guesses[song] != LEFT[song] for song, at in stands)


@pytest.mark.slow
def test_all_weights_are_tried_on_the_same_labels() -> None:
    rows = compare_evidence(MEMBER, None, (2,), seed=0).rows
    assert {(row.source, row.weight) for row in rows} == {
        (source.name, weight) for source in SOURCES for weight in WEIGHTS
    }
    without = {row.values["likelihood"] for row in rows if row.weight == 0}
    assert len(without) == 1, "no label at all is the same for every source"
    of_taps = [row.values["likelihood"] for row in rows if row.source == "taps"]
    assert len(set(of_taps)) == len(WEIGHTS)


@pytest.mark.slow
def test_a_weight_is_chosen_on_one_half_of_the_people_and_reported_on_the_other() -> None:
    best = {"a": 0.25, "b": 1.5, "c": 0.25, "d": 1.5}
    rows = [
        Weighed(person, 0, 2, "taps", weight, 10, values(right=weight == liked))
        for person, liked in best.items()
        for weight in WEIGHTS
    ]
    (record,) = weigh(rows)
    assert record["chosen"] == [0.25, 1.5]
    assert record["weights"][0.25]["accuracy"]["mean"] == 0.5
    assert record["nested"]["accuracy"]["mean"] == 0, "on whom it wasn't chosen, neither was best"
    assert "| +50.0 (" in _evidence([record])
    assert "| 0.25 or 1.5 |" in _evidence([record])


def values(right: bool) -> dict[str, tuple[float, float]]:
    return {"accuracy": (right, 1), "likelihood": (-1.0 + right, 1), "added": (1.0, 1), "precision": (1.0, 1)}
