"""The polling schedule stays within its bounds and an app's budget, and everybody gets a turn."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.library.pace import turn
from bot.core.library.polling import (
    DAY,
    GRACE,
    HALF_LIFE,
    LATEST,
    SOONEST,
    Rhythm,
    has_turn,
    likes_a_day,
    next_poll,
    pause,
    stretch,
)

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
USUAL = Rhythm(15 * MINUTE, 6 * HOUR, 480)
rates = st.floats(0, 1_000)
waits = st.floats(1, 1e6).map(lambda seconds: timedelta(seconds=seconds))


@st.composite
def rhythms(draw: st.DrawFn) -> Rhythm:
    shortest, longest = sorted((draw(waits), draw(waits)))
    return Rhythm(shortest, longest, draw(st.integers(2, 40)))


def asked(seconds: list[float]) -> list[datetime]:
    """Moments that far apart."""
    return [NOW + timedelta(seconds=at) for at in accumulate(seconds)]


def turns(moments: list[datetime], rhythm: Rhythm) -> list[datetime]:
    """The turns of polls that are asked for at these moments."""
    given_turns, free_at = [], None
    for moment in moments:
        at, free_at = turn(free_at, moment, rhythm.pace)
        given_turns.append(at)
    return given_turns


@given(rates, rates, rhythms())
def test_a_pause_is_within_its_bounds_and_shorter_for_those_who_like_more(
    one: float, other: float, rhythm: Rhythm
) -> None:
    less, more = sorted((one, other))
    assert rhythm.shortest <= pause(more, rhythm) <= pause(less, rhythm) <= rhythm.longest
    assert pause(0, rhythm) == rhythm.longest


def test_a_like_a_day_is_worth_a_poll_an_hour_and_sixteen_the_shortest_pause() -> None:
    assert pause(1, USUAL) == HOUR
    assert pause(1 / 9, USUAL) == 3 * HOUR
    assert pause(16, USUAL) == pause(1_000, USUAL) == USUAL.shortest


@given(st.integers(1, 2**63), st.integers(0, 10**6), waits)
def test_the_next_poll_is_about_a_pause_away(member: int, polls: int, after: timedelta) -> None:
    at = next_poll(member, polls, NOW, after)
    assert NOW + SOONEST * after - MINUTE / 60 <= at <= NOW + LATEST * after + MINUTE / 60
    assert at == next_poll(member, polls, NOW, after)


def test_members_who_waited_for_the_same_moment_spread_over_half_a_pause() -> None:
    """As after a restart: each tenth of that time has about as many polls."""
    first, tenth = NOW + SOONEST * USUAL.longest, (LATEST - SOONEST) * USUAL.longest / 10
    tenths = Counter((next_poll(member, 7, NOW, USUAL.longest) - first) // tenth for member in range(10_000))
    assert set(tenths) == set(range(10))
    assert max(tenths.values()) < 1.2 * min(tenths.values())


def test_members_who_met_once_part_at_the_poll_after() -> None:
    moments = {next_poll(member, polls, NOW, HOUR) for member in range(10) for polls in range(10)}
    assert len(moments) == 100


@pytest.mark.parametrize("rate", [0.1, 1, 20])
def test_likes_at_a_steady_rate_are_counted_as_that_rate(rate: float) -> None:
    liked = [NOW - at * DAY / rate for at in range(round(100 * rate))]
    assert likes_a_day(liked, NOW) == pytest.approx(rate, rel=0.05, abs=0.06)


@given(st.lists(st.floats(0, 1e7).map(lambda seconds: NOW - timedelta(seconds=seconds)), max_size=30))
def test_a_like_counts_half_as_much_after_every_half_life(liked: list[datetime]) -> None:
    assert likes_a_day(liked, NOW + HALF_LIFE) == pytest.approx(likes_a_day(liked, NOW) / 2)


def test_a_like_from_the_future_counts_as_one_from_now() -> None:
    """Spotify's clock may be ahead of ours."""
    assert likes_a_day([NOW + DAY], NOW) == likes_a_day([NOW], NOW)


@given(st.lists(st.floats(0, 3_000), min_size=50, max_size=150), rhythms())
def test_an_app_never_has_more_turns_in_any_24_hours_than_its_budget(seconds: list[float], rhythm: Rhythm) -> None:
    given_turns = turns(asked(seconds), rhythm)
    for first, last in zip(given_turns, given_turns[rhythm.daily :], strict=False):
        assert last - first > DAY + GRACE, "a poll may begin that long after its turn"


def test_an_app_asked_for_everything_at_once_gives_a_burst_and_then_turns_at_an_even_pace() -> None:
    given_turns = turns([NOW] * 1_000, USUAL)
    assert given_turns[USUAL.burst - 1] == NOW < given_turns[USUAL.burst]
    for first, last in zip(given_turns, given_turns[USUAL.daily :], strict=False):
        assert DAY + GRACE < last - first < 1.1 * DAY


@given(st.lists(st.floats(0, 3_000), min_size=1, max_size=100), rhythms())
def test_turns_come_in_the_order_in_which_they_were_asked_for_and_none_waits_for_more_than_those_before_it(
    seconds: list[float], rhythm: Rhythm
) -> None:
    moments = asked(seconds)
    given_turns = turns(moments, rhythm)
    assert all(earlier <= later for earlier, later in pairwise(given_turns))
    for number, (moment, at) in enumerate(zip(moments, given_turns, strict=True)):
        assert moment <= at <= moment + number * rhythm.gap + MINUTE / 60


@given(st.lists(waits, min_size=1, max_size=50), rhythms())
def test_stretched_pauses_keep_an_app_within_its_budget_and_fair(pauses: list[timedelta], rhythm: Rhythm) -> None:
    factor = stretch(sum(DAY / each for each in pauses), rhythm)
    assert factor >= 1
    polls = sum(DAY / (each * factor) for each in pauses)
    assert polls <= 1.001 * (DAY / rhythm.gap) <= 1.001 * rhythm.daily
    assert factor == 1 or polls == pytest.approx(DAY / rhythm.gap, rel=1e-3)


def test_five_members_of_an_app_may_all_be_polled_nearly_every_quarter_of_an_hour() -> None:
    assert stretch(5 * 96, USUAL) < 1.08
    assert stretch(4 * 96, USUAL) == 1


def test_a_turn_is_void_once_something_moved_the_poll_or_it_is_late() -> None:
    assert has_turn(NOW, NOW, NOW + MINUTE)
    assert not has_turn(NOW, NOW, NOW + HOUR)
    assert not has_turn(NOW, NOW + MINUTE, NOW + MINUTE)
    assert not has_turn(None, None, NOW)
