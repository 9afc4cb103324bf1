"""Contents: store what was read in a playlist, in slices: others write in between (promise P40).

The new contents take effect with the last slice: after a crash in between, the old contents still hold.
"""

import asyncio
from collections.abc import Sequence

from bot.adapters.store.engine import Store
from bot.adapters.store.rows import CHUNK, chunks
from bot.adapters.store.sorting import playlists
from bot.core.records import Item, Playlist


def alone(store: Store, member: int) -> asyncio.Lock:
    """Return the lock for comparing a member's playlists with their stored contents and replacing those."""
    return store.lock(("contents", member))


async def remember(store: Store, playlist: Playlist, items: Sequence[Item], snapshot: str | None) -> None:
    """Store what was read, and its snapshot id; nothing if the playlist was unlinked or erased meanwhile.

    Callers hold the lock `alone`.
    """
    async with store.reading() as tx:
        if not await playlists.is_still(tx, playlist):
            return
        changed = await playlists.count_changed(tx, playlist.playlist, items)
    if changed > CHUNK:
        await _remember_anew(store, playlist, items, snapshot)
        return
    async with store.writing() as tx:
        if await playlists.is_still(tx, playlist):
            await playlists.save_content(tx, playlist, items, snapshot)


async def _remember_anew(store: Store, playlist: Playlist, items: Sequence[Item], snapshot: str | None) -> None:
    async with store.reading() as tx:
        edition = await playlists.next_edition(tx, playlist.playlist)
    for piece in chunks(enumerate(items)):
        async with store.writing() as tx:
            if not await playlists.is_still(tx, playlist):
                break
            await playlists.add_content(tx, playlist, edition, piece)
    async with store.writing() as tx:
        if await playlists.is_still(tx, playlist):
            await playlists.hold(tx, playlist.playlist, edition, snapshot)
    await forget_editions(store, playlist.playlist)


async def forget_editions(store: Store, playlist: int) -> None:
    """Delete earlier contents, and those whose reading was interrupted."""
    while True:
        async with store.writing() as tx:
            if not await playlists.forget_editions(tx, playlist):
                return
