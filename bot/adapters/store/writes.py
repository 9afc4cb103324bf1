"""Writes: the journal of what is to be changed in playlists, what was, and so what is ours to take out again."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import chunks, every, keep_newest, one
from bot.core import limits
from bot.core.records import Change, Write

WRITE, CHANGE = schema.write, schema.change


async def begin(
    tx: Tx, member: int, layer: int, kind: str, total: int, model: str | None, now: datetime, undoes: int | None = None
) -> int:
    """Open a write in state "planned" and return its number; the layer's oldest dry runs give way."""
    values = {"member": member, "layer": layer, "kind": kind, "state": "planned", "total": total, "model": model}
    result = await tx.execute(insert(WRITE).values(**values, created_at=now, undoes=undoes))
    assert result.inserted_primary_key is not None  # noqa: S101 - one row, one key
    unused = (WRITE.c.layer == layer, WRITE.c.kind == "sort", WRITE.c.state.in_(("planned", "cancelled")))
    await keep_newest(tx, WRITE, limits.DRY_RUNS, WRITE.c.write, *unused)
    return int(result.inserted_primary_key[0])


async def add_changes(tx: Tx, member: int, write: int, changes: Iterable[Mapping[str, Any]]) -> None:
    """Add lines to a write: playlist, song, action, and state, position, probability, certainty where they apply."""
    blank = {"position": None, "state": "wanted", "probability": None, "certainty": None}
    for piece in chunks(blank | dict(each) | {"member": member, "write": write} for each in changes):
        await tx.execute(insert(CHANGE), piece)


async def get(tx: Tx, write: int) -> Write | None:
    return await one(tx, Write, select(WRITE).where(WRITE.c.write == write))


async def changes(tx: Tx, write: int) -> list[Change]:
    return await every(tx, Change, select(CHANGE).where(CHANGE.c.write == write).order_by(CHANGE.c.change))


async def change(tx: Tx, change: int) -> Change | None:
    return await one(tx, Change, select(CHANGE).where(CHANGE.c.change == change))


async def set_state(tx: Tx, write: int, state: str, **values: Any) -> None:
    await tx.execute(update(WRITE).where(WRITE.c.write == write).values(state=state, **values))


async def set_changes(tx: Tx, changes: Iterable[int], state: str) -> None:
    for piece in chunks(changes):
        await tx.execute(update(CHANGE).where(CHANGE.c.change.in_(piece)).values(state=state))


async def set_positions(tx: Tx, removals: Iterable[Change], songs: Sequence[str | None]) -> None:
    """Remember where songs stand that are about to be taken out, so that an undo puts them back there."""
    for each in removals:
        if each.song in songs:
            at = update(CHANGE).where(CHANGE.c.change == each.change)
            await tx.execute(at.values(position=songs.index(each.song)))


async def unfinished(tx: Tx, member: int | None = None) -> list[Write]:
    """Return the writes that were confirmed and are not done yet, oldest first."""
    query = select(WRITE).where(WRITE.c.state == "applying").order_by(WRITE.c.write)
    return await every(tx, Write, query if member is None else query.where(WRITE.c.member == member))


async def last_done(tx: Tx, member: int) -> Write | None:
    """Return the newest write that is done and was not taken back, undos themselves left out."""
    undone = select(WRITE.c.undoes).where(WRITE.c.member == member, WRITE.c.undoes.is_not(None))
    query = select(WRITE).where(WRITE.c.member == member, WRITE.c.state == "done", WRITE.c.kind != "undo")
    return await one(tx, Write, query.where(WRITE.c.write.not_in(undone)).order_by(WRITE.c.write.desc()).limit(1))


async def undone(tx: Tx, write: int) -> bool:
    return (await tx.execute(select(WRITE.c.write).where(WRITE.c.undoes == write))).first() is not None


async def ours(tx: Tx, playlist: int) -> frozenset[str]:
    """Return the songs in the playlist that are there because we put them: the last thing we did was to add them."""
    touched = CHANGE.c.state.in_(("attempted", "written"))
    query = select(CHANGE.c.song, CHANGE.c.action).where(CHANGE.c.playlist == playlist, touched)
    last = {row.song: row.action for row in await tx.execute(query.order_by(CHANGE.c.change))}
    return frozenset(song for song, action in last.items() if action == "add")


async def last_change(tx: Tx, member: int, song: str) -> Change | None:
    """Return the newest addition of the song that was written; what `/why` explains."""
    mine = (CHANGE.c.member == member, CHANGE.c.song == song, CHANGE.c.action == "add", CHANGE.c.state == "written")
    return await one(tx, Change, select(CHANGE).where(*mine).order_by(CHANGE.c.change.desc()).limit(1))
