"""Shapes: read services' answers with care. Pure."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import ParamSpec, TypeVar

from bot.errors import SourceFailed

P = ParamSpec("P")
T = TypeVar("T")
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)  # `since` of a service: it grows, but doesn't say when


def answer(reads: Callable[P, T]) -> Callable[P, T]:
    """Mark a reader of answers: malformed ones raise SourceFailed."""

    @wraps(reads)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return reads(*args, **kwargs)
        except (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError) as error:
            raise SourceFailed(f"no {reads.__module__.rpartition('.')[2]} answer: {type(error).__name__}") from None

    return guarded
