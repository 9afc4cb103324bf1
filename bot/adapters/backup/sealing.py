"""Sealing: the vault's keys, encrypted with a passphrase, so that a backup may hold them."""

import base64
import secrets

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from bot.errors.backup import WrongPassphrase

SALT_BYTES = 16
COST = {"n": 2**16, "r": 8, "p": 1}  # of each guess: 64 MB, and a fifth of a second


def seal(keys: bytes, passphrase: str) -> bytes:
    """Return the keys, encrypted: a salt, then a Fernet token."""
    salt = secrets.token_bytes(SALT_BYTES)
    return salt + _fernet(salt, passphrase).encrypt(keys)


def unseal(sealed: bytes, passphrase: str) -> bytes:
    """Return the keys. Raises WrongPassphrase."""
    salt, token = sealed[:SALT_BYTES], sealed[SALT_BYTES:]
    try:
        return _fernet(salt, passphrase).decrypt(token)
    except InvalidToken:
        raise WrongPassphrase from None


def _fernet(salt: bytes, passphrase: str) -> Fernet:
    derived = Scrypt(salt=salt, length=32, **COST).derive(passphrase.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
