"""Untrusted: single values out of JSON that others send. Pure.

Each reader returns a value of its one type, or says that there is none: whatever is absent, null, empty or of another
type is None (or an empty collection), so one odd field never costs more than itself.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

LONGEST = 500  # characters of a text
MOST = 2**31 - 1  # what every database takes as an integer
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
UNWRITABLE = {"Cc", "Cs"}  # control characters and lone surrogates, by Unicode category
WEB = re.compile(r"https?://[^\s<>\"]+")


def text(value: Any, longest: int = LONGEST) -> str | None:
    """Return a non-empty text on one line, without characters that cannot be stored or shown."""
    if not isinstance(value, str):
        return None
    writable = "".join(" " if unicodedata.category(each) in UNWRITABLE else each for each in value)
    return " ".join(writable.split())[:longest] or None


def count(value: Any) -> int | None:
    """Return a whole number from 0 to MOST; JSON may say true, 3.0 or "3"."""
    found = number(value)
    return int(found) if found is not None and found.is_integer() and 0 <= found <= MOST else None


def number(value: Any) -> float | None:
    """Return a finite number; JSON may say true, or a number as text."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < float("inf"):
        return None
    try:
        return float(value)
    except OverflowError:  # JSON knows whole numbers of any length
        return None


def thing(value: Any) -> Mapping[str, Any]:
    """Return an object; empty where there is none."""
    return value if isinstance(value, dict) else {}


def things(value: Any) -> list[Mapping[str, Any]]:
    """Return the objects of a list; what else is in it is left out."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def rows(value: Any) -> list[Any]:
    """Return the list that an answer consists of. Raises TypeError where there is none: then the answer is useless."""
    if not isinstance(value, list):
        raise TypeError
    return value


def texts(values: Any) -> list[str]:
    """Return the texts of a list, each once."""
    found = [text(each) for each in values] if isinstance(values, list) else []
    return list(dict.fromkeys(each for each in found if each))


def url(value: Any) -> str | None:
    """Return a web address."""
    return value if isinstance(value, str) and len(value) <= LONGEST and WEB.fullmatch(value) else None


def moment(value: Any) -> datetime | None:
    """Return the moment that an ISO 8601 text names, in UTC; one without a zone is taken as UTC."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
        found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if EARLIEST < found <= LATEST else None  # 1970 itself is what programs write for none
