"""Layers, the playlists in them, and what was last seen in those."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert, select, update

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import chunks, count, every, one, record
from bot.core.records import Item, Layer, Playlist

LAYER, PLAYLIST, CONTENT = schema.layer, schema.playlist, schema.content


async def layers(tx: Tx, member: int) -> list[Layer]:
    return await every(tx, Layer, select(LAYER).where(LAYER.c.member == member).order_by(LAYER.c.layer))


async def layer(tx: Tx, layer: int) -> Layer | None:
    return await one(tx, Layer, select(LAYER).where(LAYER.c.layer == layer))


async def ensure_layer(tx: Tx, member: int, name: str) -> Layer:
    """Return the member's layer of that name, made if there is none."""
    query = select(LAYER).where(LAYER.c.member == member, LAYER.c.name == name)
    found = await one(tx, Layer, query)
    if found is None:
        await tx.execute(insert(LAYER).values(member=member, name=name, several=False, everything=False))
        found = await one(tx, Layer, query)
    assert found is not None  # noqa: S101 - the row was just written in this transaction
    return found


async def change_layer(tx: Tx, layer: int, **values: Any) -> None:
    await tx.execute(update(LAYER).where(LAYER.c.layer == layer).values(**values))


async def end_trainings(tx: Tx) -> None:
    await tx.execute(update(LAYER).where(LAYER.c.training).values(training=False))


async def in_layer(tx: Tx, layer: int) -> list[Playlist]:
    """Return the layer's kept playlists in the order in which they were handed over."""
    kept = (PLAYLIST.c.layer == layer, PLAYLIST.c.removed_at.is_(None))
    return await every(tx, Playlist, select(PLAYLIST).where(*kept).order_by(PLAYLIST.c.playlist))


async def of_member(tx: Tx, member: int) -> list[Playlist]:
    kept = (PLAYLIST.c.member == member, PLAYLIST.c.removed_at.is_(None))
    return await every(tx, Playlist, select(PLAYLIST).where(*kept).order_by(PLAYLIST.c.playlist))


async def count_ever(tx: Tx, member: int) -> int:
    """Return how many playlists the member ever handed over, those that they let go of among them."""
    return await count(tx, PLAYLIST.c.member == member)


async def get(tx: Tx, playlist: int) -> Playlist | None:
    return await one(tx, Playlist, select(PLAYLIST).where(PLAYLIST.c.playlist == playlist))


async def by_ref(tx: Tx, member: int, ref: str) -> Playlist | None:
    """Return the member's playlist of that reference, kept or let go of."""
    theirs = (PLAYLIST.c.member == member, PLAYLIST.c.ref == ref)
    return await one(tx, Playlist, select(PLAYLIST).where(*theirs).limit(1))


async def let_go(tx: Tx, layer: int, ref: str) -> Playlist | None:
    """Return the playlist of that reference that the layer once kept and let go of."""
    gone = (PLAYLIST.c.layer == layer, PLAYLIST.c.ref == ref, PLAYLIST.c.removed_at.is_not(None))
    return await one(tx, Playlist, select(PLAYLIST).where(*gone).order_by(PLAYLIST.c.playlist.desc()).limit(1))


async def add(tx: Tx, member: int, layer: int, name: str, ref: str, emoji: str) -> Playlist:
    result = await tx.execute(insert(PLAYLIST).values(member=member, layer=layer, name=name, ref=ref, emoji=emoji))
    assert result.inserted_primary_key is not None  # noqa: S101 - one row, one key
    found = await get(tx, result.inserted_primary_key[0])
    assert found is not None  # noqa: S101 - the row was just written in this transaction
    return found


async def change(tx: Tx, playlist: int, **values: Any) -> None:
    await tx.execute(update(PLAYLIST).where(PLAYLIST.c.playlist == playlist).values(**values))


async def items(tx: Tx, playlist: int) -> list[Item]:
    """Return what was last seen in the playlist, in order, holes left out."""
    query = select(CONTENT).where(CONTENT.c.playlist == playlist)
    return await every(tx, Item, query.order_by(CONTENT.c.position))


async def places(tx: Tx, playlist: int) -> list[Item]:
    """Return what was last seen in the playlist, place by place: a hole is an Item without a song."""
    query = select(CONTENT).where(CONTENT.c.playlist == playlist).order_by(CONTENT.c.position)
    found: list[Item] = []
    for row in await tx.execute(query):
        found += [Item(None, None)] * (row.position - len(found)) + [record(Item, row)]
    return found


async def save_content(tx: Tx, playlist: Playlist, items: Sequence[Item], snapshot: str | None) -> None:
    """Remember what was just seen in the playlist, and the snapshot id that it had."""
    await tx.execute(delete(CONTENT).where(CONTENT.c.playlist == playlist.playlist))
    rows = [
        {
            "member": playlist.member,
            "playlist": playlist.playlist,
            "position": at,
            "song": item.song,
            "added_at": item.added_at,
            "isrc": item.isrc,
            "naming": item.naming,
            "duration_ms": item.duration_ms,
            "playable": item.playable,
        }
        for at, item in enumerate(items)
        if item.song is not None
    ]
    for piece in chunks(rows):
        await tx.execute(insert(CONTENT), piece)
    await change(tx, playlist.playlist, snapshot=snapshot)
