"""Databases for tests: copies of one migrated file, because migrating takes longer than most tests."""

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, NullPool, create_engine, select

from bot.adapters.store import Store, schema
from tests import postgresql

ENGINES = ("sqlite", "postgresql")


def new_store(path: Path, engine: str = "sqlite", **options: int) -> Store:
    """An empty store with the current schema: in its own file, or in a database of its own."""
    if engine == "postgresql":
        return Store(postgresql.new_url(), **options)
    path.write_bytes(_migrated())
    return Store(f"sqlite+aiosqlite:///{path}", **options)


def migrated_folder(folder: Path) -> None:
    """Create a bot's data folder with an empty, migrated database, to save the bot the migration."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "cratekeeper.db"
    path.touch(mode=0o600)
    path.write_bytes(_migrated())


async def everything_in(store: Store) -> bytes:
    """Return every row of every table, as text."""
    async with store.reading() as tx:
        rows = [(await tx.execute(select(table))).all() for table in schema.metadata.sorted_tables]
    return repr(rows).encode()


def carry_out(url: str, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Carry out a statement on a bot's database, or on its jobs, in a transaction; return its rows.

    statement: with question marks for values, as SQLite has them.
    """
    on_server = url.startswith("postgresql")
    options = {"options": "-c search_path=public,dbos"} if on_server else {"timeout": 20}
    engine = create_engine(url.replace("+aiosqlite", ""), poolclass=NullPool, connect_args=options)
    with engine.begin() as connection:
        said = connection.exec_driver_sql(statement.replace("?", "%s") if on_server else statement, tuple(values))
        return [tuple(row) for row in said] if said.returns_rows else []


@contextmanager
def another(store: Store) -> Iterator[Connection]:
    """Open another connection to a store's database, as another process would."""
    engine = create_engine(store.url.replace("+aiosqlite", ""))
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@cache
def _migrated() -> bytes:
    with TemporaryDirectory() as folder, ThreadPoolExecutor(1) as aside:
        path = Path(folder) / "template.db"
        aside.submit(asyncio.run, _migrate(path)).result()  # in a thread: the test already runs an event loop
        return path.read_bytes()


async def _migrate(path: Path) -> None:
    async with Store(f"sqlite+aiosqlite:///{path}") as store:
        await store.migrate()
