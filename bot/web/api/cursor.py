"""Cursor: where a page begins, as callers hand it back. Opaque to them; to us what the catalogue said. Pure."""

import base64
import binascii

LONGEST = 1024  # characters


class NoCursor(ValueError):
    """This is no cursor that was ever given out."""


def write(after: str) -> str:
    return base64.urlsafe_b64encode(after.encode()).decode().rstrip("=")


def read(cursor: str) -> str:
    """Return what `write` was given. Raises NoCursor for whatever it never wrote."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        after = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise NoCursor from None
    if not cursor or len(cursor) > LONGEST or write(after) != cursor:
        raise NoCursor
    return after
