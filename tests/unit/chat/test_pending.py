"""Pending requests: results go to whoever asked for them, as long as Discord accepts a response."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from bot.chat.pending import EVERY, GOOD_FOR, Pending


def asked_by(member: int) -> Any:
    return SimpleNamespace(user=SimpleNamespace(id=member))


def test_a_result_goes_only_to_its_requester_and_once(now: datetime) -> None:
    pending, mine = Pending(), asked_by(1)
    pending.wait(mine, "apply", now, about=7)
    assert pending.take(2, "apply", now, 7) is None
    assert pending.take(1, "apply", now, 8) is None
    taken = pending.take(1, "apply", now, 7)
    assert taken is not None
    assert taken.interaction is mine
    assert pending.take(1, "apply", now, 7) is None


def test_a_problem_goes_to_whoever_waits_for_that_kind_of_job(now: datetime) -> None:
    pending = Pending()
    pending.wait(asked_by(1), "apply", now, about=7)
    assert pending.take(1, "apply", now) is not None


def test_a_request_too_old_to_answer_is_dropped(now: datetime) -> None:
    pending = Pending()
    pending.wait(asked_by(1), "sync", now)
    assert pending.due(1, "sync", now + GOOD_FOR) is None
    assert pending.take(1, "sync", now + GOOD_FOR) is None


def test_progress_is_shown_every_other_second_and_never_over_a_card(now: datetime) -> None:
    pending = Pending()
    pending.wait(asked_by(1), "sync", now)
    assert pending.due(1, "sync", now) is not None
    assert pending.due(1, "sync", now + EVERY - timedelta(milliseconds=1)) is None
    assert pending.due(1, "sync", now + EVERY) is not None
    pending.wait(asked_by(2), "train", now, apart=True)
    assert pending.due(2, "train", now) is None


def test_a_message_that_waits_for_a_result_keeps_it_from_one_beside_a_card(now: datetime) -> None:
    pending, waiting, card = Pending(), asked_by(1), asked_by(1)
    pending.wait(waiting, "train", now, about=7, sorts=True)
    pending.wait(card, "train", now, about=7, apart=True)
    taken = pending.take(1, "train", now, 7)
    assert taken is not None
    assert (taken.interaction is waiting, taken.sorts) == (True, True)
    pending.wait(card, "train", now, about=7, apart=True)
    pending.wait(waiting, "train", now, about=7)
    taken = pending.take(1, "train", now, 7)
    assert taken is not None
    assert taken.interaction is waiting


def test_a_members_pending_requests_can_be_forgotten(now: datetime) -> None:
    pending = Pending()
    pending.wait(asked_by(1), "sync", now)
    pending.forget(1)
    assert pending.take(1, "sync", now) is None
