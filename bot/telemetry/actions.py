"""Actions: one id for everything that a member's action sets off, printed in every line logged about it.

Ids are random, so they say nothing about whom an action was for. A job's row carries the id on, past a restart.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ACTION: ContextVar[str] = ContextVar("action", default="")
BYTES = 5  # a log of a million actions has no two alike, most likely


def current() -> str:
    """Return the id of the action that this is part of; "" if it's part of none."""
    return _ACTION.get()


def current_or_new() -> str:
    return current() or secrets.token_hex(BYTES)


def begin(action: str = "") -> None:
    """Make the rest of this task part of an action; without an id, of a new one."""
    _ACTION.set(action or secrets.token_hex(BYTES))


@contextmanager
def acting(action: str = "") -> Iterator[None]:
    """Make what happens in the block, and the tasks begun in it, part of an action; without an id, of a new one."""
    before = _ACTION.set(action or secrets.token_hex(BYTES))
    try:
        yield
    finally:
        _ACTION.reset(before)
