"""Keys: every account's tokens are encrypted again with the newest key, while the bot may be running."""

from collections import Counter
from enum import StrEnum

from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.core.records import Account
from bot.errors import VaultError
from bot.ports import Secrets

SLICE = 100  # accounts per transaction: others write in between


class Outcome(StrEnum):
    """What became of an account's tokens."""

    AGAIN = "encrypted again"
    ALREADY = "already encrypted with the newest key"
    UNREADABLE = "encrypted with a key that's gone"


async def reseal(store: Store, vault: Secrets, purpose: str) -> Counter[Outcome]:
    """Encrypt with the newest key what's encrypted with another, and count the accounts. Safe to stop and repeat."""
    counts, last = Counter[Outcome](), -1
    while True:
        async with store.writing() as tx:
            accounts = await members.sealed_after(tx, last, SLICE)
            for account in accounts:
                outcome, tokens = _resealed(vault, account, purpose)
                counts[outcome] += 1
                if outcome is Outcome.AGAIN:
                    await members.change_account(tx, account.member, tokens=tokens)
        if not accounts:
            return counts
        last = accounts[-1].member


def _resealed(vault: Secrets, account: Account, purpose: str) -> tuple[Outcome, bytes]:
    try:
        if vault.is_current(account.member, purpose, account.tokens):
            return Outcome.ALREADY, account.tokens
        return Outcome.AGAIN, vault.reseal(account.member, purpose, account.tokens)
    except VaultError:
        return Outcome.UNREADABLE, account.tokens


async def examine(store: Store, vault: Secrets, purpose: str) -> Counter[Outcome]:
    """Count the accounts by what `reseal` would make of them."""
    async with store.reading() as tx:
        known = [account for account in await members.accounts(tx) if account.tokens]
    return Counter(_resealed(vault, account, purpose)[0] for account in known)
