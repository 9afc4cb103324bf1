"""Cursor: where the next page begins. Opaque to callers; inside is the catalogue's own position. Pure."""

import base64
import binascii

LONGEST = 1024  # characters


class NoCursor(ValueError):
    """This isn't a cursor we gave out."""


def write(after: str) -> str:
    return base64.urlsafe_b64encode(after.encode()).decode().rstrip("=")


def read(cursor: str) -> str:
    """Return what `write` was given. Raises NoCursor for anything `write` can't have returned."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        after = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise NoCursor from None
    if not cursor or len(cursor) > LONGEST or write(after) != cursor:
        raise NoCursor
    return after
