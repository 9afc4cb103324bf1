"""Other playlists: what a member put together in playlists that the bot doesn't keep."""

from collections.abc import Collection

from sqlalchemy import delete, select, update

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import chunks, upsert
from bot.core.sorting.learning.dataset import OtherPlaylist

OTHER, PLAYLIST, SHARED = schema.other_playlist, schema.playlist, schema.shared


async def snapshots(tx: Tx, member: int) -> dict[str, str | None]:
    """Return the snapshots as of which they were read, by reference."""
    rows = await tx.execute(select(OTHER.c.ref, OTHER.c.snapshot).where(OTHER.c.member == member))
    return {row.ref: row.snapshot for row in rows}


async def ever_kept(tx: Tx, member: int) -> set[str]:
    """Return the references of playlists that the bot writes, or wrote before they were removed."""
    own = select(PLAYLIST.c.ref).where(PLAYLIST.c.member == member)
    hosted = select(SHARED.c.ref).where(SHARED.c.host == member, SHARED.c.ref.is_not(None))
    return {*(await tx.execute(own)).scalars(), *(await tx.execute(hosted)).scalars()}


async def save(tx: Tx, member: int, ref: str, snapshot: str | None, songs: OtherPlaylist) -> None:
    row = {"member": member, "ref": ref, "snapshot": snapshot}
    await upsert(tx, OTHER, row | {"songs": {song: list(keys) for song, keys in songs.items()}})


async def read(tx: Tx, member: int) -> list[OtherPlaylist]:
    """Return those that the bot has never kept, in the order of their references."""
    kept = await ever_kept(tx, member)
    query = select(OTHER.c.ref, OTHER.c.songs).where(OTHER.c.member == member).order_by(OTHER.c.ref)
    return [songs for ref, songs in await tx.execute(query) if ref not in kept]


async def doubt(tx: Tx, member: int, refs: Collection[str]) -> None:
    """Note that they weren't listed: without a snapshot, they're read again if they are."""
    for some in chunks(refs):
        await tx.execute(update(OTHER).where(OTHER.c.member == member, OTHER.c.ref.in_(some)).values(snapshot=None))


async def forget(tx: Tx, member: int, refs: Collection[str]) -> None:
    for some in chunks(refs):
        await tx.execute(delete(OTHER).where(OTHER.c.member == member, OTHER.c.ref.in_(some)))
