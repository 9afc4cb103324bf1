"""Personal data: everything we keep about a member, to export or delete. Derived from the schema."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Table, delete, exists, insert, or_, select, update

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import CHUNK
from bot.adapters.store.social import named_messages, reposts, rounds, shared_playlists
from bot.core.vectors import unpack

SEALED = ("tokens", "verifier", "sealed")  # never exported: they open the member's account


def _refers_to_member(column: Column[Any]) -> bool:
    return any(key.column is schema.member.c.member for key in column.foreign_keys)


def _owners(table: Table) -> list[Column[Any]]:
    """Return the columns that name a row's owners: it's deleted with any of them."""
    named = [table.c[name] for name in ("member", "owner") if name in table.c]
    referring = [column for column in table.columns if _refers_to_member(column) and not column.nullable]
    return list(dict.fromkeys([*named, *referring]))


TABLES = schema.metadata.sorted_tables
OWNED = [(table, owners) for table in TABLES if (owners := _owners(table))]
DONE_BY = [column for table in TABLES for column in table.columns if _refers_to_member(column) and column.nullable]
OTHERS = (schema.follow.c.followed,)  # another member's action: deleted, but not exported
UNTOLD = {
    schema.agreement.c.declined_at: schema.agreement.c.other
}  # who did it; the other of a row's owners isn't told


async def export(tx: Tx, member: int) -> AsyncIterator[tuple[str, list[dict[str, Any]]]]:
    """Yield (table, rows) of every row owned or created by the member, in slices; each table's first is empty.

    Sealed columns are named but not shown, and so is what another member did that this one isn't told of.
    """
    theirs: dict[Table, list[Column[Any]]] = {}
    for column in [owner for _, owners in OWNED for owner in owners if owner not in OTHERS] + DONE_BY:
        theirs.setdefault(column.table, []).append(column)
    for table, columns in theirs.items():
        yield table.name, []
        rows = await tx.stream(select(table).where(or_(*(column == member for column in columns))))
        async for piece in rows.partitions(CHUNK):
            yield table.name, [_shown(table, row, member) for row in piece]


def _shown(table: Table, row: Any, member: int) -> dict[str, Any]:
    untold = {column.name for column, by in UNTOLD.items() if column.table is table and row._mapping[by.name] != member}
    return {name: None if name in untold else _legible(name, value) for name, value in row._mapping.items()}


def _legible(name: str, value: Any) -> Any:
    if name in SEALED:
        return "(sealed)"
    return {key: vector.tolist() for key, vector in unpack(value).items()} if name == "vectors" else value


async def begin_erasure(tx: Tx, member: int, now: datetime) -> None:
    if (await tx.execute(select(schema.erasure).where(schema.erasure.c.member == member))).first() is None:
        await tx.execute(insert(schema.erasure).values(member=member, begun_at=now))


async def is_going(tx: Tx, member: int) -> bool:
    """Whether the member's rows are being deleted."""
    return member in await erasures(tx) and not await came_back(tx, member)


async def came_back(tx: Tx, member: int) -> bool:
    """Whether a member whose erasure isn't finished is here again: their new rows must stay."""
    anew = schema.member.c.created_at > schema.erasure.c.begun_at
    both = select(schema.member.c.member).join(schema.erasure, schema.erasure.c.member == schema.member.c.member)
    return (await tx.execute(both.where(schema.member.c.member == member, anew))).first() is not None


async def erasures(tx: Tx) -> list[int]:
    return list((await tx.execute(select(schema.erasure.c.member))).scalars())


async def erase(tx: Tx, member: int) -> None:
    """Delete every row of the member, except the note that an erasure has begun.

    Messages with their name are deleted later; which ones is kept, without the name.
    """
    await let_go_of_shared(tx, member)
    await reposts.remove_all(tx, member)
    await named_messages.take_down(tx, member)
    await rounds.take_down(tx, member)
    await _forget_kept_alone(tx, member)
    for table, owners in reversed(OWNED):
        if table is not schema.erasure:
            await tx.execute(delete(table).where(or_(*(owner == member for owner in owners))))
    for column in DONE_BY:
        await tx.execute(update(column.table).where(column == member).values({column.name: None}))


async def let_go_of_shared(tx: Tx, member: int) -> None:
    """Stop writing the playlists that the member hosts for others, and delete those that nobody else keeps."""
    shared, partner, brought, vote = schema.shared, schema.partner, schema.contribution, schema.vote
    others = [
        exists().where(partner.c.shared == shared.c.shared, partner.c.member != member),
        exists().where(brought.c.shared == shared.c.shared, brought.c.brought_by != member),
        exists().where(vote.c.shared == shared.c.shared, vote.c.member != member),
    ]
    await tx.execute(delete(shared).where(shared.c.host == member, ~or_(*others)))
    for known in await shared_playlists.hosted(tx, member):
        await shared_playlists.unhost(tx, known.shared)


async def _forget_kept_alone(tx: Tx, member: int) -> None:
    """Delete the playlists of groups without other members."""
    shared, partner = schema.shared, schema.partner
    another = exists().where(partner.c.shared == shared.c.shared, partner.c.member != member)
    theirs = exists().where(partner.c.shared == shared.c.shared, partner.c.member == member)
    await tx.execute(delete(shared).where(shared.c.server.is_(None), theirs, ~another))


async def end_erasure(tx: Tx, member: int) -> None:
    await tx.execute(delete(schema.erasure).where(schema.erasure.c.member == member))


Tables = Sequence[Table]
LARGE: Tables = (  # tables where a member may have tens of thousands of rows: emptied in slices
    *(schema.change, schema.content, schema.edit, schema.card, schema.prompt, schema.liked, schema.shown),
    *(schema.dislike, schema.answer, schema.own_song, schema.lookup, schema.feature, schema.notice),
)


async def keys_of(tx: Tx, table: Table, member: int, limit: int) -> list[tuple[Any, ...]]:
    """Return the primary keys of up to `limit` of the member's rows in a table."""
    owner = dict(OWNED)[table][0]
    rows = await tx.execute(select(*table.primary_key).where(owner == member).limit(limit))
    return [tuple(row) for row in rows]


FROM_SPOTIFY = (
    schema.account,
    schema.link_state,
    schema.consent,
    schema.liked,
    schema.other_playlist,
    schema.content,
    schema.edit,
    schema.revision,
    schema.change,
    schema.write,
    schema.making,
    schema.card,
    schema.prompt,
    schema.model,
    schema.notice,
)
LARGE_FROM_SPOTIFY: Tables = [table for table in LARGE if table in FROM_SPOTIFY]


async def forget_spotify(tx: Tx, member: int) -> None:
    """Delete everything from the member's Spotify account, or made from it; playlists keep only their names."""
    await let_go_of_shared(tx, member)
    for table in FROM_SPOTIFY:
        await tx.execute(delete(table).where(table.c.member == member))
    kept = update(schema.playlist).where(schema.playlist.c.member == member)
    await tx.execute(kept.values(ref="", snapshot=None, recorded_from=None))
    saved = update(schema.shown).where(schema.shown.c.member == member, schema.shown.c.saving.is_not(None))
    await tx.execute(saved.values(saving=None))  # another account's likes aren't ours to save or remove
