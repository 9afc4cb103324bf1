"""Databases for tests: copies of one that was migrated once, since migrating takes longer than most tests."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.adapters.store import Store


def new_store(path: Path, **options: int) -> Store:
    """An empty store at today's schema, in a file of its own."""
    path.write_bytes(_migrated())
    return Store(f"sqlite+aiosqlite:///{path}", **options)


@cache
def _migrated() -> bytes:
    with TemporaryDirectory() as folder, ThreadPoolExecutor(1) as aside:
        path = Path(folder) / "template.db"
        aside.submit(asyncio.run, _migrate(path)).result()  # aside: the test has a loop of its own
        return path.read_bytes()


async def _migrate(path: Path) -> None:
    store = Store(f"sqlite+aiosqlite:///{path}")
    await store.migrate()
    await store.close()
