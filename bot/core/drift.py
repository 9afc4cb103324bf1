"""Drift: whether the clock was put forward or back, held against a steady one that nobody sets."""

from datetime import datetime, timedelta

LEAST = timedelta(seconds=30)  # less is a clock that is kept right


def put_back(before: datetime | None, zero: datetime) -> timedelta | None:
    """Return how far the clock was put back between two looks, below 0 for forward; None: it wasn't moved.

    A look is what the clock shows when the steady one stands at zero. The first look (`before` is None) returns 0, for
    nobody knows what happened before it.
    """
    if before is None:
        return timedelta()
    moved = before - zero
    return moved if abs(moved) >= LEAST else None
