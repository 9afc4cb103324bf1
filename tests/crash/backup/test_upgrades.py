"""Databases of earlier versions are upgraded with everything in them, and kept as they were."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot import config, modes
from bot.adapters import home
from bot.adapters.backup import upgrades
from bot.adapters.store import Store
from bot.adapters.store.engine import known_revisions
from bot.adapters.store.migration import upgrade
from bot.errors import NewerSchema
from tests.crash.backup.states import Rows, rows
from tests.filled import filling

REVISIONS = sorted(known_revisions())
FIRST, STEP = 1_000_000, 2
RENAMED = {"distaste": "dislike", "put_out": "removal"}
DROPPED = {"share"}  # where a layer was shared, which later versions forget
READ_AGAIN = {"total", "snapshot"}  # emptied on purpose, so that they're read from Spotify again
Row = dict[str, Any]
Inserted = dict[str, list[Row]]


@pytest.fixture
def old(tmp_path: Path) -> config.Settings:
    (tmp_path / "data").mkdir(mode=0o700)
    return config.storage({"DATA_DIR": str(tmp_path / "data")})


def made_at(settings: config.Settings, revisions: list[str]) -> Inserted:
    """Make a database, and at each revision insert a row into every table; return the rows as they were inserted."""
    inserted: Inserted = {}
    engine = sa.create_engine(f"sqlite:///{settings.database_path}")
    for revision in revisions:
        with engine.connect() as connection:
            upgrade(connection, revision)
            member = FIRST + STEP * int(revision)
            for name, row in insert_everywhere(connection, member):
                inserted.setdefault(name, []).append(row)
            connection.commit()
    engine.dispose()
    return inserted


def insert_everywhere(connection: sa.Connection, member: int) -> Iterator[tuple[str, Row]]:
    schema = sa.MetaData()
    schema.reflect(connection)
    for table in schema.sorted_tables:
        if table.name != "alembic_version":
            key = connection.execute(filling(table, member, f"w{member}")).inserted_primary_key
            mine = sa.select(table).where(
                *(column == value for column, value in zip(table.primary_key, key, strict=True))
            )
            yield table.name, stored(connection, mine)


def stored(connection: sa.Connection, row: sa.Select[Any]) -> Row:
    """A row as SQLite keeps it: JSON is text."""
    query = row.compile(connection, compile_kwargs={"literal_binds": True})
    return dict(connection.exec_driver_sql(str(query)).one()._mapping)


async def upgraded(settings: config.Settings) -> Rows:
    async with Store(settings.database_url) as store:
        await home.upgrade(store, settings)
        assert not await store.behind()
    return rows(settings.database_path)


def by_column(path: Path) -> Inserted:
    """Every row of every table, by the columns' names."""
    with closing(sqlite3.connect(path)) as database:
        database.row_factory = sqlite3.Row
        names = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
        return {name: [dict(row) for row in database.execute(f'select * from "{name}"')] for name in names}  # noqa: S608


def lost(inserted: Inserted, kept: Inserted) -> list[str]:
    """The rows that aren't there any more, or have another value in a column that's still there."""
    return [
        f"{name}: {row}"
        for name, rows_then in inserted.items()
        for row in rows_then
        if name not in DROPPED and not any(is_same(row, later) for later in kept[RENAMED.get(name, name)])
    ]


def is_same(row: Row, later: Row) -> bool:
    return all(
        (later[name].lower() if name == "isrc" else later[name]) == value
        for name, value in row.items()
        if name in later and name not in READ_AGAIN
    )


async def test_rows_of_every_earlier_schema_are_there_after_the_upgrade(old: config.Settings, soak: bool) -> None:
    inserted = made_at(old, REVISIONS[:-1] if soak else sorted({*REVISIONS[:-1:5], REVISIONS[-2]}))
    then = rows(old.database_path)
    await upgraded(old)
    assert len(inserted) > 40
    assert lost(inserted, by_column(old.database_path)) == []
    copies = list((old.data_dir / "backups").iterdir())
    assert [path.name for path in copies] == [f"before-upgrade-from-{REVISIONS[-2]}.db"]
    assert rows(copies[0]) == then


async def test_a_copy_is_kept_for_a_week_and_named_in_the_log(
    old: config.Settings, caplog: pytest.LogCaptureFixture
) -> None:
    made_at(old, [REVISIONS[-2]])
    await upgraded(old)
    (copy,) = (old.data_dir / "backups").iterdir()
    assert str(copy) in caplog.text
    assert not modes.is_open(copy)
    now = datetime.now(UTC)
    upgrades.forget(old, now + timedelta(days=6))
    assert copy.exists()
    upgrades.forget(old, now + timedelta(days=8))
    assert not copy.exists()


async def test_a_copy_dated_by_a_clock_ahead_is_kept_for_a_week_from_when_it_is_right(old: config.Settings) -> None:
    made_at(old, [REVISIONS[-2]])
    await upgraded(old)
    (copy,) = (old.data_dir / "backups").iterdir()
    now = datetime.now(UTC) - timedelta(days=300)
    for days in (0, 6):
        upgrades.forget(old, now + timedelta(days=days))
        assert copy.exists()
    upgrades.forget(old, now + timedelta(days=8))
    assert not copy.exists()


async def test_a_new_database_and_one_of_today_are_not_copied(old: config.Settings) -> None:
    await upgraded(old)
    await upgraded(old)
    assert not (old.data_dir / "backups").exists()


async def test_nothing_is_upgraded_if_the_copy_cannot_be_kept(old: config.Settings) -> None:
    made_at(old, [REVISIONS[-2]])
    before = rows(old.database_path)
    (old.data_dir / "backups").write_text("in the way")
    async with Store(old.database_url) as store:
        with pytest.raises(OSError, match="backups"):
            await home.upgrade(store, old)
    assert rows(old.database_path) == before


@pytest.mark.slow
async def test_p23_a_newer_schema_is_neither_copied_nor_changed(old: config.Settings) -> None:
    await upgraded(old)
    with closing(sqlite3.connect(old.database_path)) as database, database:
        database.execute("update alembic_version set version_num = '9999'")
    async with Store(old.database_url) as store:
        with pytest.raises(NewerSchema):
            await home.upgrade(store, old)
    assert not (old.data_dir / "backups").exists()
