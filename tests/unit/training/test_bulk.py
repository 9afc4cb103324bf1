"""A bulk answer counts as one opinion: in the fit, in the songs left out, and in what the benchmark compares."""

from dataclasses import replace

import pytest

from bot.core.sorting.learning.dataset import Label
from tests.unit.tastes import labelled, library
from tests.unit.training.test_evaluate import ADA
from training.dataset import examples_of
from training.evaluation.people import draw_members
from training.evaluation.studies.bulk import (
    BULK_NS,
    EACH,
    ONE,
    SEVERAL,
    SHARED,
    compare_bulk,
    left_over,
    opinions_of,
    ways_of,
)
from training.model.cross_validation import _folds
from training.model.fit import fit

SONGS = library(styles=3, per_style=40)
BULK = [Label(f"0:{at:05}", 1, True, "bulk", 77) for at in range(20, 29)]
FEW = labelled(SONGS, [2, 2, 2])
TOLD = replace(FEW, labels=[*FEW.labels, *BULK])


def test_the_songs_of_a_bulk_answer_weigh_one_label_together() -> None:
    examples = examples_of(TOLD)
    weight = dict(zip(examples.songs, examples.weight, strict=True))
    assert sum(weight[label.song] for label in BULK) == pytest.approx(1)
    assert all(weight[label.song] == 1 for label in FEW.labels)
    assert examples.per_class() == pytest.approx(12 ** (1 / 3)), "three opinions, two, and two"


def test_a_song_that_was_answered_by_itself_since_leaves_the_opinion() -> None:
    again = [replace(label, bulk_answer=None) if label.song == BULK[0].song else label for label in TOLD.labels]
    examples = examples_of(replace(TOLD, labels=again))
    weight = dict(zip(examples.songs, examples.weight, strict=True))
    assert weight[BULK[0].song] == 1
    assert weight[BULK[1].song] == pytest.approx(1 / 8)


def test_the_songs_of_a_bulk_answer_are_left_out_together() -> None:
    examples = examples_of(TOLD)
    of_bulk = {row for row, song in enumerate(examples.songs) if song in {label.song for label in BULK}}
    tests = [of_bulk & set(test.tolist()) for _train, test in _folds(examples)]
    assert sorted(map(len, tests), reverse=True)[:2] == [len(BULK), 0]


def test_many_songs_in_one_answer_do_not_make_the_model_surer_than_one() -> None:
    each = replace(TOLD, labels=[replace(label, bulk_answer=None) for label in TOLD.labels])
    shared, apart = (fit(training).validation for training in (TOLD, each))
    assert shared.temperature > apart.temperature


def test_opinions_are_about_artists_by_turns_and_no_tested_song_is_labelled() -> None:
    (member,) = draw_members(ADA, 5, 1, max(BULK_NS), seed=0)
    told = [opinion for at in range(5) for opinion in opinions_of(member, at, 4)]
    assert {len(opinion.songs) >= SEVERAL for opinion in told[::4]} == {True}, "the first is about an artist"
    tested = left_over(member, told)
    assert tested
    assert not {song for song, _ in tested} & {song for opinion in told for song in opinion.songs}
    rows = compare_bulk(member, None, (1,)).rows
    assert [row.contender for row in rows] == [SHARED, EACH, ONE]
    assert len({len(row.hit) for row in rows}) == 1, "the same songs are tested"


def test_the_ways_differ_only_in_what_a_song_counts() -> None:
    (member,) = draw_members(ADA, 5, 1, max(BULK_NS), seed=0)
    ways = ways_of([opinion for at in range(5) for opinion in opinions_of(member, at, 2)])
    assert [label.song for label in ways[SHARED]] == [label.song for label in ways[EACH]]
    assert {label.song for label in ways[ONE]} < {label.song for label in ways[EACH]}
    assert len(ways[ONE]) == 10
