"""Wire: what two processes of ours say to each other. Plain JSON, with its length before it; nothing is ever run. Pure.

A message is four bytes, big-endian, that say how many bytes of UTF-8 follow.
"""

import json
import struct
from collections.abc import Mapping
from typing import Any

HEADER = struct.Struct(">I")
MOST = 64 * 2**20  # bytes of a message; a clip of Discord's largest size fits in as base64


def pack(message: Mapping[str, Any]) -> bytes:
    """Return the bytes of a message. Raises ValueError for what JSON has no word for (NaN), or what is too long."""
    body = json.dumps(message, allow_nan=False).encode()
    if len(body) > MOST:
        raise ValueError(f"a message of {len(body):,} bytes")
    return HEADER.pack(len(body)) + body


def length(header: bytes) -> int:
    """Return how many bytes follow a header. Raises ValueError where they are more than a message has."""
    (size,) = HEADER.unpack(header)
    if size > MOST:
        raise ValueError(f"a message of {size:,} bytes")
    return int(size)


def unpack(body: bytes) -> dict[str, Any]:
    """Read what follows a header. Raises ValueError for anything but an object."""
    message = json.loads(body)
    if not isinstance(message, dict):
        raise ValueError("a message is an object")
    return message
