"""Restore: bring a backup into a data folder. Nothing there changes until the whole backup was read and checked."""

import errno
import os
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bot.adapters import home
from bot.adapters.backup import archive, files, sealing, snapshot, switch
from bot.adapters.backup.archive import Contents, Reading
from bot.adapters.store.engine import known_revisions
from bot.adapters.store.sqlite import verify
from bot.adapters.vault import KEYS
from bot.config import Settings
from bot.errors import StoreError
from bot.errors.audio import ImportRuns
from bot.errors.backup import DamagedBackup, DataThere, NewerBackup


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored. before: the folder that holds what was there, if anything; keys: whether they were in it."""

    contents: Contents
    before: Path | None
    keys: bool


def restore(settings: Settings, file: Path, passphrase: Callable[[], str], *, replace: bool) -> Restored:
    """Restore a backup into the data folder, which must be empty of data unless `replace`. Blocks.

    passphrase: asks for it, if there are keys in the backup; "" leaves them out. Raises AlreadyRuns or ImportRuns if
    the folder is in use, DataThere, NotABackup, DamagedBackup, NewerBackup, WrongPassphrase, OSError; nothing has
    changed then.
    """
    with ExitStack() as opened:
        backup = opened.enter_context(archive.opened(file))
        _refuse_newer(backup.contents.revision)
        keys = _keys(backup, passphrase)
        home.prepare(settings)
        opened.enter_context(home.lived_in(settings))
        opened.enter_context(home.locked(settings.data_dir / home.IMPORT_LOCK, ImportRuns()))
        if not replace:
            _refuse_data(settings)
        with files.full_disk_named(settings.data_dir):
            _extract(backup, settings.data_dir, keys)
        return Restored(backup.contents, switch.decide(settings), bool(keys))


def _refuse_newer(revision: str) -> None:
    if revision not in known_revisions():
        raise NewerBackup


def _keys(backup: Reading, passphrase: Callable[[], str]) -> bytes:
    """Return the backup's keys; b"" if it has none, or if they're to stay sealed."""
    sealed = backup.read(archive.KEYS) if archive.KEYS in backup.contents.files else b""
    word = passphrase() if sealed else ""
    return sealing.unseal(sealed, word) if word else b""


def _refuse_data(settings: Settings) -> None:
    for name, place in switch.places(settings).items():
        if name != KEYS and place.exists() and not (place.is_dir() and not any(place.iterdir())):
            raise DataThere(f"{place} is there already: with --replace, it's kept aside and the backup takes its place")


def _extract(backup: Reading, data_dir: Path, keys: bytes) -> None:
    """Extract into a folder of its own, and check everything."""
    folder = data_dir / switch.EXTRACTED
    (folder / switch.MODELS).mkdir(mode=0o700, parents=True)
    try:
        _need_room(folder, backup.contents.size)
        (folder / archive.JOBS).touch()  # so that it takes the place of older jobs, also if the backup has none
        for name in backup.contents.files:
            if name != archive.KEYS:
                backup.extract(name, folder / name)
        if keys:
            (folder / KEYS).write_bytes(keys)
        _check(folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _need_room(folder: Path, size: int) -> None:
    if shutil.disk_usage(folder).free < size:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))


def _check(folder: Path) -> None:
    """Raise DamagedBackup if SQLite can't read a database, NewerBackup if its schema is newer than this program's."""
    try:
        for name in (archive.DATABASE, archive.JOBS):
            verify(folder / name)
        revision = snapshot.revision(folder / archive.DATABASE)
    except StoreError as error:
        raise DamagedBackup from error
    _refuse_newer(revision)
