"""Modes: who else on this machine may read a file of ours, and what is done about it (promise P36)."""

import logging
import stat
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from bot.errors import SettingsError

log = logging.getLogger(__name__)
OTHERS = stat.S_IRWXG | stat.S_IRWXO
UMASK = OTHERS  # what new files of ours are never given
_known: dict[int, bool] = {}  # whether a file system knows modes, by its device


def is_open(path: Path) -> bool:
    """Whether others may read `path`: never where the file system knows no modes, which is said once."""
    if not path.stat().st_mode & OTHERS:
        return False
    return _known_in(path if path.is_dir() else path.parent)


def close(paths: Iterable[Path]) -> None:
    """Take all of `paths` from others; links are left alone.

    Raises SettingsError for one that is not ours to change. Where the file system knows no modes, that is said once.
    """
    for path in paths:
        with suppress(FileNotFoundError):  # what SQLite keeps beside a database comes and goes
            _close(path)


def _close(path: Path) -> None:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode) or not mode & OTHERS:
        return
    with suppress(PermissionError):  # not ours, or no modes here: what stands there afterwards tells
        path.chmod(stat.S_IMODE(mode) & ~OTHERS)
    if is_open(path):
        raise SettingsError(f"{path} can be read by others, and isn't this user's to close: chmod go= it as its owner")


def _known_in(folder: Path) -> bool:
    """Whether the file system of `folder` knows modes: FAT doesn't, nor do Windows' drives in WSL."""
    device = folder.stat().st_dev
    if device not in _known:
        _known[device] = _kept_from_others(folder)
    return _known[device]


def _kept_from_others(folder: Path) -> bool:
    """Whether a new file in `folder` is kept from others."""
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".modes-") as probe:  # made with mode 600
            known = not Path(probe.name).stat().st_mode & OTHERS
    except OSError:
        return True  # it cannot be tried out, so the modes count
    if not known:
        log.warning("%s is on a file system without modes: others on this machine can read what is kept there", folder)
    return known
