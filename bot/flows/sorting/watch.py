"""Watch: like a song, and it lands where it belongs.

New likes are `fresh` until the write that sorts them is opened, in the same transaction, so a crash loses none.
`bot.flows.library.poll` finds them.
"""

from datetime import datetime

from bot.adapters.store import Store
from bot.adapters.store.library import songs
from bot.adapters.store.rows import CHUNK, chunks
from bot.adapters.store.sorting import playlists, writes
from bot.core.jobs import JobKind, Next
from bot.core.sorting.writing.writes import WriteState
from bot.flows.sorting import dry_run
from bot.flows.sorting.scored_library import ScoredLibraries
from bot.flows.sorting.writing import manual_edits
from bot.ports import Music


async def sort_fresh(store: Store, music: Music, libraries: ScoredLibraries, member: int, now: datetime) -> list[Next]:
    """Open a write for the fresh likes in each layer with a model; return the jobs that apply them."""
    async with store.reading() as tx:
        waiting = await songs.fresh(tx, member)
        layers = await playlists.layers(tx, member)
    if not waiting:
        return []
    await manual_edits.detect(store, music, member, now)
    views = [(layer, await libraries.of(member, layer.layer)) for layer in layers]
    only, able = frozenset(waiting), [view for view in views if view[1].scores is not None]
    opened = [await dry_run.prepare(store, layer, scored, only, now) for layer, scored in able]
    async with store.writing() as tx:
        for write in opened:
            await writes.set_state(tx, write, WriteState.APPLYING)
        await songs.settle(tx, member, waiting[:CHUNK])
    for rest in chunks(waiting[CHUNK:]):
        async with store.writing() as tx:
            await songs.settle(tx, member, rest)
    return [Next(JobKind.APPLY, write) for write in opened]
