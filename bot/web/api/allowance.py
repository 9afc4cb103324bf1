"""Allowance: how many requests each token has. Kept in memory: a restart gives everybody all of theirs.

The generic cell rate algorithm (ATM Forum TM 4.0, 4.4.2): one moment for each token, namely when all that was taken is
made good. A token that rests gets its requests back one by one, and may spend all of them at once.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

WINDOW = 60.0  # seconds in which everything taken comes back
MOST = 10_000  # tokens remembered before those that have rested are forgotten


@dataclass(frozen=True, slots=True)
class Left:
    """What a token has left: whole requests; seconds until it has all of them again, and until it has one (0: now)."""

    requests: int
    full: float
    wait: float


class Allowance:
    """`rate` requests in WINDOW seconds for each key; `now` tells the time in seconds, from whenever."""

    def __init__(self, rate: int, now: Callable[[], float]) -> None:
        self.rate, self._now = rate, now
        self._good: dict[int, float] = {}  # when all that was taken is made good
        self._interval = WINDOW / rate

    def take(self, key: int) -> Left:
        """Take one request, unless there is none: then `wait` says for how long."""
        now = self._now()
        owed = max(0.0, self._good.get(key, now) - now)  # seconds
        after = owed + self._interval
        if after > WINDOW * (1 + 1e-9):  # sums of floats are never quite even
            return Left(0, owed, after - WINDOW)
        self._forget_rested(now)
        self._good[key] = now + after
        return Left(math.floor((WINDOW - after) / self._interval + 1e-6), after, 0.0)

    def _forget_rested(self, now: float) -> None:
        if len(self._good) >= MOST:
            self._good = {key: good for key, good in self._good.items() if good > now}
