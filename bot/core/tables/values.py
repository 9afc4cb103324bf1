"""Values: cells as numbers and lengths, in the forms that programs and spreadsheets give them. Pure."""

import re
from collections.abc import Mapping

MOST = 1e9  # no number about a song is larger
LONGEST_NUMBER = 40  # characters
LONGEST = 86_400_000  # ms; a song is shorter than a day
BARE_MS = 10_000  # a length without a unit is in seconds below, in milliseconds from here on
NUMBER = re.compile(r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
CLOCK = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):(\d\d)(?:[.,]\d+)?", re.ASCII)
SECONDS = re.compile(r"(\d{1,6}(?:[.,]\d+)?)\s*(?:s|sec|secs|seconds)", re.ASCII | re.IGNORECASE)
YES = frozenset({"true", "major", "wahr", "vrai", "verdadero", "verdadeiro", "vero", "waar", "sant", "doğru"})
NO = frozenset({"false", "minor", "falsch", "faux", "falso", "onwaar", "falskt", "yanlış"})  # as spreadsheets say them


def number(text: str) -> float | None:
    """Return a number, or 1 and 0 for yes and no; None for anything else, and for what is out of all range."""
    plain = text.replace("\u2212", "-")
    if len(plain) > LONGEST_NUMBER or not NUMBER.fullmatch(plain):
        said = text.casefold()
        return float(said in YES) if said in YES or said in NO else None
    value = float(plain.replace(",", "."))
    return value if abs(value) <= MOST else None


def milliseconds(fields: Mapping[str, str]) -> int | None:
    """Return a song's length from `duration_ms`, else from `duration` ("3:20", "200s", seconds); None if unknown."""
    found = number(fields.get("duration_ms", "")) or _duration(fields.get("duration", ""))
    return round(found) if found is not None and 1 <= found <= LONGEST else None


def _duration(text: str) -> float | None:
    if clock := CLOCK.fullmatch(text):
        return 1000.0 * (3600 * int(clock[1] or 0) + 60 * int(clock[2]) + int(clock[3]))
    if seconds := SECONDS.fullmatch(text):
        return 1000 * float(seconds[1].replace(",", "."))
    found = number(text)
    return found * 1000 if found is not None and found < BARE_MS else found
