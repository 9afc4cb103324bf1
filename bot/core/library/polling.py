"""Polling: when a member's likes are polled next, and how the members of a Spotify app share its budget. Pure.

A poll costs requests, and a long pause makes likes wait. For a given number of polls, the total wait is least if the
pause is inversely proportional to the square root of how often a member likes songs.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from math import log, sqrt

from bot.core.library.pace import Pace

DAY, NOTHING = timedelta(days=1), timedelta()
HALF_LIFE = timedelta(days=7)  # after which a like counts half as much
MEMORY = 8 * HALF_LIFE  # older likes count next to nothing
PAUSE = timedelta(hours=1)  # between polls of a member who likes a song a day
SOONEST, LATEST = 0.75, 1.25  # times the pause: members who were due at the same moment drift apart
BURST = 16  # a day's polls, divided by this, may come all at once
GRACE = timedelta(minutes=10)  # a poll that starts later than this after its turn needs a new turn
BITS = 64


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The shortest and longest pause between polls of a member, and an app's most polls in any 24 hours (2 or more)."""

    shortest: timedelta
    longest: timedelta
    daily: int

    @property
    def burst(self) -> int:
        return max(1, self.daily // BURST)

    @property
    def gap(self) -> timedelta:
        """The time between an app's polls at an even pace, which leaves room for a burst in any 24 hours."""
        return (DAY + GRACE) / (self.daily - self.burst)

    @property
    def pace(self) -> Pace:
        """The pace of an app's polls."""
        return Pace(self.gap, self.burst)

    @property
    def last(self) -> timedelta:
        """The longest that a member waits for a poll, if their app's budget allows it."""
        return LATEST * self.longest


def likes_a_day(liked: Iterable[datetime], now: datetime) -> float:
    """Return how many songs a member likes a day, lately: a like's weight halves every HALF_LIFE."""
    ages = (max(NOTHING, now - at) / HALF_LIFE for at in liked)
    return sum(2**-age for age in ages) * log(2) * (DAY / HALF_LIFE)


def pause(rate: float, rhythm: Rhythm) -> timedelta:
    """Return the pause between polls of a member who likes `rate` songs a day."""
    fit = PAUSE / sqrt(rate) if rate > (PAUSE / rhythm.longest) ** 2 else rhythm.longest
    return max(rhythm.shortest, fit)


def stretch(demand: float, rhythm: Rhythm) -> float:
    """Return the factor for the pauses of all of an app's members. demand: the polls a day that they would need."""
    return max(1.0, demand * (rhythm.gap / DAY))


def next_poll(member: int, polls: int, now: datetime, after: timedelta) -> datetime:
    """Return when to poll a member again, about `after` from now. polls: how many there were; varies the pause."""
    digest = blake2b(f"{member} {polls}".encode(), digest_size=BITS // 8).digest()
    share: float = int.from_bytes(digest, "big") / 2.0**BITS
    return now + after * (SOONEST + (LATEST - SOONEST) * share)


def has_turn(turn_at: datetime | None, due: datetime | None, now: datetime) -> bool:
    """Whether a member's reserved turn is still good: their poll hasn't been moved since, and it isn't too late."""
    return turn_at is not None and turn_at == due and now - turn_at <= GRACE
