"""Rows: turn rows into records, and the few kinds of statement that every module needs."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import fields
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Row, Select, Table, bindparam, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.adapters.store.engine import Tx

T = TypeVar("T")
Insert = postgresql.Insert | sqlite.Insert
CHUNK = 500  # values per statement; SQLite allows 32,766 variables


def record(kind: type[T], row: Any) -> T:
    """Build a `kind` from the columns named like its fields; lists become tuples."""
    values: Mapping[str, Any] = row._mapping
    return kind(**{column.name: _frozen(values[column.name]) for column in fields(kind)})  # type: ignore[arg-type]


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


async def one(tx: Tx, kind: type[T], query: Select[Any]) -> T | None:
    row = (await tx.execute(query)).first()
    return None if row is None else record(kind, row)


async def every(tx: Tx, kind: type[T], query: Select[Any]) -> list[T]:
    return [record(kind, row) async for row in in_turns(await tx.execute(query))]


async def in_turns(values: Iterable[T]) -> AsyncIterator[T]:
    """Iterate over what may be a whole library, yielding to the event loop every CHUNK values."""
    for at, value in enumerate(values, 1):
        if not at % CHUNK:
            await asyncio.sleep(0)
        yield value


async def added(tx: Tx, table: Table, values: Mapping[str, Any]) -> int:
    """Insert a row, and return the number that it got as its primary key."""
    key = (await tx.execute(insert(table).values(values))).inserted_primary_key
    assert key is not None  # noqa: S101 - one row, one key
    return int(key[0])


async def upsert(tx: Tx, table: Table, values: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, or replace the given columns where the primary key exists."""
    rows = [values] if isinstance(values, Mapping) else list(values)
    if not rows:
        return
    await tx.execute(_upserting(tx.dialect.name, table, tuple(rows[0])), rows)


@cache  # building one takes longer than running it, and there are few
def _upserting(engine: str, table: Table, columns: Sequence[str]) -> Insert:
    keys = [column.name for column in table.primary_key]
    insert = inserting(engine, table)
    changed = {name: insert.excluded[name] for name in columns if name not in keys}
    if not changed:
        return insert.on_conflict_do_nothing(index_elements=keys)
    return insert.on_conflict_do_update(index_elements=keys, set_=changed)


def inserting(engine: str, table: Table) -> Insert:
    """Return an INSERT that may say what to do on a conflict; SQLAlchemy has one for each engine."""
    return postgresql.insert(table) if engine == "postgresql" else sqlite.insert(table)


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterable[list[T]]:
    """Cut `values` into pieces that fit in one statement."""
    everything = list(values)
    return (everything[start : start + size] for start in range(0, len(everything), size))


async def count(tx: Tx, *which: ColumnElement[bool]) -> int:
    """Return the number of rows that meet all conditions."""
    return int((await tx.execute(select(func.count()).where(*which))).scalar_one())


async def keep_newest(
    tx: Tx, table: Table, most: int, newest: ColumnElement[Any], *which: ColumnElement[bool]
) -> Sequence[Row[Any]]:
    """Delete all but `most` of those rows, keeping the greatest `newest`; return the keys of the deleted ones."""
    if await count(tx, *which) <= most:
        return ()
    keys = list(table.primary_key)
    query = select(*keys).where(*which).order_by(newest.desc().nulls_last(), *keys).offset(most)
    gone = [row async for row in in_turns(await tx.execute(query))]
    await delete_keys(tx, table, gone)
    return gone


async def delete_keys(tx: Tx, table: Table, gone: Iterable[Sequence[Any]]) -> None:
    """Delete the rows with those primary keys, each by the key's index: SQLite reads the whole table for a list."""
    named = {column: bindparam(f"gone_{column.name}", type_=column.type) for column in table.primary_key}
    here = delete(table).where(*(column == value for column, value in named.items()))
    for piece in chunks(gone):
        await tx.execute(here, [dict(zip((value.key for value in named.values()), row, strict=True)) for row in piece])
