"""Databases for tests: copies of one migrated file, because migrating takes longer than most tests."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, create_engine, select

from bot.adapters.store import Store, schema


def new_store(path: Path, **options: int) -> Store:
    """An empty store with the current schema, in its own file."""
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
    store = Store(f"sqlite+aiosqlite:///{path}")
    await store.migrate()
    await store.close()
