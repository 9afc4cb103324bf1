"""What's said of the added songs: chosen on some people, measured on others."""

import numpy as np
import pytest

from tests.unit.sorting.test_decide import scores
from training.evaluation.baselines import FRESH, PRIOR
from training.evaluation.expectations import choose, expectations, held
from training.evaluation.measure import Measurement, judge
from training.evaluation.report import _expectations


def row(person: str, right: int, sure: float, added: int = 100, n: int = 5, contender: str = PRIOR) -> Measurement:
    """A member for whom so many of the added songs were right, and `sure` of each hundred expected to be."""
    values = {"precision": (float(right), float(added)), "expected": (sure * added / 100, float(added))}
    return Measurement(person, 3, 0, n, contender, values)


@pytest.mark.parametrize(
    ("right", "sure", "came_true"), [(85, 90, True), (84, 90, False), (100, 90, True), (84, 84, True), (96, 99, True)]
)
def test_an_expectation_held_if_no_more_than_half_a_tenth_is_missing(right: int, sure: float, came_true: bool) -> None:
    assert held(row("a", right, sure), 0.0) == came_true


def test_the_smallest_margin_that_is_enough_is_chosen() -> None:
    sure_of_itself = [row("a", 82, 90), *[row("a", 90, 90)] * 8]
    assert choose(sure_of_itself) == pytest.approx(0.05), "eight of nine aren't enough"
    assert choose([*sure_of_itself, row("a", 90, 90)]) == 0.0
    assert choose([row("a", 0, 90)]) == 0.0, "if none is enough, more of it wouldn't help"
    assert choose([*[row("a", 0, 90)] * 5, row("a", 82, 90)]) == pytest.approx(0.05)


def test_a_persons_own_members_have_no_say_in_their_margin() -> None:
    rows = [row("boaster", 78, 90), row("boaster", 76, 90), row("honest", 90, 90), row("honest", 92, 90)]
    (record,) = expectations(rows)
    assert (record["expected"], record["right"], record["members"]) == (0.9, 0.84, 4)
    assert record["held"] == 0.5
    assert record["margins"] == [0.0, 0.05]
    assert record["held_elsewhere"] == 0.5, "the boaster's own margin would have helped the boaster"


def test_each_contender_and_n_has_its_record_and_members_without_added_songs_none() -> None:
    rows = [row("a", 9, 90, 10, n, contender) for n in (1, 5) for contender in (PRIOR, FRESH)]
    records = expectations([*rows, row("a", 0, 0, added=0, n=1)])
    assert [(record["contender"], record["n"], record["members"]) for record in records] == [
        (PRIOR, 1, 1),
        (PRIOR, 5, 1),
        (FRESH, 1, 1),
        (FRESH, 5, 1),
    ]
    assert "| expected to be right" in _expectations(records, PRIOR)
    assert _expectations(records, "another") == ""


def test_the_expectation_is_of_the_added_songs_alone() -> None:
    made = scores([0.95, 0.05], [0.93, 0.07], [0.55, 0.45], classes=(0, 1))
    values, _sureness, _hit = judge(made, np.array([0, 1, 1]), 2)
    assert values["precision"] == (1.0, 2.0)
    assert values["expected"] == (pytest.approx(1.88, abs=1e-4), 2.0)
