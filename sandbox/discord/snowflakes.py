"""Snowflakes: Discord's ids, with the time in the upper 42 bits, so they sort by age and tell when they were made."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

EPOCH_MS = 1_420_070_400_000  # 2015-01-01 UTC
SEQUENCE_BITS = 22

Clock = Callable[[], datetime]


def time_of(snowflake: int) -> datetime:
    """Return when the object with this id was created."""
    return datetime.fromtimestamp(EPOCH_MS / 1000, UTC) + timedelta(milliseconds=snowflake >> SEQUENCE_BITS)


class Snowflakes:
    """Strictly increasing ids for the present, even if the clock stands still."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def next(self) -> int:
        since_epoch = int(self._clock().timestamp() * 1000) - EPOCH_MS
        self._last = max(self._last + 1, since_epoch << SEQUENCE_BITS)
        return self._last
