"""Disk: what's said to be written is still there after a power cut."""

import os
from pathlib import Path


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
