"""Vault: tokens are stored only encrypted, and each ciphertext works for one member only.

HKDF-SHA256 (RFC 5869) derives a Fernet key per member and purpose from every master key, so a ciphertext moved to
another member's row, or another column, doesn't open (promise P33).
"""

import base64
import binascii
import logging
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot import disk, modes
from bot.config import Settings
from bot.errors import SettingsError, VaultError

log = logging.getLogger(__name__)
KEY_BYTES = 32  # per master key, before base64; Fernet's own size
KEYS = "keys"  # the file in the data folder


class Vault:
    """Seals with the newest master key, opens with any of them. Its repr shows nothing."""

    def __init__(self, keys: Sequence[str], file: Path | None = None) -> None:
        """Take url-safe base64 keys of 32 bytes, newest first. Raises SettingsError when one is malformed.

        file: where the keys come from. A vault follows its changes, so that keys are rotated while the bot runs.
        """
        self._known = _masters(keys)
        self._file, self._state = file, _state(file)

    def __repr__(self) -> str:
        return "Vault(…)"

    def seal(self, member: int, purpose: str, data: bytes) -> bytes:
        """Encrypt `data` so that it opens only for the same member and purpose."""
        return self._fernet(member, purpose).encrypt(data)

    def open(self, member: int, purpose: str, sealed: bytes) -> bytes:
        """Decrypt what `seal` made. Raises VaultError for anything else."""
        try:
            return self._fernet(member, purpose).decrypt(sealed)
        except InvalidToken:
            raise VaultError from None

    def is_current(self, member: int, purpose: str, sealed: bytes) -> bool:
        """Whether the newest key opens it."""
        newest = Fernet(base64.urlsafe_b64encode(_derived(self._masters[0], member, purpose)))
        try:
            newest.decrypt(sealed)
        except InvalidToken:
            return False
        return True

    def reseal(self, member: int, purpose: str, sealed: bytes) -> bytes:
        """Encrypt again with the newest key, so the old one can be retired. Raises VaultError."""
        try:
            return self._fernet(member, purpose).rotate(sealed)
        except InvalidToken:
            raise VaultError from None

    def derive(self, member: int, purpose: str) -> bytes:
        """Return 32 secret bytes, stable for a member and purpose until the oldest key is retired."""
        return _derived(self._masters[-1], member, purpose)

    @property
    def _masters(self) -> Sequence[bytes]:
        """The master keys as their file holds them now; those known before if it can't be read."""
        if self._file is not None and (state := _state(self._file)) != self._state:
            self._state = state
            try:
                self._known = _masters(_read(self._file))
            except (SettingsError, OSError) as error:
                log.warning("changed keys can't be used, so the ones from before stay in use: %s", error)
        return self._known

    def _fernet(self, member: int, purpose: str) -> MultiFernet:
        keys = (_derived(master, member, purpose) for master in self._masters)
        return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])


def _state(file: Path | None) -> tuple[int, int] | None:
    """Return what tells one content of the file from the next: it's only ever replaced as a whole."""
    try:
        found = file.stat() if file is not None else None
    except FileNotFoundError:
        return None
    return (found.st_ino, found.st_mtime_ns) if found is not None else None


def _masters(keys: Sequence[str]) -> Sequence[bytes]:
    if not keys:
        raise SettingsError("ENCRYPTION_KEYS must have at least one key")
    return [_decoded(key) for key in keys]


def _derived(master: bytes, member: int, purpose: str) -> bytes:
    info = f"cratekeeper:{purpose}:{member}".encode()
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(master)


def _decoded(key: str) -> bytes:
    try:
        master = base64.b64decode(key.strip(), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        master = b""
    if len(master) != KEY_BYTES:
        raise SettingsError("ENCRYPTION_KEYS: each key must be 32 bytes in url-safe base64")
    return master


def load_keys(settings: Settings) -> list[str]:
    """Return the master keys, newest first: ENCRYPTION_KEYS, or the file `keys` in the data folder, created if missing.

    Raises SettingsError if the file is empty or readable by others.
    """
    if settings.encryption_keys:
        return [key.strip() for key in settings.encryption_keys.split(",") if key.strip()]
    path = settings.data_dir / KEYS
    if not path.exists():
        _generate(path)
    return _read(path)


def _read(path: Path) -> list[str]:
    if modes.is_open(path):
        raise SettingsError(
            f"{path} can be read by others: run chmod 600 on it, and rotate the keys if someone may have read them"
        )
    keys = path.read_text().split()
    if not keys:
        raise SettingsError(f"{path} is empty: restore it from a backup, or delete it and let every member link again")
    return keys


def new_key() -> str:
    return Fernet.generate_key().decode()


def replace_keys(path: Path, keys: Sequence[str]) -> None:
    """Write the keys, newest first, in place of those in the file. It changes as a whole or not at all."""
    with _written(path, keys) as made:
        disk.put(made, path)


def _generate(path: Path) -> None:
    """Write a first key. The file appears whole or not at all, and never replaces another."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _written(path, [new_key()]) as made, suppress(FileExistsError):  # another process's keys are as good
        path.hardlink_to(made)
        disk.sync(path.parent)


@contextmanager
def _written(path: Path, keys: Sequence[str]) -> Iterator[Path]:
    """A file beside `path` with these keys, on disk and readable by us alone; gone afterwards."""
    descriptor, made = tempfile.mkstemp(dir=path.parent, prefix="keys.")  # O_EXCL, mode 600
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write("".join(f"{key}\n" for key in keys))
        disk.sync(Path(made))
        yield Path(made)
    finally:
        Path(made).unlink(missing_ok=True)
