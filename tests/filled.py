"""Rows for tests: one for a member in every table."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.schema.base import OneOf

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TABLES = schema.metadata.sorted_tables
OF_MEMBER = ("member", "owner", "host", "brought_by", "followed", "other")


def model_of(member: int) -> str:
    """The name of the member's model."""
    return f"{member:064x}"


async def fill(tx: Tx, member: int, word: str, tables: Sequence[sa.Table] = TABLES) -> None:
    """Insert a row for the member into each table, with the word in every text column."""
    for table in tables:
        await tx.execute(filling(table, member, word))


def filling(table: sa.Table, member: int, word: str) -> sa.Insert:
    """The statement that inserts the member's row into a table."""
    return sa.insert(table).values({column.name: value(column, member, word) for column in filled_in(table)})


def filled_in(table: sa.Table) -> list[sa.Column[Any]]:
    """The columns that the engine doesn't number by itself."""
    serial = table.autoincrement_column  # of a reflected table also a BIGINT, though SQLite numbers only an INTEGER
    return [column for column in table.columns if column is not serial or isinstance(serial.type, sa.BIGINT)]


def value(column: sa.Column[Any], member: int, word: str) -> Any:
    if column.name in OF_MEMBER:
        return member
    if column.name == "message":
        return member // 2  # different for each member; a leftover doesn't identify them
    if column.name == "undoes":
        return None
    if column.foreign_keys:
        return sa.select(sa.func.max(next(iter(column.foreign_keys)).column)).scalar_subquery()
    if column.name == "digest" and column.table.name == "model":
        return model_of(member)
    if isinstance(column.type, OneOf):
        return next(iter(column.type.kind))
    texts = {schema.Text: word, sa.String: word}  # ours, and those of a reflected table
    kinds = {**texts, sa.LargeBinary: word.encode(), sa.JSON: [word], schema.Moment: NOW, sa.Boolean: False}
    number = member // 2 if column.primary_key else 1
    return next((value for kind, value in kinds.items() if isinstance(column.type, kind)), number)
