"""TensorFlow checkpoints, read without TensorFlow: written here byte by byte as the formats are specified."""

import struct

import numpy as np
import pytest

from training.musicnn.checkpoint import MAGIC, read_checkpoint

FLOAT, INT64 = 1, 9  # of DataType


def varint(number: int) -> bytes:
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + varint(rest) if rest else bytes([low])


def field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def entry(kind: int, shape: tuple[int, ...], offset: int, size: int) -> bytes:
    """A BundleEntryProto: dtype, shape (dims with sizes), offset, size, and a fixed32 checksum."""
    dims = b"".join(field(2, field(1, size)) for size in shape)
    return field(1, kind) + field(2, dims) + field(4, offset) + field(5, size) + varint(6 << 3 | 5) + b"\0\0\0\0"


def block(entries: dict[bytes, bytes]) -> bytes:
    """A block with one restart point, in which each key omits the prefix it shares with the previous one."""
    packed, before = b"", b""
    for key, value in entries.items():
        shared = next((at for at, (one, other) in enumerate(zip(key, before, strict=False)) if one != other), 0)
        packed += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        before = key
    return packed + struct.pack("<II", 0, 1)


def table(entries: dict[bytes, bytes], compression: int = 0) -> bytes:
    """Data, empty metaindex and index blocks, and a footer; a compression byte and a checksum follow each block."""
    ending, blocks, handles = bytes([compression]) + b"\0\0\0\0", b"", []
    for section in (block(entries), block({})):
        handles.append(varint(len(blocks)) + varint(len(section)))
        blocks += section + ending
    index = block({b"z": handles[0]})
    footer = (handles[1] + varint(len(blocks)) + varint(len(index))).ljust(40, b"\0") + struct.pack("<Q", MAGIC)
    return blocks + index + ending + footer


@pytest.fixture
def entries() -> dict[bytes, bytes]:
    return {
        b"": field(1, 1),  # the header
        b"conv/bias": entry(FLOAT, (3,), 0, 12),
        b"conv/kernel": entry(FLOAT, (2, 200), 12, 1600),
        b"conv/steps": entry(INT64, (), 1612, 8),
    }


def test_tensors_are_read_by_name_with_their_shapes(entries: dict[bytes, bytes]) -> None:
    data = np.arange(405, dtype="<f4").tobytes()
    tensors = read_checkpoint(table(entries), data)
    assert {name: tensor.shape for name, tensor in tensors.items()} == {"conv/bias": (3,), "conv/kernel": (2, 200)}
    assert tensors["conv/bias"].tolist() == [0, 1, 2]
    assert tensors["conv/kernel"][1, :2].tolist() == [203, 204]


def test_malformed_tables_are_refused(entries: dict[bytes, bytes]) -> None:
    with pytest.raises(ValueError, match="a LevelDB table"):
        read_checkpoint(table(entries)[:-1] + b"\0", b"")
    with pytest.raises(ValueError, match="compressed"):
        read_checkpoint(table(entries, compression=1), b"")
