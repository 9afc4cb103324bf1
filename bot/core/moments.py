"""Moments: dates from outside, as programs and people write them; none that lies out of all range. Pure."""

import re
from datetime import datetime

from bot.core import untrusted

FIRST, LAST = 1000, 2100  # years of releases; 0000 is what programs write for an unknown one
LONGEST = 40  # characters
BY_YEAR = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?(?!\d)")
BY_DAY = re.compile(r"(\d{1,2})([./-])(\d{1,2})[./-](\d{4})(?:[ ,T]+(\d{1,2}):(\d\d)(?::(\d\d))?)?(?!\d)")
ANY_YEAR = re.compile(r"(?<!\d)(\d{4})(?!\d)")
Date = tuple[int, int | None, int | None]  # year, month, day


def moment(text: str) -> datetime | None:
    """Return a moment in UTC, taken for UTC where it names no zone; None for what is no moment, or out of range."""
    if len(text) > LONGEST:
        return None
    return _by_day(text) if BY_DAY.match(text) else untrusted.moment(text)


def year_of(text: str) -> float | None:
    """Return "1988-07-11" as 1988.53; what says no month or no day happened in the middle of it. None for no date."""
    if len(text) > LONGEST or (date := _date(text)) is None or not FIRST <= date[0] < LAST:
        return None
    year, month, day = date
    if not month or not 1 <= month <= 12:
        return year + 0.5
    return year + (month - 1 + (min(max(day or 15, 1), 31) - 0.5) / 31) / 12


def _date(text: str) -> Date | None:
    if found := BY_YEAR.match(text):
        return int(found[1]), int(found[2] or 0), int(found[3] or 0)
    if found := BY_DAY.match(text):
        return int(found[4]), *_month_and_day(found)
    year = ANY_YEAR.search(text)
    return (int(year[1]), None, None) if year else None


def _month_and_day(found: re.Match[str]) -> tuple[int | None, int | None]:
    """Tell 17.5. and 5/17 apart; of 5/6 nobody knows which is the month."""
    one, other = int(found[1]), int(found[3])
    if found[2] == "." or one > 12:
        return other, one
    return (one, other) if other > 12 or one == other else (None, None)


def _by_day(text: str) -> datetime | None:
    """Read "17.05.2019 10:00"."""
    found = BY_DAY.fullmatch(text)
    month, day = _month_and_day(found) if found else (None, None)
    if not found or not month or not day:
        return None
    time = f"{int(found[5] or 0):02}:{found[6] or '00'}:{found[7] or '00'}"
    return untrusted.moment(f"{found[4]}-{month:02}-{day:02}T{time}")
