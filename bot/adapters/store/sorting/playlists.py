"""Playlists: layers, the playlists in them, and their contents when last seen."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import Select, and_, delete, func, insert, or_, select, tuple_, update

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import CHUNK, added, chunks, count, every, in_turns, one, record
from bot.core.records import Item, Layer, Playlist, Song
from bot.core.sorting import recording

ANSWER, LAYER, PLAYLIST, CONTENT = schema.answer, schema.layer, schema.playlist, schema.content
HOLDS = and_(PLAYLIST.c.playlist == CONTENT.c.playlist, PLAYLIST.c.edition == CONTENT.c.edition)
STORED = attrgetter(*Item.__slots__)  # an item's values, of which == compares only some


async def layers(tx: Tx, member: int) -> list[Layer]:
    return await every(tx, Layer, select(LAYER).where(LAYER.c.member == member).order_by(LAYER.c.layer))


async def answered_since(tx: Tx) -> list[Layer]:
    """Return all members' layers with more standing answers than labels at the last training."""
    standing = select(ANSWER.c.layer, func.count().label("number")).where(ANSWER.c.undone_at.is_(None))
    counts = standing.group_by(ANSWER.c.layer).subquery()
    more = select(LAYER).join(counts, counts.c.layer == LAYER.c.layer).where(counts.c.number > LAYER.c.tried)
    return await every(tx, Layer, more.order_by(LAYER.c.layer))


async def layer(tx: Tx, layer: int) -> Layer | None:
    return await one(tx, Layer, select(LAYER).where(LAYER.c.layer == layer))


async def ensure_layer(tx: Tx, member: int, name: str) -> Layer:
    """Return the member's layer of that name, made if needed."""
    query = select(LAYER).where(LAYER.c.member == member, LAYER.c.name == name)
    layer = await one(tx, Layer, query)
    if layer is None:
        await tx.execute(insert(LAYER).values(member=member, name=name, several=False, everything=False))
        layer = await one(tx, Layer, query)
    assert layer is not None  # noqa: S101 - the row was just written in this transaction
    return layer


async def change_layer(tx: Tx, layer: int, **values: Any) -> None:
    await tx.execute(update(LAYER).where(LAYER.c.layer == layer).values(**values))


async def end_trainings(tx: Tx, before: datetime) -> None:
    """Clear the trainings that began before then, or nobody knows when."""
    began = or_(LAYER.c.learnt_at <= before, LAYER.c.learnt_at.is_(None))
    await tx.execute(update(LAYER).where(LAYER.c.training, began).values(training=False))


async def in_layer(tx: Tx, layer: int) -> list[Playlist]:
    """Return the layer's kept playlists, in the order they were added."""
    kept = (PLAYLIST.c.layer == layer, PLAYLIST.c.removed_at.is_(None))
    return await every(tx, Playlist, select(PLAYLIST).where(*kept).order_by(PLAYLIST.c.playlist))


async def numbers_in(tx: Tx, layers: Iterable[int]) -> dict[int, set[int]]:
    """Return the numbers of the playlists kept in each of up to CHUNK layers."""
    kept = (PLAYLIST.c.layer.in_(layers), PLAYLIST.c.removed_at.is_(None))
    numbers: defaultdict[int, set[int]] = defaultdict(set)
    for row in await tx.execute(select(PLAYLIST.c.layer, PLAYLIST.c.playlist).where(*kept)):
        numbers[row.layer].add(row.playlist)
    return numbers


async def of_member(tx: Tx, member: int) -> list[Playlist]:
    kept = (PLAYLIST.c.member == member, PLAYLIST.c.removed_at.is_(None))
    return await every(tx, Playlist, select(PLAYLIST).where(*kept).order_by(PLAYLIST.c.playlist))


async def count_ever(tx: Tx, member: int) -> int:
    """Return how many playlists the member ever added, including those they removed."""
    return await count(tx, PLAYLIST.c.member == member)


async def get(tx: Tx, playlist: int) -> Playlist | None:
    return await one(tx, Playlist, select(PLAYLIST).where(PLAYLIST.c.playlist == playlist))


async def kept_by(tx: Tx, member: int, playlist: int) -> Playlist | None:
    """Return the playlist if it's the member's and still kept."""
    theirs = (PLAYLIST.c.playlist == playlist, PLAYLIST.c.member == member, PLAYLIST.c.removed_at.is_(None))
    return await one(tx, Playlist, select(PLAYLIST).where(*theirs))


async def is_still(tx: Tx, playlist: Playlist) -> bool:
    """Whether the playlist still exists with the same reference: neither erased nor unlinked meanwhile."""
    current = await get(tx, playlist.playlist)
    return current is not None and current.ref == playlist.ref


async def by_ref(tx: Tx, member: int, ref: str) -> Playlist | None:
    """Return the member's playlist with that reference, kept or removed."""
    theirs = (PLAYLIST.c.member == member, PLAYLIST.c.ref == ref)
    return await one(tx, Playlist, select(PLAYLIST).where(*theirs).limit(1))


async def removed(tx: Tx, member: int, ref: str) -> Playlist | None:
    """Return the playlist with that reference that the member once had the bot keep."""
    gone = (PLAYLIST.c.member == member, PLAYLIST.c.ref == ref, PLAYLIST.c.removed_at.is_not(None))
    return await one(tx, Playlist, select(PLAYLIST).where(*gone).order_by(PLAYLIST.c.playlist.desc()).limit(1))


async def add(tx: Tx, layer: Layer, name: str, ref: str, emoji: str) -> Playlist:
    values = {"member": layer.member, "layer": layer.layer, "name": name, "ref": ref, "emoji": emoji}
    new = await get(tx, await added(tx, PLAYLIST, values))
    assert new is not None  # noqa: S101 - the row was just written in this transaction
    return new


async def change(tx: Tx, playlist: int, **values: Any) -> None:
    await tx.execute(update(PLAYLIST).where(PLAYLIST.c.playlist == playlist).values(**values))


def _content(playlist: int) -> Select[Any]:
    return select(CONTENT).join(PLAYLIST, HOLDS).where(CONTENT.c.playlist == playlist).order_by(CONTENT.c.position)


async def items(tx: Tx, playlist: int) -> list[Item]:
    """Return the songs last seen in the playlist, in order, without empty places."""
    return await every(tx, Item, _content(playlist).where(CONTENT.c.song.is_not(None)))


async def places(tx: Tx, playlist: int) -> list[Item]:
    """Return every place last seen in the playlist; an empty one is an Item without a song."""
    seen: list[Item] = []
    async for row in in_turns(await tx.execute(_content(playlist))):
        seen += [Item(None, None)] * (row.position - len(seen)) + [
            record(Item, row)
        ]  # older versions didn't store empty places
    return seen


async def holding(tx: Tx, layer: int, song: Song) -> frozenset[int]:
    """Return the layer's kept playlists in which the song was last seen, under its own id or another release's."""
    return (await holding_each(tx, layer, [song]))[song.song]


async def holding_each(tx: Tx, layer: int, songs: Sequence[Song]) -> dict[str, frozenset[int]]:
    """Return what `holding` does for each of up to CHUNK songs."""
    columns = {"song": CONTENT.c.song, "isrc": CONTENT.c.isrc, "naming": CONTENT.c.naming}
    known = {name: {getattr(song, name) for song in songs} - {None} for name in columns}
    alike = or_(*(column.in_(known[name]) for name, column in columns.items()))
    kept = (PLAYLIST.c.layer == layer, PLAYLIST.c.removed_at.is_(None))
    rows = (await tx.execute(select(CONTENT).join(PLAYLIST, HOLDS).where(*kept, alike))).all()
    held = [(row.playlist, record(Item, row)) for row in rows]
    return {
        song.song: frozenset(at for at, item in held if item.song == song.song or recording.same(item, song))
        for song in songs
    }


async def count_items(tx: Tx, playlist: int) -> int:
    songs = _content(playlist).where(CONTENT.c.song.is_not(None)).order_by(None).with_only_columns(func.count())
    return int((await tx.execute(songs)).scalar_one())


async def count_changed(tx: Tx, playlist: int, items: Sequence[Item]) -> int:
    """Return how many rows must be written to replace the stored contents with `items`."""
    before = await places(tx, playlist)
    return len(before) + len(items) - 2 * _same(before, items)


def _same(before: Sequence[Item], items: Sequence[Item]) -> int:
    """Return how many leading places are unchanged."""
    pairs = enumerate(zip(before, items, strict=False))
    return next((at for at, (old, new) in pairs if STORED(old) != STORED(new)), min(len(before), len(items)))


async def save_content(tx: Tx, playlist: Playlist, items: Sequence[Item], snapshot: str | None) -> None:
    """Store the playlist's contents just seen, and their snapshot id; writes only what changed."""
    same = _same(await places(tx, playlist.playlist), items)
    edition = await _edition(tx, playlist.playlist)
    here = (CONTENT.c.playlist == playlist.playlist, CONTENT.c.edition == edition)
    await tx.execute(delete(CONTENT).where(*here, CONTENT.c.position >= same))
    for piece in chunks(list(enumerate(items))[same:]):
        await add_content(tx, playlist, edition, piece)
    await change(tx, playlist.playlist, snapshot=snapshot)


async def _edition(tx: Tx, playlist: int) -> int:
    """Return the current edition of the contents."""
    return int((await tx.execute(select(PLAYLIST.c.edition).where(PLAYLIST.c.playlist == playlist))).scalar_one())


async def next_edition(tx: Tx, playlist: int) -> int:
    """Return an unused edition number."""
    newest = select(func.max(CONTENT.c.edition)).where(CONTENT.c.playlist == playlist)
    return max(await _edition(tx, playlist), (await tx.execute(newest)).scalar_one() or 0) + 1


async def add_content(tx: Tx, playlist: Playlist, edition: int, placed: Sequence[tuple[int, Item]]) -> None:
    """Write some places of an edition, which takes effect with `hold`."""
    here = {"member": playlist.member, "playlist": playlist.playlist, "edition": edition}
    rows = [here | {"position": at} | {name: getattr(item, name) for name in Item.__slots__} for at, item in placed]
    await tx.execute(insert(CONTENT), rows)


async def detach(tx: Tx, playlist: int) -> None:
    """Take a playlist's reference and contents away: one at Spotify takes its place, with its labels."""
    await tx.execute(update(schema.revision).where(schema.revision.c.playlist == playlist).values(at=None))
    edition = await next_edition(tx, playlist)
    await change(tx, playlist, ref="", snapshot=None, edition=edition, recorded_from=None)


async def hold(tx: Tx, playlist: int, edition: int, snapshot: str | None) -> None:
    """Activate a completely written edition; the previous one can then be deleted."""
    await change(tx, playlist, edition=edition, snapshot=snapshot)


async def forget_editions(tx: Tx, playlist: int) -> int:
    """Delete some places of inactive editions; return how many: 0 if none are left."""
    holds = select(PLAYLIST.c.edition).where(PLAYLIST.c.playlist == playlist).scalar_subquery()
    old = select(CONTENT.c.edition, CONTENT.c.position).where(
        CONTENT.c.playlist == playlist, CONTENT.c.edition != holds
    )
    rows = [tuple(row) for row in await tx.execute(old.limit(CHUNK))]
    here = (CONTENT.c.playlist == playlist, tuple_(CONTENT.c.edition, CONTENT.c.position).in_(rows))
    await tx.execute(delete(CONTENT).where(*here))
    return len(rows)
