"""Polling: when a member's likes are looked at next, and how the members of a Spotify app share its looks. Pure.

Looking costs requests, and waiting costs the member time. For a given number of looks, likes wait least in all if the
pause between looks falls with the square root of how often somebody likes songs.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from math import log, sqrt

DAY, NOTHING = timedelta(days=1), timedelta()
HALF_LIFE = timedelta(days=7)  # after which a like counts half as much
MEMORY = 8 * HALF_LIFE  # older likes count next to nothing
PAUSE = timedelta(hours=1)  # between looks at a member who likes a song a day
SOONEST, LATEST = 0.75, 1.25  # times the pause: members drift apart, whatever made them wait for the same moment
BURST = 16  # a day's looks, divided by this, may come all at once
GRACE = timedelta(minutes=10)  # a look that begins later than this after its turn needs another one
BITS = 64


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The shortest and longest pause between looks at a member, and an app's most looks in any 24 hours (2 or more)."""

    shortest: timedelta
    longest: timedelta
    daily: int

    @property
    def burst(self) -> int:
        return max(1, self.daily // BURST)

    @property
    def gap(self) -> timedelta:
        """The time between an app's looks at an even pace, which leaves room for a burst in any 24 hours."""
        return (DAY + GRACE) / (self.daily - self.burst)

    @property
    def last(self) -> timedelta:
        """The longest that a member waits for a look, if their app has looks to give."""
        return LATEST * self.longest


def likes_a_day(liked: Iterable[datetime], now: datetime) -> float:
    """Return how many songs somebody likes a day, lately: each like counts half as much after every HALF_LIFE."""
    ages = (max(NOTHING, now - at) / HALF_LIFE for at in liked)
    return sum(2**-age for age in ages) * log(2) * (DAY / HALF_LIFE)


def pause(rate: float, rhythm: Rhythm) -> timedelta:
    """Return the pause between looks at somebody who likes `rate` songs a day."""
    fit = PAUSE / sqrt(rate) if rate > (PAUSE / rhythm.longest) ** 2 else rhythm.longest
    return max(rhythm.shortest, fit)


def stretch(demand: float, rhythm: Rhythm) -> float:
    """Return the factor for the pauses of all of an app's members. demand: the looks a day that they'd make."""
    return max(1.0, demand * (rhythm.gap / DAY))


def next_look(member: int, looks: int, now: datetime, after: timedelta) -> datetime:
    """Return when to look again, about `after` from now: a different moment for each member and look (`looks`)."""
    digest = blake2b(f"{member} {looks}".encode(), digest_size=BITS // 8).digest()
    share: float = int.from_bytes(digest, "big") / 2.0**BITS
    return now + after * (SOONEST + (LATEST - SOONEST) * share)


def turn(free_at: datetime | None, now: datetime, rhythm: Rhythm) -> tuple[datetime, datetime]:
    """Reserve an app's next look: return when it may begin, and the app's next `free_at`, None at first.

    Turns are given in the order in which they're asked for, so everybody gets one (GCRA, ITU-T I.371).
    """
    due = now if free_at is None else max(now, free_at)
    return max(now, due - rhythm.gap * (rhythm.burst - 1)), due + rhythm.gap


def has_turn(turn_at: datetime | None, due: datetime | None, now: datetime) -> bool:
    """Whether a member's reserved turn is still good: nothing has moved their look since, and it isn't too late."""
    return turn_at is not None and turn_at == due and now - turn_at <= GRACE
