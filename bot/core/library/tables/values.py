"""Values: read cells as numbers and lengths, in the forms that programs and spreadsheets write. Pure."""

import re
from collections.abc import Mapping

MOST = 1e9  # larger than any number about a song
LONGEST_NUMBER = 40  # characters
LONGEST = 86_400_000  # ms; songs are shorter than a day
BARE_MS = 10_000  # a length without a unit is in seconds below this, else in milliseconds
NUMBER = re.compile(r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
GROUPED = re.compile(
    r"[+-]?\d{1,3}(?:(?:[ \u00a0\u202f'’]\d{3})+(?:[.,]\d+)?|(?:\.\d{3})+(?:,\d+|\.\d{3})|(?:,\d{3})+(?:\.\d+|,\d{3}))",
    re.ASCII,
)  # 200 588 and 1.234,5; 1.234 is ambiguous
GROUPED_WHOLE = re.compile(r"\d{1,3}(?:[.,]\d{3})+", re.ASCII)
CLOCK = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):(\d\d(?:[.,]\d+)?)", re.ASCII)
SPELT = re.compile(
    r"(?:PT)?(?:(\d{1,2})\s*(?:h|hrs?|hours?)\s*)?(?:(\d{1,4})\s*(?:m|mins?|minutes?|['′])\s*)?"
    r"(?:(\d{1,6}(?:[.,]\d+)?)\s*(?:s|secs?|seconds?|\"|″|''))?",
    re.ASCII | re.IGNORECASE,
)  # 3 min 20 s, PT3M20S (ISO 8601), 3'20"
MILLISECONDS = re.compile(r"(\d{1,8}(?:[.,]\d+)?)\s*ms", re.ASCII | re.IGNORECASE)
YES = frozenset({"true", "major", "wahr", "vrai", "verdadero", "verdadeiro", "vero", "waar", "sant", "doğru"})
NO = frozenset(
    {"false", "minor", "falsch", "faux", "falso", "onwaar", "falskt", "yanlış"}
)  # as spreadsheets write them


def number(text: str) -> float | None:
    """Return a number ("50%" is 0.5), or 1 and 0 for yes and no; None for anything else or out of range."""
    plain = text if text.isascii() else text.replace("\u2212", "-")
    plain = plain.removeprefix("'")
    if plain.endswith("%"):
        share = None if plain.endswith("%%") else number(plain[:-1].rstrip())
        return None if share is None else share / 100
    if len(plain) > LONGEST_NUMBER:
        return None
    if not NUMBER.fullmatch(plain):
        return number(_ungrouped(plain)) if GROUPED.fullmatch(plain) else _yes_or_no(plain)
    value = float(plain.replace(",", "."))
    return value if abs(value) <= MOST else None


def _yes_or_no(text: str) -> float | None:
    said = text.casefold()
    return float(said in YES) if said in YES or said in NO else None


def _ungrouped(text: str) -> str:
    """Return a number without thousands separators; the last separator is the decimal one if it occurs once."""
    signs = re.findall(r"[^\d+-]", text)
    decimal = signs[-1] if signs[-1] in ".," and signs.count(signs[-1]) == 1 else ""
    return "".join(sign if sign.isdigit() or sign in "+-" else "." if sign == decimal else "" for sign in text)


def milliseconds(fields: Mapping[str, str]) -> int | None:
    """Return a song's length from `duration_ms`, else from `duration` ("3:20", "200s", seconds); None if unknown."""
    length = _in_ms(fields.get("duration_ms", "")) or _duration(fields.get("duration", ""))
    return round(length) if length is not None and 1 <= length <= LONGEST else None


def _in_ms(text: str) -> float | None:
    """Read milliseconds: they have no fraction, so a separator marks thousands."""
    if GROUPED_WHOLE.fullmatch(text):
        return float(re.sub("[.,]", "", text))
    length = number(text)
    return _told(text) if length is None else length


def _duration(text: str) -> float | None:
    length = number(text)
    if length is None:
        return _told(text)
    return length * 1000 if length < BARE_MS else length


def _told(text: str) -> float | None:
    """Return the milliseconds of a length with units; None for any other text."""
    if parts := MILLISECONDS.fullmatch(text):
        return _float(parts[1])
    if text and (parts := CLOCK.fullmatch(text) or SPELT.fullmatch(text)):
        return 1000 * (3600 * int(parts[1] or 0) + 60 * int(parts[2] or 0) + _float(parts[3] or "0"))
    return None


def _float(text: str) -> float:
    return float(text.replace(",", "."))
