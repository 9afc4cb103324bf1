"""Layers, the playlists in them, and what was last seen in those."""

from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

from sqlalchemy import Select, and_, delete, func, insert, select, tuple_, update

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import CHUNK, chunks, count, every, in_turns, one, record
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


async def is_still(tx: Tx, playlist: Playlist) -> bool:
    """Whether the playlist is there, and the one at Spotify that it was: neither erased nor unlinked meanwhile."""
    found = await get(tx, playlist.playlist)
    return found is not None and found.ref == playlist.ref


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


def _content(playlist: int) -> Select[Any]:
    holds = and_(PLAYLIST.c.playlist == CONTENT.c.playlist, PLAYLIST.c.edition == CONTENT.c.edition)
    return select(CONTENT).join(PLAYLIST, holds).where(CONTENT.c.playlist == playlist).order_by(CONTENT.c.position)


async def items(tx: Tx, playlist: int) -> list[Item]:
    """Return what was last seen in the playlist, in order, holes left out."""
    return await every(tx, Item, _content(playlist).where(CONTENT.c.song.is_not(None)))


async def places(tx: Tx, playlist: int) -> list[Item]:
    """Return what was last seen in the playlist, place by place: a hole is an Item without a song."""
    found: list[Item] = []
    async for row in in_turns(await tx.execute(_content(playlist))):
        found += [Item(None, None)] * (row.position - len(found)) + [record(Item, row)]  # older versions left holes out
    return found


async def count_items(tx: Tx, playlist: int) -> int:
    songs = _content(playlist).where(CONTENT.c.song.is_not(None)).order_by(None).with_only_columns(func.count())
    return int((await tx.execute(songs)).scalar_one())


async def count_changed(tx: Tx, playlist: int, items: Sequence[Item]) -> int:
    """Return how many rows it takes to remember these in place of what was last seen."""
    before = await places(tx, playlist)
    return len(before) + len(items) - 2 * _same(before, items)


def _same(before: Sequence[Item], items: Sequence[Item]) -> int:
    """How many places from the first on are as they were."""
    pairs = enumerate(zip(before, items, strict=False))
    return next((at for at, (old, new) in pairs if astuple(old) != astuple(new)), min(len(before), len(items)))


async def save_content(tx: Tx, playlist: Playlist, items: Sequence[Item], snapshot: str | None) -> None:
    """Remember what was just seen in the playlist, and the snapshot id that it had; writes what is not as before."""
    same = _same(await places(tx, playlist.playlist), items)
    edition = await _edition(tx, playlist.playlist)
    here = (CONTENT.c.playlist == playlist.playlist, CONTENT.c.edition == edition)
    await tx.execute(delete(CONTENT).where(*here, CONTENT.c.position >= same))
    for piece in chunks(list(enumerate(items))[same:]):
        await add_content(tx, playlist, edition, piece)
    await change(tx, playlist.playlist, snapshot=snapshot)


async def _edition(tx: Tx, playlist: int) -> int:
    """Return the edition of what was seen that holds."""
    return int((await tx.execute(select(PLAYLIST.c.edition).where(PLAYLIST.c.playlist == playlist))).scalar_one())


async def next_edition(tx: Tx, playlist: int) -> int:
    """Return the number of an edition that nothing was written of yet."""
    newest = select(func.max(CONTENT.c.edition)).where(CONTENT.c.playlist == playlist)
    return max(await _edition(tx, playlist), (await tx.execute(newest)).scalar_one() or 0) + 1


async def add_content(tx: Tx, playlist: Playlist, edition: int, placed: Sequence[tuple[int, Item]]) -> None:
    """Write some places of an edition. It does not hold before `hold`."""
    here = {"member": playlist.member, "playlist": playlist.playlist, "edition": edition}
    rows = [here | {"position": at} | {name: getattr(item, name) for name in Item.__slots__} for at, item in placed]
    await tx.execute(insert(CONTENT), rows)


async def hold(tx: Tx, playlist: int, edition: int, snapshot: str | None) -> None:
    """Have an edition hold that was written to its end; the one before is to be forgotten."""
    await change(tx, playlist, edition=edition, snapshot=snapshot)


async def forget_editions(tx: Tx, playlist: int) -> int:
    """Delete some places of editions that don't hold; return how many: 0 when none are left."""
    holds = select(PLAYLIST.c.edition).where(PLAYLIST.c.playlist == playlist).scalar_subquery()
    old = select(CONTENT.c.edition, CONTENT.c.position).where(
        CONTENT.c.playlist == playlist, CONTENT.c.edition != holds
    )
    rows = [tuple(row) for row in await tx.execute(old.limit(CHUNK))]
    here = (CONTENT.c.playlist == playlist, tuple_(CONTENT.c.edition, CONTENT.c.position).in_(rows))
    await tx.execute(delete(CONTENT).where(*here))
    return len(rows)
