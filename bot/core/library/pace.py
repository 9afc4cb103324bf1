"""Pace: when a request may be sent, so that in the long run they're evenly spaced, however many send them. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Pace:
    """The time between requests, and how many may come at once after a pause."""

    gap: timedelta
    burst: int = 1

    @property
    def slack(self) -> timedelta:
        """How much sooner than at an even pace a request may be sent."""
        return self.gap * (self.burst - 1)


def turn(free_at: datetime | None, now: datetime, pace: Pace) -> tuple[datetime, datetime]:
    """Reserve the next turn: return when it may begin, and the next `free_at`, None at first.

    Turns are given in the order in which they're asked for, so everybody gets one (GCRA, ITU-T I.371).
    """
    due = now if free_at is None else max(now, free_at)
    return max(now, due - pace.slack), due + pace.gap
