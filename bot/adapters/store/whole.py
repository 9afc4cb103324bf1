"""The whole of a member: all that is kept about them, to hand out or to delete. Goes by the schema."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Table, delete, insert, select, update

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.core.vectors import unpack

SEALED = ("tokens", "verifier")  # never handed out: they open the member's account


def _owner(table: Table) -> Column[int] | None:
    return table.c.get("member", table.c.get("owner"))


OWNED = [(table, owner) for table in schema.metadata.sorted_tables if (owner := _owner(table)) is not None]


async def export(tx: Tx, member: int) -> dict[str, list[dict[str, Any]]]:
    """Return every row of the member, table by table; sealed columns are named, not shown."""
    return {
        table.name: [_shown(row) for row in await tx.execute(select(table).where(owner == member))]
        for table, owner in OWNED
    }


def _shown(row: Any) -> dict[str, Any]:
    return {name: _legible(name, value) for name, value in row._mapping.items()}


def _legible(name: str, value: Any) -> Any:
    if name in SEALED:
        return "(sealed)"
    return {each: vector.tolist() for each, vector in unpack(value).items()} if name == "vectors" else value


async def begin_erasure(tx: Tx, member: int, now: datetime) -> None:
    if (await tx.execute(select(schema.erasure).where(schema.erasure.c.member == member))).first() is None:
        await tx.execute(insert(schema.erasure).values(member=member, begun_at=now))


async def erasures(tx: Tx) -> list[int]:
    return list((await tx.execute(select(schema.erasure.c.member))).scalars())


async def erase(tx: Tx, member: int) -> None:
    """Delete every row of the member, the note that an erasure was begun excepted."""
    for table, owner in reversed(OWNED):
        if table is not schema.erasure:
            await tx.execute(delete(table).where(owner == member))


async def end_erasure(tx: Tx, member: int) -> None:
    await tx.execute(delete(schema.erasure).where(schema.erasure.c.member == member))


FROM_SPOTIFY = (
    schema.account,
    schema.link_state,
    schema.liked,
    schema.content,
    schema.change,
    schema.write,
    schema.card,
    schema.prompt,
    schema.model,
    schema.notice,
)


async def forget_spotify(tx: Tx, member: int) -> None:
    """Delete what came from the member's Spotify account, and what was made of it; playlists keep only their names."""
    for table in FROM_SPOTIFY:
        await tx.execute(delete(table).where(table.c.member == member))
    kept = update(schema.playlist).where(schema.playlist.c.member == member)
    await tx.execute(kept.values(ref="", snapshot=None))
