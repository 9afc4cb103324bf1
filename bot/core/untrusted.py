"""Untrusted: read single values from JSON that other services send. Pure.

Each reader returns one type. Anything absent, null, empty or of another type is None (or an empty collection), so one
odd field never costs more than itself.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
Malformed = Callable[[Callable[..., Any], Exception], Exception]  # (reader, what it raised) → what to raise

LONGEST = 500  # characters of a text
MOST = 2**31 - 1  # fits into an integer of every database
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
UNWRITABLE = {"Cc", "Cs"}  # control characters and lone surrogates, by Unicode category
WEB = re.compile(r"https?://[^\s<>\"]+")


def answer(malformed: Malformed) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Mark a reader of a whole answer: if it trips over one, `malformed` says what is raised instead."""

    def guard(reads: Callable[P, T]) -> Callable[P, T]:
        @wraps(reads)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                return reads(*args, **kwargs)
            except (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError) as error:
                raise malformed(reads, error) from None

        return guarded

    return guard


def needed(value: T | None) -> T:
    """Return what an answer is useless without. Raises ValueError if it's None."""
    if value is None:
        raise ValueError
    return value


def text(value: Any, longest: int = LONGEST) -> str | None:
    """Return a non-empty text on one line, without characters that can't be stored or shown; else None."""
    if not isinstance(value, str):
        return None
    writable = "".join(" " if unicodedata.category(character) in UNWRITABLE else character for character in value)
    return " ".join(writable.split())[:longest] or None


def count(value: Any) -> int | None:
    """Return a whole number from 0 to MOST, else None. JSON may hold true, 3.0 or "3"."""
    whole = number(value)
    return int(whole) if whole is not None and whole.is_integer() and 0 <= whole <= MOST else None


def number(value: Any) -> float | None:
    """Return a finite number, else None. JSON may hold true, or a number as text."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < float("inf"):
        return None
    try:
        return float(value)
    except OverflowError:  # JSON integers can have any length
        return None


def thing(value: Any) -> Mapping[str, Any]:
    """Return a JSON object; empty if it isn't one."""
    return value if isinstance(value, dict) else {}


def things(value: Any) -> list[Mapping[str, Any]]:
    """Return the objects in a list, ignoring anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def rows(value: Any) -> list[Any]:
    """Return the list that an answer consists of. Raises TypeError if it isn't a list: the answer is useless then."""
    if not isinstance(value, list):
        raise TypeError
    return value


def texts(values: Any) -> list[str]:
    """Return the distinct texts in a list."""
    readable = [text(value) for value in values] if isinstance(values, list) else []
    return list(dict.fromkeys(word for word in readable if word))


def url(value: Any) -> str | None:
    """Return a web address that can be stored and shown, else None."""
    return value if isinstance(value, str) and value == text(value) and WEB.fullmatch(value) else None


def moment(value: Any) -> datetime | None:
    """Return the moment in an ISO 8601 text, in UTC, assuming UTC if it names no zone; else None."""
    if not isinstance(value, str):
        return None
    try:
        parsed = datetime.fromisoformat(value)
        parsed = (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return parsed if EARLIEST < parsed <= LATEST else None  # programs write 1970 for "no date"
