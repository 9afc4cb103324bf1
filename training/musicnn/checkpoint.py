"""Checkpoint: the weights in a TensorFlow checkpoint ("TensorBundle"), read without TensorFlow.

Two files. The index is a LevelDB table (`leveldb/doc/table_format.md`) with tensor names as keys and
`BundleEntryProto` messages (`tensorflow/core/protobuf/tensor_bundle.proto`) as values; these say where the numbers are
in the data file, little-endian. Supports only what such an index uses: uncompressed blocks, one data file.
"""

import struct
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

FOOTER = 48  # bytes: two block handles, padding, and MAGIC
MAGIC = 0xDB4775248B80FB57  # of LevelDB's tables
FLOAT = 1  # DT_FLOAT in `types.proto`
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5  # wire types of protocol buffers

Tensors = Mapping[str, NDArray[np.float32]]


def read_checkpoint(index: bytes, data: bytes) -> dict[str, NDArray[np.float32]]:
    """Return every float tensor by name, in its shape. Raises ValueError if this isn't such a checkpoint."""
    (magic,) = struct.unpack("<Q", index[-8:])
    if magic != MAGIC:
        raise ValueError("the index isn't a LevelDB table")
    entries = ((name.decode(), _fields(value)) for name, value in _table(index) if name)  # the unnamed one is a header
    return {name: _tensor(entry, data) for name, entry in entries if entry.get(1, [0])[0] == FLOAT}


def _tensor(entry: Mapping[int, list[int | bytes]], data: bytes) -> NDArray[np.float32]:
    """Return the numbers that a BundleEntryProto points to: dtype = 1, shape = 2, offset = 4, size = 5."""
    shape = _fields(_bytes(entry[2][0])) if 2 in entry else {}
    sizes = [_number(_fields(_bytes(dimension)).get(1, [0])[0]) for dimension in shape.get(2, [])]
    count, offset = _number(entry[5][0]) // 4, _number(entry.get(4, [0])[0])
    return np.frombuffer(data, "<f4", count, offset).reshape(sizes)


def _table(table: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield a LevelDB table's keys and values, in order; its index block says where the others are."""
    footer = table[-FOOTER:]
    (_, _, at, size), _ = _varints(footer, 0, 4)
    for _, handle in _block(table, at, size):
        (offset, length), _ = _varints(handle, 0, 2)
        yield from _block(table, offset, length)


def _block(table: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield a block's keys and values: each key states how much of the previous key it shares."""
    if table[offset + size] != 0:
        raise ValueError("the block is compressed")
    block = table[offset : offset + size]
    (restarts,) = struct.unpack("<I", block[-4:])
    at, end, key = 0, size - 4 - 4 * restarts, b""
    while at < end:
        (shared, fresh, length), at = _varints(block, at, 3)
        key = key[:shared] + block[at : at + fresh]
        at += fresh
        yield key, block[at : at + length]
        at += length


def _fields(message: bytes) -> dict[int, list[int | bytes]]:
    """Return a protocol buffer's values by field number: integers, and the rest as bytes."""
    at, fields = 0, dict[int, list[int | bytes]]()
    while at < len(message):
        (tag,), at = _varints(message, at, 1)
        value, at = _value(message, at, tag & 7)
        fields.setdefault(tag >> 3, []).append(value)
    return fields


def _value(message: bytes, at: int, wire: int) -> tuple[int | bytes, int]:
    if wire == VARINT:
        (number,), at = _varints(message, at, 1)
        return number, at
    if wire == BYTES:
        (length,), at = _varints(message, at, 1)
    else:
        length = {FIXED32: 4, FIXED64: 8}[wire]
    return message[at : at + length], at + length


def _varints(data: bytes, at: int, count: int) -> tuple[list[int], int]:
    """Read `count` varints, seven bits per byte, lowest first; return them and where they end."""
    numbers = []
    for _ in range(count):
        number = shift = 0
        while data[at] & 0x80:
            number |= (data[at] & 0x7F) << shift
            at, shift = at + 1, shift + 7
        numbers.append(number | data[at] << shift)
        at += 1
    return numbers, at


def _number(value: int | bytes) -> int:
    if not isinstance(value, int):
        raise ValueError("expected an integer")
    return value


def _bytes(value: int | bytes) -> bytes:
    if not isinstance(value, bytes):
        raise ValueError("expected a message")
    return value
