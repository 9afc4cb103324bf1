"""Modes: keeps other users of this machine from reading our files (promise P36)."""

import logging
import stat
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from bot.errors import SettingsError

log = logging.getLogger(__name__)
OTHERS = stat.S_IRWXG | stat.S_IRWXO
UMASK = OTHERS  # permissions that new files never get
_known: dict[int, bool] = {}  # whether a file system supports modes, by device number


def is_open(path: Path) -> bool:
    """Return whether others may use `path`. Always False on file systems without modes, which is logged once."""
    if not path.stat().st_mode & OTHERS:
        return False
    return _supported_in(path if path.is_dir() else path.parent)


def close(paths: Iterable[Path]) -> None:
    """Remove others' permissions from all `paths`, except symbolic links.

    Raises SettingsError for one that we may not change. On file systems without modes, logs that once.
    """
    for path in paths:
        with suppress(FileNotFoundError):  # SQLite's files beside a database come and go
            _close(path)


def _close(path: Path) -> None:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode) or not mode & OTHERS:
        return
    with suppress(PermissionError):  # not ours, or no modes here: is_open finds out
        path.chmod(stat.S_IMODE(mode) & ~OTHERS)
    if is_open(path):
        raise SettingsError(
            f"{path} can be read by others, and this user can't change that: run chmod go= on it as its owner"
        )


def _supported_in(folder: Path) -> bool:
    """Return whether the folder's file system supports modes: FAT doesn't, nor do Windows drives in WSL."""
    device = folder.stat().st_dev
    if device not in _known:
        _known[device] = _new_files_are_closed(folder)
    return _known[device]


def _new_files_are_closed(folder: Path) -> bool:
    """Return whether a new file in `folder` is closed to others."""
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".modes-") as probe:  # made with mode 600
            known = not Path(probe.name).stat().st_mode & OTHERS
    except OSError:
        return True  # can't try it, so assume modes work
    if not known:
        log.warning("%s is on a file system without modes: others on this machine can read what is kept there", folder)
    return known
