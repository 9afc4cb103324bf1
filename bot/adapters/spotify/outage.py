"""Outage: Spotify is called ever less often while it's down.

Pure except for the log and random jitter: `now` is passed in, in seconds of a steady clock; seconds to wait come out.
"""

import logging
from secrets import SystemRandom

log = logging.getLogger(__name__)
LONGEST = 300.0  # seconds; the cap of the back-off (promise P7)
PROBE = 20.0  # seconds reserved for one try; longer than its timeouts
_random = SystemRandom()


class Outage:
    """Whether Spotify responds at all. While it doesn't, one request per back-off step (full jitter).

    base: seconds, the first step's ceiling.
    """

    def __init__(self, base: float = 1.0) -> None:
        self._base = base
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
