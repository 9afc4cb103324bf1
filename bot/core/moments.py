"""Moments: read the dates that people and programs write; anything out of range is None. Pure."""

import re
from datetime import UTC, datetime, timedelta

from bot.core import untrusted

FIRST, LAST = 1000, 2100  # release years; programs write 0000 for an unknown one
LONGEST = 40  # characters
BY_YEAR = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2}))?)?(?!\d)")
COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?!\d)")
BY_DAY = re.compile(r"(\d{1,2})([./-])(\d{1,2})[./-](\d{4}|\d\d)(?!\d)")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH = rf"({'|'.join(MONTHS)})[a-z]*\.?"
DAY_MONTH = re.compile(rf"(\d{{1,2}})[ -]{MONTH}[ ,-]+(\d{{4}}|\d\d)(?!\d)", re.IGNORECASE)
MONTH_DAY = re.compile(rf"{MONTH} (\d{{1,2}}),? (\d{{4}})(?!\d)", re.IGNORECASE)
ANY_YEAR = re.compile(r"(?<!\d)(\d{4})(?!\d)")
GROUPED_YEAR = re.compile(r"([12])[.,' \u00a0\u202f](\d{3})")  # a spreadsheet formats a year as a number
SCIENTIFIC_YEAR = re.compile(r"([12])[.,](\d{3})E\+?0?3", re.IGNORECASE)
TIME = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?(?:[.,]\d+)?(?:\s?([ap])\.?m\b)?", re.IGNORECASE)
ZONE = re.compile(r"\s+(?=[+-]\d\d)|\s*(?:UTC|GMT)$")  # not valid in ISO 8601
SERIAL = re.compile(r"\d{5}(?:[.,]\d+)?")  # spreadsheets store dates as days
NOUGHT = datetime(1899, 12, 30, tzinfo=UTC)  # day 0 of a spreadsheet
SERIALS = 18_264, 73_051  # of 1950 and of LAST
EPOCH = re.compile(r"\d{10}|\d{13}")  # seconds or milliseconds since 1970
PIVOT = 30  # 29 is 2029, 30 is 1930, as spreadsheets read them
Date = tuple[int, int | None, int | None]  # year, month, day


def moment(text: str) -> datetime | None:
    """Return a moment in UTC, assuming UTC if it names no zone; None if it isn't a moment or is out of range."""
    if len(text) > LONGEST:
        return None
    return untrusted.moment(text) or untrusted.moment(ZONE.sub("", text)) or _counted(text) or _spelt(text)


def year_of(text: str) -> float | None:
    """Return "1988-07-11" as 1988.53; without a month or day, the middle of the year or month. None if it's no date."""
    if len(text) > LONGEST or (date := _date(text)) is None or not FIRST <= date[0] < LAST:
        return None
    year, month, day = date
    if not month or not 1 <= month <= 12:
        return year + 0.5
    return year + (month - 1 + (min(max(day or 15, 1), 31) - 0.5) / 31) / 12


def _date(text: str) -> Date | None:
    if date := BY_YEAR.match(text) or COMPACT.fullmatch(text):
        return int(date[1]), int(date[2] or 0), int(date[3] or 0)
    if counted := _counted(text):
        return counted.year, counted.month, counted.day
    if date := BY_DAY.match(text):
        return _full(date[4]), *_month_and_day(date)
    if date := DAY_MONTH.match(text):
        return _full(date[3]), _month(date[2]), int(date[1])
    if date := MONTH_DAY.match(text):
        return int(date[3]), _month(date[1]), int(date[2])
    year = GROUPED_YEAR.fullmatch(text) or SCIENTIFIC_YEAR.fullmatch(text) or ANY_YEAR.search(text)
    return (int("".join(year.groups())), None, None) if year else None


def _counted(text: str) -> datetime | None:
    """Read a number of days, seconds or milliseconds."""
    if SERIAL.fullmatch(text):
        days = float(text.replace(",", "."))
        return NOUGHT + timedelta(seconds=round(86_400 * days)) if SERIALS[0] <= days < SERIALS[1] else None
    if not EPOCH.fullmatch(text):
        return None
    since = datetime.fromtimestamp(int(text[:10]), UTC)
    return since if since <= untrusted.LATEST else None


def _full(year: str) -> int:
    return int(year) if len(year) == 4 else int(year) + (2000 if int(year) < PIVOT else 1900)


def _month(name: str) -> int:
    return MONTHS.index(name.lower()) + 1


def _month_and_day(date: re.Match[str]) -> tuple[int | None, int | None]:
    """Tell 17.5. from 5/17; 5/6 is ambiguous, so both are None."""
    one, other = int(date[1]), int(date[3])
    if date[2] == "." or one > 12:
        return other, one
    return (one, other) if other > 12 or one == other else (None, None)


def _spelt(text: str) -> datetime | None:
    """Read "17.05.2019 10:00", "5/17/2019 1:05 PM", "17 May 2019, 10:00"."""
    if (date := _date(text)) is None or not all(date):
        return None
    time = TIME.search(text)
    hour, minute, second = (int(part or 0) for part in time.groups()[:3]) if time else (0, 0, 0)
    if time and time[4]:
        hour = hour % 12 + (12 if time[4].lower() == "p" else 0)
    year, month, day = date
    return untrusted.moment(f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
