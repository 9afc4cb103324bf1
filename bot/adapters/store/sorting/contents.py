"""Contents: store what was read in a playlist, in slices: others write in between (promise P40).

The new contents take effect with the last slice: after a crash in between, the old contents still hold.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime

from bot.adapters.store.engine import Store
from bot.adapters.store.rows import CHUNK, chunks
from bot.adapters.store.sorting import playlists, revisions
from bot.core.records import Item, Playlist
from bot.core.sorting.history import Edit


def alone(store: Store, member: int) -> AbstractAsyncContextManager[None]:
    """Return the lock for comparing a member's playlists with their stored contents and replacing those."""
    return store.lock(("contents", member))


@dataclass(frozen=True, slots=True)
class Read:
    """What was read in a playlist, and when. snapshot: its snapshot id, None if it isn't to be relied on."""

    items: Sequence[Item]
    snapshot: str | None
    at: datetime


async def remember(store: Store, playlist: Playlist, read: Read) -> None:
    """Store what was read, with the revision that led to it; nothing if the playlist was unlinked or erased meanwhile.

    Callers hold the lock `alone`.
    """
    await _sweep(store, playlist.playlist)
    async with store.reading() as tx:
        if not await playlists.is_still(tx, playlist):
            return
        changed = await playlists.count_changed(tx, playlist.playlist, read.items)
        edits = await revisions.found(tx, playlist, read.items, read.at) if changed else []
    revision = await _written(store, playlist, edits) if edits else None
    if changed > CHUNK:
        await _remember_anew(store, playlist, read, revision)
    else:
        async with store.writing() as tx:
            if await playlists.is_still(tx, playlist):
                await playlists.save_content(tx, playlist, read.items, read.snapshot)
                await revisions.complete(tx, playlist, revision, read.at)
    if revision is not None:
        await _make_room(store, playlist)


async def _remember_anew(store: Store, playlist: Playlist, read: Read, revision: int | None) -> None:
    async with store.reading() as tx:
        edition = await playlists.next_edition(tx, playlist.playlist)
    for piece in chunks(enumerate(read.items)):
        async with store.writing() as tx:
            if not await playlists.is_still(tx, playlist):
                break
            await playlists.add_content(tx, playlist, edition, piece)
    async with store.writing() as tx:
        if await playlists.is_still(tx, playlist):
            await playlists.hold(tx, playlist.playlist, edition, read.snapshot)
            await revisions.complete(tx, playlist, revision, read.at)
    await forget_editions(store, playlist.playlist)


async def _written(store: Store, playlist: Playlist, edits: Sequence[Edit]) -> int | None:
    """Store a revision that doesn't count yet; None if the playlist was unlinked or erased meanwhile."""
    revision = None
    for piece in chunks(edits):
        async with store.writing() as tx:
            if not await playlists.is_still(tx, playlist):
                return None
            revision = revision or await revisions.begin(tx, playlist, len(edits))
            await revisions.add(tx, playlist.member, revision, piece)
    return revision


async def _make_room(store: Store, playlist: Playlist) -> None:
    """Forget the oldest revisions beyond the limits, of whichever playlist of the member."""
    while True:
        async with store.reading() as tx:
            gone = await revisions.beyond(tx, playlist)
        if not gone:
            return
        async with store.writing() as tx:
            await revisions.discount(tx, gone)
        for number in {known.playlist for known in gone}:
            await _sweep(store, number)


async def _sweep(store: Store, playlist: int) -> None:
    """Delete revisions that were interrupted, or that make room."""
    while True:
        async with store.reading() as tx:
            if not await revisions.has_dead(tx, playlist):
                return
        async with store.writing() as tx:
            await revisions.sweep(tx, playlist)


async def forget_editions(store: Store, playlist: int) -> None:
    """Delete earlier contents, and those whose reading was interrupted."""
    while True:
        async with store.writing() as tx:
            if not await playlists.forget_editions(tx, playlist):
                return
