"""Keys: rotates the keys that members' tokens are encrypted with, also while the bot runs."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

from bot.adapters import home
from bot.adapters.spotify import PURPOSE
from bot.adapters.store import Store
from bot.adapters.vault import KEYS, Vault, load_keys, new_key, replace_keys
from bot.config import Settings
from bot.errors import SettingsError
from bot.flows.account import keys as flow
from bot.flows.account.keys import Outcome

IN_THE_FILE = "Older keys are kept until `keys retire`, so that backups made before can be read."
IN_THE_ENVIRONMENT = "Once backups made before are gone, take the older keys out of ENCRYPTION_KEYS."


async def rotate(store: Store, settings: Settings) -> str:
    """Add a new key unless an earlier rotation is unfinished, and encrypt everything with it.

    Returns what was done. Raises SettingsError if the keys are being changed already.
    """
    with _changing(settings):
        vault = await _with_new_key(store, settings)
        counts = await flow.reseal(store, vault, PURPOSE)
    said = f"encrypted {counts[Outcome.AGAIN]} of {counts.total()} accounts again"
    if lost := counts[Outcome.UNREADABLE]:
        said += f"; {lost} can't be read with any key, and their members have to link again"
    return f"{said}. {IN_THE_ENVIRONMENT if settings.encryption_keys else IN_THE_FILE}"


def _changing(settings: Settings) -> AbstractContextManager[None]:
    """Let nobody else change the file of keys: of two new keys, the second would replace the first one's file."""
    if settings.encryption_keys:
        return nullcontext()
    busy = SettingsError("another `keys rotate` or `keys retire` is changing the keys: wait until it has ended")
    return home.locked(settings.data_dir / home.KEYS_LOCK, busy)


async def _with_new_key(store: Store, settings: Settings) -> Vault:
    known = load_keys(settings)
    vault = Vault(known)
    if settings.encryption_keys or (await flow.examine(store, vault, PURPOSE))[Outcome.AGAIN]:
        return vault  # the operator puts new keys in front of ENCRYPTION_KEYS
    made = [new_key(), *known]
    replace_keys(settings.data_dir / KEYS, made)
    return Vault(made)


async def retire(store: Store, settings: Settings, *, oldest: bool) -> str:
    """Drop all keys but the newest, and the oldest unless `oldest`. Returns what was done. Raises SettingsError."""
    if settings.encryption_keys:
        raise SettingsError("ENCRYPTION_KEYS is set: once `keys rotate` is done, remove the old keys from it")
    with _changing(settings):
        known = load_keys(settings)
        if left := (await flow.examine(store, Vault(known), PURPOSE))[Outcome.AGAIN]:
            raise SettingsError(f"accounts not yet encrypted with the newest key: {left}; run `keys rotate` first")
        kept = _without_old(known, oldest=oldest)
        replace_keys(settings.data_dir / KEYS, kept)
    return f"dropped {len(known) - len(kept)} of {len(known)} keys"


def _without_old(keys: Sequence[str], *, oldest: bool) -> Sequence[str]:
    """The oldest key names the songs of members who unlinked (`account.link.seal_song`), so it's kept by default."""
    return keys[:1] if oldest or len(keys) == 1 else [keys[0], keys[-1]]
