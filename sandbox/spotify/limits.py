"""Limits: the rolling window in which Spotify counts requests, per client id."""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil


@dataclass(slots=True)
class Limit:
    """At most `requests` per `window` and client id; the real numbers are unpublished. None: no limit."""

    requests: int | None = 300
    window: timedelta = timedelta(seconds=30)
    _times: defaultdict[str, deque[datetime]] = field(default_factory=lambda: defaultdict(deque), repr=False)

    def wait(self, client_id: str, now: datetime) -> int:
        """Count a request and return 0, or return how many seconds to wait first."""
        times = self._times[client_id]
        while times and times[0] <= now - self.window:
            times.popleft()
        if self.requests is not None and len(times) >= self.requests:
            return max(1, ceil((times[0] + self.window - now).total_seconds()))
        times.append(now)
        return 0
