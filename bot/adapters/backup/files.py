"""Files: work folders that don't outlive their process for long, and files that appear whole or not at all."""

import errno
import fcntl
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot import disk
from bot.errors import StoreFull

WORK = ".cratekeeper-backup-"  # how the names of work folders begin


@contextmanager
def work_folder(parent: Path) -> Iterator[Path]:
    """Make a folder in `parent` that's removed at the end, together with those whose process was killed."""
    parent.stat()  # if it's missing, the error names it, not the folder in it
    for left in parent.glob(f"{WORK}*"):
        _remove_if_left(left)
    with _temporary(parent) as made:
        folder = os.open(made, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield Path(made)
        finally:
            os.close(folder)


def _temporary(parent: Path) -> "tempfile.TemporaryDirectory[str]":
    try:
        return tempfile.TemporaryDirectory(prefix=WORK, dir=parent)
    except OSError as error:  # it names what would have been made
        raise OSError(error.errno, error.strerror, str(parent)) from None


def _remove_if_left(folder: Path) -> None:
    """Remove a work folder unless another process holds its lock."""
    try:
        held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return  # gone meanwhile, or no folder of ours
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except OSError:
        return  # in use, or on a file system without locks
    finally:
        os.close(held)


@contextmanager
def full_disk_named(folder: Path) -> Iterator[None]:
    """Have an error of the full disk that a folder is on name the folder: a write's error doesn't. Raises OSError."""
    try:
        yield
    except StoreFull as error:
        if getattr(error.__cause__, "sqlite_errorcode", None) != sqlite3.SQLITE_FULL:
            raise
        raise _full(folder) from error
    except OSError as error:
        if error.errno != errno.ENOSPC or error.filename:
            raise
        raise _full(folder) from error


def _full(folder: Path) -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))


def put(made: Path, path: Path) -> None:
    """Move a finished file to its place, closed to others."""
    made.chmod(0o600)
    disk.put(made, path)
