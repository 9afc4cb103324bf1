"""Copying: everything in one store into another, whatever engines hold them.

It goes table by table, each after those that it refers to, in slices by primary key. What's there already is compared
instead of written, so a copy that was cut short goes on where it stopped, and copying again checks every row.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, func, insert, select, text, tuple_
from sqlalchemy.exc import DBAPIError

from bot.adapters.store.engine import Store, Tx
from bot.adapters.store.rows import CHUNK, count
from bot.adapters.store.schema import metadata
from bot.adapters.store.schema.base import NUL
from bot.errors import StoreError, StoreTaken

Row = tuple[Any, ...]
NUMBER_ON = text("SELECT setval(CAST(:sequence AS regclass), :highest)")


@dataclass(frozen=True, slots=True)
class Copied:
    """A table's rows, all of which are the same in both stores now; new: those that weren't there before."""

    table: str
    rows: int
    new: int


async def copy(source: Store, target: Store) -> AsyncIterator[Copied]:
    """Copy all rows and yield what came of each table. Both stores have today's schema, and nobody else uses them.

    Raises StoreTaken if the target holds anything else, StoreError; the source is only read.
    """
    for table in metadata.sorted_tables:
        copied = await _table(source, target, table)
        async with target.writing() as tx:
            if await count(tx, table.c[_keys(table)[0]].is_not(None)) != copied.rows:
                raise StoreTaken(
                    f"{table.name}: the database there holds rows that aren't in this one. Use an empty one."
                )
            await _number_on(tx, table)
        yield copied


async def _table(source: Store, target: Store, table: Table) -> Copied:
    rows = new = 0
    last: Row | None = None
    while True:
        async with source.reading() as tx:
            piece = await _after(tx, table, last)
        if not piece:
            return Copied(table.name, rows, new)
        rows, last = rows + len(piece), _key(table, piece[-1])
        new += await _slice(target, table, piece)


async def _after(tx: Tx, table: Table, last: Row | None) -> Sequence[Row]:
    """Return the next slice of a table, by its primary key."""
    keys = [table.c[name] for name in _keys(table)]
    query = select(table).order_by(*keys).limit(CHUNK)
    if last is not None:
        query = query.where(tuple_(*keys) > last)
    return [tuple(row) for row in await tx.execute(query)]


async def _slice(target: Store, table: Table, piece: Sequence[Row]) -> int:
    """Write what isn't there yet, and read everything back; return how many rows were new."""
    wanted = {_key(table, row): tuple(map(_kept, row)) for row in piece}
    async with target.writing() as tx:
        there = await _of(tx, table, list(wanted))
        missing = [wanted[key] for key in wanted if key not in there]
        await _add(tx, table, missing)
        now_there = await _of(tx, table, list(wanted)) if missing else there
        if now_there != wanted:
            raise StoreTaken(f"{table.name}: the database there holds other rows with the same keys. Use an empty one.")
    return len(missing)


async def _of(tx: Tx, table: Table, keys: Sequence[Row]) -> dict[Row, Row]:
    """Return the rows with these keys, by key."""
    which = tuple_(*(table.c[name] for name in _keys(table))).in_(keys)
    return {_key(table, row): tuple(row) for row in await tx.execute(select(table).where(which))}


async def _add(tx: Tx, table: Table, rows: Sequence[Row]) -> None:
    if not rows:
        return
    names = [column.name for column in table.columns]
    values: list[Mapping[str, Any]] = [dict(zip(names, row, strict=True)) for row in rows]
    try:
        await tx.execute(insert(table), values)
    except DBAPIError as error:
        raise StoreError(f"{table.name}: the database there doesn't take a row: {error.orig}") from error


async def _number_on(tx: Tx, table: Table) -> None:
    """Have PostgreSQL number new rows after those that were copied, which SQLite does by itself."""
    key = table.autoincrement_column
    if key is None or tx.dialect.name != "postgresql":
        return
    named = select(func.pg_get_serial_sequence(func.quote_ident(table.name), key.name))
    sequence = (await tx.execute(named)).scalar_one()
    highest = (await tx.execute(select(func.max(key)))).scalar_one()
    if sequence and highest:
        await tx.execute(NUMBER_ON, {"sequence": sequence, "highest": highest})


def _keys(table: Table) -> list[str]:
    return [column.name for column in table.primary_key]


def _key(table: Table, row: Row) -> Row:
    places = [place for place, column in enumerate(table.columns) if column.primary_key]
    named = {column.name: _kept(row[place]) for place, column in enumerate(table.columns) if place in places}
    return tuple(named[name] for name in _keys(table))


def _kept(value: Any) -> Any:
    """Return a value as every engine keeps it (see `schema.Text`)."""
    return value.replace(NUL, "") if isinstance(value, str) else value
