"""Vectors: arrays by the type of their numbers, and named float32 vectors packed into one value of the database. Pure.

Packed, the first line is JSON mapping each name to its length; the numbers follow in that order, little-endian.
"""

import json
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Mask = NDArray[np.bool_]
NUMBER = np.dtype("<f4")


def pack(vectors: Mapping[str, Floats]) -> bytes | None:
    """Return the vectors, each (n,) with its own n, as bytes; None if there are none."""
    if not vectors:
        return None
    header = json.dumps({name: len(vector) for name, vector in vectors.items()})
    return header.encode() + b"\n" + b"".join(np.asarray(vector, NUMBER).tobytes() for vector in vectors.values())


def unpack(packed: bytes | None) -> dict[str, Floats]:
    """Read what `pack` wrote. Raises ValueError for anything else."""
    if packed is None:
        return {}
    header, _, body = packed.partition(b"\n")
    numbers = np.frombuffer(body, NUMBER)
    lengths: dict[str, int] = json.loads(header)
    if sum(lengths.values()) != len(numbers):
        raise ValueError("not as many numbers as the header says")
    ends = np.cumsum(list(lengths.values()))
    return {name: numbers[end - lengths[name] : end] for name, end in zip(lengths, ends, strict=True)}
