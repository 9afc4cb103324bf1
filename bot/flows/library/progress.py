"""Progress: how many of a member's likes a worker has read, for the gateway where the member waits for it."""

from collections.abc import Iterable

from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.adapters.store.rows import chunks


async def note(store: Store, member: int, done: int, total: int) -> None:
    async with store.writing() as tx:
        await members.change_account(tx, member, songs_read=done, songs_to_read=total)


async def noted(store: Store, waiting: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Return how many of how many likes are read, for those of the members whose likes are being read."""
    found: dict[int, tuple[int, int]] = {}
    for some in chunks(waiting):
        async with store.reading() as tx:
            found |= await members.songs_read(tx, some)
    return found
