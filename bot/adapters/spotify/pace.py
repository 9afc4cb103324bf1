"""Pace: how often Spotify is called: at most so many requests a second per app, and ever fewer while it's down.

Pure except for the log and random jitter: `now` is passed in, in seconds of a steady clock; seconds to wait come out.
"""

import logging
from dataclasses import dataclass
from secrets import SystemRandom

log = logging.getLogger(__name__)
LONGEST = 300.0  # seconds; the cap of the back-off (promise P7)
PROBE = 20.0  # seconds reserved for one try; longer than its timeouts
_random = SystemRandom()


@dataclass(frozen=True, slots=True)
class Pace:
    """Sustained requests per second per client id, burst size, and the first back-off's ceiling in seconds."""

    rate: float = 1.0
    burst: int = 10
    backoff: float = 1.0


class Bucket:
    """A client id's tokens: `burst` at first, `rate` new ones a second."""

    def __init__(self, pace: Pace) -> None:
        self._gap = 1 / pace.rate
        self._slack = self._gap * (pace.burst - 1)
        self._due: float | None = None  # when the next request would be due at an even pace

    def reserve(self, now: float) -> float:
        """Take a token; return the seconds until it may be used."""
        due = now if self._due is None else max(now, self._due)
        self._due = due + self._gap
        return max(0.0, due - self._slack - now)

    def hold(self, until: float) -> None:
        """Give out no token before `until`."""
        self._due = max(until + self._slack, until if self._due is None else self._due)


class Outage:
    """Whether Spotify responds at all. While it doesn't, one request per back-off step (full jitter)."""

    def __init__(self, pace: Pace) -> None:
        self._base = pace.backoff
        self._failures = 0
        self._next: float | None = None

    def wait(self, now: float) -> float:
        """Return the seconds until the next try; at 0 it's the caller's turn to try."""
        if self._next is None:
            return 0.0
        seconds = max(0.0, self._next - now)
        if not seconds:
            self._next = now + PROBE
        return seconds

    def failed(self, now: float) -> None:
        if not self._failures:
            log.warning("Spotify does not answer; trying again, less and less often")
        ceiling = min(LONGEST, self._base * 2 ** min(self._failures, 30))
        self._failures += 1
        self._next = now + _random.uniform(0, ceiling)

    def answered(self) -> None:
        if self._failures:
            log.warning("Spotify answers again, after %d %s", self._failures, "try" if self._failures == 1 else "tries")
        self._failures, self._next = 0, None
