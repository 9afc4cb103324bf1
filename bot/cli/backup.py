"""Backup: make one, or restore one, by hand. The encryption keys go in only sealed with a passphrase."""

import getpass
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from bot.adapters import home
from bot.adapters.backup import sealing
from bot.adapters.backup.create import create
from bot.adapters.backup.restore import Restored, restore
from bot.adapters.vault import KEYS, load_keys
from bot.config import Settings
from bot.errors import SettingsError
from bot.errors.backup import NothingToBackUp

PASSPHRASE = "BACKUP_PASSPHRASE"  # noqa: S105 - the variable's name
SHORTEST = 8  # characters
WITHOUT_KEYS = (
    "The encryption keys aren't in it, nor is .env: keep both elsewhere. Without the keys, nobody's tokens can be "
    "read. (--with-keys adds the keys, sealed with a passphrase.)"
)


def back_up(settings: Settings, file: Path, *, with_keys: bool) -> int:
    """Make a backup; returns the exit code. Raises BackupError, SettingsError, StoreError, OSError."""
    if not settings.database_path.exists():
        raise NothingToBackUp(f"{settings.database_path} doesn't exist: there's nothing to back up")
    home.prepare(settings)
    sealed = _sealed(settings) if with_keys else None
    contents = create(settings, file.absolute(), datetime.now(UTC), sealed)
    print(f"{file}: {len(contents.files)} files, {_megabytes(file.stat().st_size)}, schema {contents.revision}")
    print("The encryption keys are in it, sealed with your passphrase; .env isn't." if with_keys else WITHOUT_KEYS)
    return 0


def _sealed(settings: Settings) -> bytes:
    if not settings.encryption_keys and not (settings.data_dir / KEYS).exists():
        raise SettingsError(f"there are no keys yet: neither {settings.data_dir / KEYS} nor ENCRYPTION_KEYS")
    return sealing.seal("".join(f"{key}\n" for key in load_keys(settings)).encode(), _new_passphrase())


def _new_passphrase() -> str:
    """Return the passphrase from the environment, or typed twice. Raises SettingsError."""
    given = os.environ.get(PASSPHRASE, "")
    word = given or _typed("Passphrase for the keys: ")
    if len(word) < SHORTEST:
        raise SettingsError(f"the passphrase needs at least {SHORTEST} characters")
    if not given and _typed("Once more: ") != word:
        raise SettingsError("the two passphrases differ")
    return word


def _passphrase() -> str:
    return os.environ.get(PASSPHRASE, "") or _typed("Passphrase of the keys (Enter leaves them out): ")


def _typed(prompt: str) -> str:
    """Ask at the terminal, without showing what's typed. Raises SettingsError if there's nobody to ask."""
    if not sys.stdin.isatty():
        raise SettingsError(f"there's no terminal to type the passphrase at: set {PASSPHRASE}")
    return getpass.getpass(prompt)


def bring_back(settings: Settings, file: Path, *, replace: bool) -> int:
    """Restore a backup; returns the exit code. Raises BackupError, AlreadyRuns, SettingsError, OSError."""
    restored = restore(settings, file, _passphrase, replace=replace)
    made, places = restored.contents.made, settings.data_dir
    print(
        f"{file} is restored to {places}, as it was at {made:%Y-%m-%d %H:%M} UTC (schema {restored.contents.revision})."
    )
    if restored.before is not None:
        print(f"What was there before is in {restored.before}: delete it once you don't need it.")
    print(_about_keys(settings, restored))
    return 0


def _about_keys(settings: Settings, restored: Restored) -> str:
    path = settings.data_dir / KEYS
    if settings.encryption_keys:
        return "ENCRYPTION_KEYS is set, so its keys are used: they need to be those of the backup."
    if restored.keys:
        return f"Its keys are in {path}."
    if path.exists():
        return f"The keys in {path} were left as they are: they need to be those of the backup."
    return f"The keys aren't in it: before you start the bot, put them in {path} (chmod 600), or set ENCRYPTION_KEYS."


def _megabytes(size: int) -> str:
    return f"{size / 2**20:.1f} MB"
