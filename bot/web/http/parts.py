"""Parts: conditional requests and byte ranges (RFC 9110, sections 13 and 14), as far as we need them. Pure.

Validators are strong entity tags. Only single ranges are served; several at once, or a range in other units, get the
whole body: the RFC lets a server ignore them.
"""

import hashlib
import re
from dataclasses import dataclass

ETAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\uffff]*")')
ETAGS = re.compile(rf"[ \t]*{ETAG.pattern}(?:[ \t]*,[ \t]*{ETAG.pattern})*[ \t]*")
RANGE = re.compile(r"bytes=[ \t]*(?:([0-9]{1,18})-([0-9]{1,18})?|-([0-9]{1,18}))[ \t]*", re.ASCII | re.IGNORECASE)


class Unsatisfiable(ValueError):
    """The range lies outside the data."""


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes `first` to `last`, both included, of `size`."""

    first: int
    last: int
    size: int

    @property
    def content_range(self) -> str:
        return f"bytes {self.first}-{self.last}/{self.size}"

    def of(self, data: bytes) -> bytes:
        return data[self.first : self.last + 1]


def etag(data: bytes) -> str:
    return f'"{hashlib.sha256(data).hexdigest()[:32]}"'


def has_it(if_none_match: str | None, current: str) -> bool:
    """Return whether the caller already has `current`, by If-None-Match (weak comparison)."""
    if if_none_match is None:
        return False
    if if_none_match.strip() == "*":
        return True
    return bool(ETAGS.fullmatch(if_none_match)) and current in ETAG.findall(if_none_match)


def part(wanted: str | None, if_range: str | None, current: str, size: int) -> ByteRange | None:
    """Return the range that Range asks for; None for the whole body. Raises Unsatisfiable.

    An If-Range that doesn't equal `current` (strong comparison; a date never does) asks for the whole body.
    """
    asked = RANGE.fullmatch(wanted or "")
    if asked is None or (if_range is not None and if_range.strip() != current):
        return None
    first, last, suffix = asked.groups()
    if suffix is not None:
        return _within(max(0, size - int(suffix)), size - 1, size)
    if last is not None and int(last) < int(first):
        return None  # invalid, so ignored (RFC 9110, 14.1.1)
    return _within(int(first), min(int(last) if last else size - 1, size - 1), size)


def _within(first: int, last: int, size: int) -> ByteRange:
    if first > last:
        raise Unsatisfiable
    return ByteRange(first, last, size)
