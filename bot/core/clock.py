"""Clock: whether it was moved forward or back, judged by a steady clock that nobody sets. Pure."""

from datetime import datetime, timedelta

LEAST = timedelta(seconds=30)  # anything less is ordinary time synchronisation


def clock_step(before: datetime | None, zero: datetime) -> timedelta | None:
    """Return how far the clock was moved back between two looks, negative if forward, None if it wasn't moved.

    A look is the clock's time at the steady clock's zero. The first look (`before` is None) returns 0: nothing is known
    of the time before it.
    """
    if before is None:
        return timedelta()
    moved = before - zero
    return moved if abs(moved) >= LEAST else None
