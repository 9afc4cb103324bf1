"""Disk: what's said to be written is still there after a power cut."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def sync(path: Path) -> None:
    """Have the disk write a file, or a folder's list of names."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def put(made: Path, path: Path) -> None:
    """Move a finished file to its place: after a power cut, it's the older one that's there, or this one."""
    sync(made)
    made.replace(path)
    sync(path.parent)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file atomically, even if the power fails."""
    with writing_whole(path) as out:
        out.write(content)


@contextmanager
def writing_whole(path: Path) -> Iterator[BinaryIO]:
    """Open a file to be written; it's in its place, whole, once the block ends, and not at all if that raises."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as out:
            yield out
        put(Path(temporary), path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
