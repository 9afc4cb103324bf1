"""A stage for limits: Ada, many other members, and thousands of rows."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.adapters.store import Store, schema
from bot.adapters.store.engine import Tx
from bot.core.records import Actor
from bot.flows.social import server_channels
from bot.flows.social.server_channels import Purpose
from bot.flows.social.shared import playlists as shared_playlists
from tests.contract.feed.catalogue_stage import ADA, Stage, staged

SERVER, CHANNEL, LAYER, OTHERS = 7001, 31, 1, range(2000, 2600)


def _filler(column: sa.Column[Any], number: int, now: datetime) -> Any:
    kind = type(column.type)
    made: dict[type, Any] = {schema.Text: f"x{number}", sa.JSON: [], sa.LargeBinary: b"x", sa.Boolean: False}
    return made.get(kind, now - timedelta(minutes=number + 1) if kind is schema.Moment else number + 100)


async def fill(tx: Tx, table: sa.Table, count: int, now: datetime, **fixed: Any) -> None:
    """Insert `count` rows into a table; columns not given get made-up values, and each row is older than the last."""
    needed = [
        column for column in table.columns if not column.nullable and not (column.primary_key and _numbers(column))
    ]
    rows = [
        {column.name: fixed.get(column.name, _filler(column, number, now)) for column in needed} | _own(fixed, number)
        for number in range(count)
    ]
    if rows:
        await tx.execute(sa.insert(table), rows)


def _numbers(column: sa.Column[Any]) -> bool:
    return len(column.table.primary_key) == 1 and not isinstance(column.type, schema.Text)


def _own(fixed: Mapping[str, Any], number: int) -> dict[str, Any]:
    return {name: value(number) if callable(value) else value for name, value in fixed.items()}


@pytest.fixture
async def stage(store: Store, tmp_path: Path, now: datetime) -> Stage:
    """Ada with thirty songs and a layer, many other members, and a server with channels for everything."""
    made = staged(store, tmp_path, now)
    await made.like(ADA, range(30))
    await made.catalogue.points.refresh()
    async with store.writing() as tx:
        await tx.execute(
            sa.insert(schema.member), [{"member": other, "created_at": now, "joined": True} for other in OTHERS]
        )
        await tx.execute(sa.insert(schema.layer).values(member=ADA, name="main"))
    await server_channels.choose(store, SERVER, Purpose.REPOSTS, [CHANNEL])
    await server_channels.choose(store, SERVER, Purpose.ROUNDS, [*range(CHANNEL, CHANNEL + 3)])
    return made


async def a_list(stage: Stage, server: int | None = SERVER) -> None:
    await shared_playlists.open_new(stage.store, Actor(OTHERS[0], server, stage.now), "Kitchen")


async def count(tx: Tx, table: sa.Table) -> int:
    return int((await tx.execute(sa.select(sa.func.count()).select_from(table))).scalar_one())
