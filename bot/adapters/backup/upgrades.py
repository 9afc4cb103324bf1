"""Upgrades: a copy of the database from before each, to go back to; it goes after KEPT, like what members delete."""

import logging
import os
from datetime import datetime, timedelta
from pathlib import Path

from bot.adapters.backup import files, snapshot
from bot.config import Settings

log = logging.getLogger(__name__)
KEPT = timedelta(days=7)
NAME = "before-upgrade-from-{}.db"


def keep(settings: Settings, revision: str) -> Path:
    """Copy the database before its schema is changed; return the copy, which the log names. Blocks.

    Raises StoreDamaged, StoreError, OSError; nothing was changed then.
    """
    folder = _folder(settings)
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / NAME.format(revision)
    with files.work_folder(folder) as made:
        snapshot.copy_locked(settings.database_path, made / path.name)
        files.put(made / path.name, path)
    log.warning("the database's schema is upgraded from %s; as it was before, it's kept in %s", revision, path)
    return path


def forget(settings: Settings, now: datetime) -> None:
    """Delete the copies that are older than KEPT. One that a clock ahead of `now` dated counts from now on."""
    for path in _folder(settings).glob(NAME.format("*")):
        age = now.timestamp() - path.stat().st_mtime
        if age > KEPT.total_seconds():
            path.unlink(missing_ok=True)
        elif age < 0:
            os.utime(path, (now.timestamp(), now.timestamp()))


def _folder(settings: Settings) -> Path:
    return settings.data_dir / "backups"
