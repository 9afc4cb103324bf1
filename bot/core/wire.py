"""Wire: the messages between two of our processes: length-prefixed JSON that's never executed. Pure.

A message is four bytes (big-endian) giving the number of UTF-8 bytes that follow.
"""

import json
import struct
from collections.abc import Mapping
from typing import Any

HEADER = struct.Struct(">I")
MOST = 64 * 2**20  # bytes of a message; a clip of Discord's largest size fits in as base64


def pack(message: Mapping[str, Any]) -> bytes:
    """Return a message's bytes. Raises ValueError if it has no JSON form (NaN) or is too long."""
    body = json.dumps(message, allow_nan=False).encode()
    if len(body) > MOST:
        raise ValueError(f"a message of {len(body):,} bytes")
    return HEADER.pack(len(body)) + body


def length(header: bytes) -> int:
    """Return how many bytes follow a header. Raises ValueError if that's more than MOST."""
    (size,) = HEADER.unpack(header)
    if size > MOST:
        raise ValueError(f"a message of {size:,} bytes")
    return int(size)


def unpack(body: bytes) -> dict[str, Any]:
    """Read a message's body. Raises ValueError if it isn't an object."""
    try:
        message = json.loads(body)
    except RecursionError:
        raise ValueError("a message that's nested too deep") from None
    if not isinstance(message, dict):
        raise ValueError("a message is an object")
    return message
