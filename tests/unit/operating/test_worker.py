"""How the worker responds to failures; every kind of job has a flow, and a message for its member."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from bot.core.jobs import JobKind
from bot.errors import BadChoice, ChatDown, NotLinked, TrainingFailed
from bot.errors.spotify import AppRefused, ConsentEnded, CoolingDown, SpotifyDown, Unreadable, Unsettled
from bot.messages.account import UNDER_WAY
from bot.worker import LONGEST, SAY_SO, UNREADABLE, UNUSABLE, flows, response

NOW = datetime(2026, 11, 29, tzinfo=UTC)
SOON = NOW + timedelta(seconds=40)


def test_every_kind_of_job_has_a_flow() -> None:
    anything: Any = SimpleNamespace(store=None, vault=None, polls=None, sources=(), libraries=None, is_in=None)
    assert flows(anything, anything).keys() == set(JobKind)


def test_status_says_what_each_kind_of_job_is_doing() -> None:
    assert UNDER_WAY.keys() == set(JobKind)


@pytest.mark.parametrize("error", [CoolingDown(SOON), Unsettled(SOON), SpotifyDown(), ChatDown()])
def test_temporary_errors_are_retried_and_are_no_defect(error: Exception) -> None:
    again = response(error, 3, NOW).again
    assert again is not None
    assert 0 <= again <= LONGEST
    assert not response(error, 3, NOW).defect


def test_a_job_waits_as_long_as_it_was_told() -> None:
    assert response(CoolingDown(SOON), 0, NOW).again == 41
    assert response(Unsettled(SOON), 0, NOW).again == 40
    assert response(AppRefused(), 9, NOW).again == UNUSABLE


@pytest.mark.parametrize("error", [ConsentEnded(), NotLinked(), TrainingFailed("odd")])
def test_errors_the_member_can_fix_end_the_job_and_are_no_defect(error: Exception) -> None:
    assert (response(error, 0, NOW).again, response(error, 0, NOW).defect) == (None, False)


@pytest.mark.parametrize("error", [BadChoice("odd"), ValueError("odd")])
def test_other_errors_end_the_job_as_a_defect(error: Exception) -> None:
    assert (response(error, 0, NOW).again, response(error, 0, NOW).defect) == (None, True)


def test_the_member_is_told_at_once_but_of_an_outage_only_if_it_lasts() -> None:
    def told(error: Exception) -> list[int]:
        return [tries for tries in range(UNREADABLE) if response(error, tries, NOW).tell]

    assert told(CoolingDown(SOON)) == told(AppRefused()) == [0]
    assert told(SpotifyDown()) == [SAY_SO]
    assert told(Unsettled(SOON)) == told(ChatDown()) == []


@pytest.mark.parametrize("error", [ConsentEnded(), NotLinked(), BadChoice("odd"), ValueError("odd")])
def test_a_postponed_job_that_then_ends_is_reported(error: Exception) -> None:
    assert response(error, 3, NOW).tell


def test_a_response_that_stays_unreadable_ends_the_job_and_is_reported() -> None:
    assert response(Unreadable(), UNREADABLE - 1, NOW).again is not None
    ended = response(Unreadable(), UNREADABLE, NOW)
    assert (ended.again, ended.defect, ended.tell) == (None, True, True)
    assert response(SpotifyDown(), UNREADABLE, NOW).again is not None, "the job waits out an outage"
