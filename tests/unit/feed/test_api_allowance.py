"""The rate limit: never more requests a minute than allowed, in any order and with any pauses."""

import math

from hypothesis import given
from hypothesis import strategies as st

from bot.web.http.allowance import MOST, WINDOW, Allowance


class Clock:
    def __init__(self) -> None:
        self.time = 1_000.0

    def __call__(self) -> float:
        return self.time


@given(st.integers(1, 300))
def test_the_whole_allowance_can_be_used_at_once_and_no_more(rate: int) -> None:
    allowance = Allowance(rate, Clock())
    left = [allowance.take(1) for _ in range(rate + 1)]
    assert [grant.requests for grant in left] == [*range(rate - 1, -1, -1), 0]
    assert [grant.wait > 0 for grant in left] == [False] * rate + [True]


@given(st.integers(1, 200), st.lists(st.floats(0, 90), min_size=1, max_size=400))
def test_no_more_is_granted_than_the_balance_plus_refills(rate: int, pauses: list[float]) -> None:
    clock = Clock()
    allowance, granted = Allowance(rate, clock), 0
    start = clock.time
    for pause in pauses:
        clock.time += pause
        granted += allowance.take(1).wait == 0
    assert granted <= rate + math.floor((clock.time - start) * rate / WINDOW + 1e-6)


@given(st.integers(1, 200))
def test_waiting_as_long_as_told_is_enough(rate: int) -> None:
    clock = Clock()
    allowance = Allowance(rate, clock)
    while not (refused := allowance.take(1)).wait:
        pass
    clock.time += refused.wait + 1e-6
    assert allowance.take(1).wait == 0
    assert allowance.take(1).wait > 0


def test_an_idle_token_regains_its_full_allowance() -> None:
    clock = Clock()
    allowance = Allowance(10, clock)
    for _ in range(10):
        last = allowance.take(1)
    clock.time += last.full
    assert allowance.take(1).requests == 9


def test_one_token_takes_nothing_from_another() -> None:
    allowance = Allowance(1, Clock())
    assert allowance.take(1).wait == 0
    assert allowance.take(1).wait > 0
    assert allowance.take(2).wait == 0


def test_idle_tokens_are_forgotten_and_busy_ones_are_not() -> None:
    clock = Clock()
    allowance = Allowance(1, clock)
    for key in range(MOST):
        allowance.take(key)
    clock.time += WINDOW + 1
    allowance.take(-1)
    assert len(allowance._full) == 1
    assert allowance.take(-1).wait > 0
