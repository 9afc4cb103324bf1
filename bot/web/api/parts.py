"""Parts: conditional requests and byte ranges (RFC 9110, 13 and 14), as far as they go here. Pure.

Validators are strong entity tags. Of ranges, a single one is served; to several at once the whole is the answer, as it
is to anything that is no range of bytes: the RFC lets a server ignore what it does not want to serve.
"""

import hashlib
import re
from dataclasses import dataclass

ETAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\uffff]*")')
ETAGS = re.compile(rf"[ \t]*{ETAG.pattern}(?:[ \t]*,[ \t]*{ETAG.pattern})*[ \t]*")
RANGE = re.compile(r"bytes=[ \t]*(?:([0-9]{1,18})-([0-9]{1,18})?|-([0-9]{1,18}))[ \t]*", re.ASCII | re.IGNORECASE)


class Unsatisfiable(ValueError):
    """A range that lies outside of what there is."""


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
    """Whether the caller has `current` already: by If-None-Match, compared weakly."""
    if if_none_match is None:
        return False
    if if_none_match.strip() == "*":
        return True
    return bool(ETAGS.fullmatch(if_none_match)) and current in ETAG.findall(if_none_match)


def part(wanted: str | None, if_range: str | None, current: str, size: int) -> ByteRange | None:
    """Return the part that Range asks for, None for the whole. Raises Unsatisfiable.

    With an If-Range that is not `current` (compared strongly; a date never is) the whole is wanted.
    """
    found = RANGE.fullmatch(wanted or "")
    if found is None or (if_range is not None and if_range.strip() != current):
        return None
    first, last, suffix = found.groups()
    if suffix is not None:
        return _within(max(0, size - int(suffix)), size - 1, size)
    if last is not None and int(last) < int(first):
        return None  # not a range at all, says the RFC
    return _within(int(first), min(int(last) if last else size - 1, size - 1), size)


def _within(first: int, last: int, size: int) -> ByteRange:
    if first > last:
        raise Unsatisfiable
    return ByteRange(first, last, size)
