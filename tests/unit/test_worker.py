"""How the worker responds to failures; every kind of job has a flow, and a message for its member."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from bot.core.jobs import JobKind
from bot.errors import BadChoice, ChatDown, NotLinked, TrainingFailed
from bot.errors.spotify import ConsentEnded, CoolingDown, SpotifyDown, Unreadable, Unsettled
from bot.messages.account import UNDER_WAY
from bot.worker import LONGEST, SAY_SO, UNREADABLE, flows, response

NOW = datetime(2026, 11, 29, tzinfo=UTC)
SOON = NOW + timedelta(seconds=40)


def test_every_kind_of_job_has_its_flow() -> None:
    anything: Any = SimpleNamespace(store=None, vault=None, sources=(), libraries=None, is_in=None)
    assert flows(anything, anything).keys() == set(JobKind)


def test_status_says_what_each_kind_of_job_is_doing() -> None:
    assert UNDER_WAY.keys() == set(JobKind)


@pytest.mark.parametrize("error", [CoolingDown(SOON), Unsettled(SOON), SpotifyDown(), ChatDown()])
def test_what_passes_is_tried_again_and_is_no_defect(error: Exception) -> None:
    again = response(error, 3, NOW).again
    assert again is not None
    assert 0 <= again <= LONGEST
    assert not response(error, 3, NOW).defect


def test_a_job_waits_as_long_as_it_was_told() -> None:
    assert response(CoolingDown(SOON), 0, NOW).again == 41
    assert response(Unsettled(SOON), 0, NOW).again == 40


@pytest.mark.parametrize("error", [ConsentEnded(), NotLinked(), TrainingFailed("odd")])
def test_what_the_member_can_put_right_ends_the_job_and_is_no_defect(error: Exception) -> None:
    assert (response(error, 0, NOW).again, response(error, 0, NOW).defect) == (None, False)


@pytest.mark.parametrize("error", [BadChoice("odd"), ValueError("odd")])
def test_the_rest_ends_the_job_as_a_defect(error: Exception) -> None:
    assert (response(error, 0, NOW).again, response(error, 0, NOW).defect) == (None, True)


def test_the_member_hears_at_once_but_of_an_outage_only_when_it_lasts() -> None:
    def told(error: Exception) -> list[int]:
        return [tries for tries in range(UNREADABLE) if response(error, tries, NOW).tell]

    assert told(CoolingDown(SOON)) == [0]
    assert told(SpotifyDown()) == [SAY_SO]
    assert told(Unsettled(SOON)) == told(ChatDown()) == []


@pytest.mark.parametrize("error", [ConsentEnded(), NotLinked(), BadChoice("odd"), ValueError("odd")])
def test_a_job_that_was_put_off_and_then_ends_is_told_of(error: Exception) -> None:
    assert response(error, 3, NOW).tell


def test_an_answer_that_stays_unreadable_ends_the_job_and_whoever_asked_hears_of_it() -> None:
    assert response(Unreadable(), UNREADABLE - 1, NOW).again is not None
    ended = response(Unreadable(), UNREADABLE, NOW)
    assert (ended.again, ended.defect, ended.tell) == (None, True, True)
    assert response(SpotifyDown(), UNREADABLE, NOW).again is not None, "the job waits out an outage"
