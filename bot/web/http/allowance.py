"""Allowance: how many requests each caller has left. Kept in memory, so a restart gives everybody a full allowance.

The generic cell rate algorithm (ATM Forum TM 4.0, 4.4.2): it stores one moment per key, when the allowance will be full
again. An idle caller regains requests one by one, and may spend them all at once.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

WINDOW = 60.0  # seconds until a spent allowance is full again
MOST = 10_000  # keys remembered before those with a full allowance are forgotten


@dataclass(frozen=True, slots=True)
class Left:
    """What a key has left: whole requests, seconds until it has all of them, seconds until it has one (0: now)."""

    requests: int
    full: float
    wait: float


class Allowance:
    """`rate` requests per WINDOW seconds for each key; `now` is a clock in seconds."""

    def __init__(self, rate: int, now: Callable[[], float]) -> None:
        self.rate, self._now = rate, now
        self._full: dict[int, float] = {}  # when each key's allowance is full again
        self._interval = WINDOW / rate

    def take(self, key: int) -> Left:
        """Take one request. If none is left, `wait` says how long until there is."""
        now = self._now()
        owed = max(0.0, self._full.get(key, now) - now)  # seconds
        after = owed + self._interval
        if after > WINDOW * (1 + 1e-9):  # sums of floats aren't exact
            return Left(0, owed, after - WINDOW)
        self._forget_full(now)
        self._full[key] = now + after
        return Left(math.floor((WINDOW - after) / self._interval + 1e-6), after, 0.0)

    def _forget_full(self, now: float) -> None:
        if len(self._full) >= MOST:
            self._full = {key: full for key, full in self._full.items() if full > now}
