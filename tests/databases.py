"""Databases for tests: copies of one migrated file, because migrating takes longer than most tests."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.adapters.store import Store


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
