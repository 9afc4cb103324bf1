"""Old writes: the journal stays as small as what it's needed for (promise P40).

A member's newest writes are kept whole. Older ones lose the lines that later ones supersede, so what's computed from
the journal stays the same: which songs are ours, and how a write is undone (one that lost lines can't be).
"""

from datetime import datetime

from bot.adapters.store import Store
from bot.adapters.store.rows import CHUNK, chunks
from bot.adapters.store.sorting import old_writes
from bot.core.sorting.writing.superseded import superseded
from bot.flows.sorting.dry_run import REFUSED_FOR

AT_ONCE = 20  # writes looked through in one step of the upkeep
SLICE = CHUNK // 4  # lines per transaction: each may be the last of an undo, which goes with it


async def thin_out(store: Store, now: datetime) -> None:
    """Delete superseded lines of writes that are no longer among their member's newest.

    Writes of the last day are left alone: what Spotify refused in them isn't proposed again yet.
    """
    async with store.reading() as tx:
        due = await old_writes.due(tx, now - REFUSED_FOR, AT_ONCE)
    for write, _member in due:
        await _thin_out(store, write)
    for member in {member for _write, member in due}:
        await _forget_empty(store, member)


async def _thin_out(store: Store, write: int) -> None:
    async with store.reading() as tx:
        about = await old_writes.songs(tx, write)
    for playlist in dict.fromkeys(playlist for playlist, _song in about):
        for songs in chunks(song for where, song in about if where == playlist):
            await _forget_superseded(store, write, playlist, songs)
    async with store.writing() as tx:
        await old_writes.looked_through(tx, write)


async def _forget_superseded(store: Store, write: int, playlist: int, songs: list[str]) -> None:
    async with store.reading() as tx:
        gone = superseded(await old_writes.past(tx, write, playlist, songs))
    for piece in chunks(gone, SLICE):
        async with store.writing() as tx:
            await old_writes.forget(tx, piece)


async def _forget_empty(store: Store, member: int) -> None:
    while True:
        async with store.writing() as tx:
            if not await old_writes.forget_empty(tx, member, SLICE):
                return
