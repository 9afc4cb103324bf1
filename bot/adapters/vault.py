"""Vault: tokens are stored only encrypted, and each ciphertext works for one member only.

HKDF-SHA256 (RFC 5869) derives a Fernet key per member and purpose from every master key, so a ciphertext moved to
another member's row, or another column, doesn't open (promise P33).
"""

import base64
import binascii
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot import modes
from bot.config import Settings
from bot.errors import SettingsError, VaultError

KEY_BYTES = 32  # per master key, before base64; Fernet's own size
KEYS = "keys"  # the file in the data folder


class Vault:
    """Seals with the newest master key, opens with any of them. Its repr shows nothing."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Take url-safe base64 keys of 32 bytes, newest first. Raises SettingsError when one is malformed."""
        self._masters = [_decoded(key) for key in keys]
        if not self._masters:
            raise SettingsError("ENCRYPTION_KEYS is malformed: at least one key is wanted")

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

    def reseal(self, member: int, purpose: str, sealed: bytes) -> bytes:
        """Encrypt again with the newest key, so the old one can be retired. Raises VaultError."""
        try:
            return self._fernet(member, purpose).rotate(sealed)
        except InvalidToken:
            raise VaultError from None

    def derive(self, member: int, purpose: str) -> bytes:
        """Return 32 secret bytes, stable for a member and purpose until the oldest key is retired."""
        return _derived(self._masters[-1], member, purpose)

    def _fernet(self, member: int, purpose: str) -> MultiFernet:
        keys = (_derived(master, member, purpose) for master in self._masters)
        return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])


def _derived(master: bytes, member: int, purpose: str) -> bytes:
    info = f"cratekeeper:{purpose}:{member}".encode()
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(master)


def _decoded(key: str) -> bytes:
    try:
        master = base64.b64decode(key.strip(), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        master = b""
    if len(master) != KEY_BYTES:
        raise SettingsError("ENCRYPTION_KEYS is malformed: each key has 32 bytes in url-safe base64")
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
        raise SettingsError(f"{path} is refused: others may read it; chmod 600 it, and change the keys if they did")
    keys = path.read_text().split()
    if not keys:
        raise SettingsError(f"{path} is empty: restore it from a backup, or delete it and let every member link again")
    return keys


def _generate(path: Path) -> None:
    """Write a first key. The file appears whole or not at all, and never replaces another."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, made = tempfile.mkstemp(dir=path.parent, prefix="keys.")  # O_EXCL, mode 600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(Fernet.generate_key() + b"\n")
            file.flush()
            os.fsync(descriptor)
        _appear(Path(made), path)
    finally:
        Path(made).unlink()


def _appear(made: Path, path: Path) -> None:
    """Give `made` its name, unless another process did first; then that one's keys are used."""
    try:
        path.hardlink_to(made)
    except FileExistsError:
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
