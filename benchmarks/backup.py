"""Backup: how long one takes, and the longest that a writer waits meanwhile. `python -m benchmarks.backup`.

For comparison, the same writer without a backup beside it, in the same run.
"""

import asyncio
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measure import Row, peak_bytes, seconds, show
from bot.adapters.backup.create import create
from bot.adapters.backup.restore import restore
from bot.adapters.store import Store
from bot.config import Settings, storage

SIZES = (20, 200)  # MB
ROWS_A_MB = 2_300  # of 400 random characters each
PAUSE = 0.005  # seconds between two writes
ALONE = 3.0  # seconds of writing without a backup


def main() -> None:
    show([measured(size) for size in SIZES])


def measured(size: int) -> Row:
    """Back up and restore a database of about that many MB."""
    with tempfile.TemporaryDirectory() as made:
        folder, file = Path(made), Path(made) / "backup.zip"
        settings = filled(folder / "data", size)
        with writing(settings) as alone:
            time.sleep(ALONE)
        with writing(settings) as beside:
            taken = seconds(lambda: create(settings, file, datetime.now(UTC)))
        other = storage({"DATA_DIR": str(folder / "other")})
        return {
            "database, MB": settings.database_path.stat().st_size / 2**20,
            "backup, MB": file.stat().st_size / 2**20,
            "backup, s": taken,
            "longest wait of a writer, ms": 1000 * max(beside),
            "without a backup, ms": 1000 * max(alone),
            "restore, s": seconds(lambda: restore(other, file, str, replace=False)),
            "peak MB": peak_bytes() / 2**20,
        }


def filled(data: Path, size: int) -> Settings:
    """Make a data folder whose database has about `size` MB."""
    data.mkdir(mode=0o700)
    settings = storage({"DATA_DIR": str(data)})
    asyncio.run(_migrated(settings))
    with closing(sqlite3.connect(settings.database_path)) as database, database:
        database.execute("CREATE TABLE ballast (number INTEGER PRIMARY KEY, words TEXT)")
        database.executemany("INSERT INTO ballast (words) VALUES (hex(randomblob(200)))", ((),) * (size * ROWS_A_MB))
    return settings


async def _migrated(settings: Settings) -> None:
    async with Store(settings.database_url) as store:
        await store.migrate()


@contextmanager
def writing(settings: Settings) -> Iterator[list[float]]:
    """Commit rows one by one meanwhile; yields how long each waited for the writer lock, in seconds."""
    waits, ended = list[float](), threading.Event()
    with ThreadPoolExecutor(1) as beside:
        writer = beside.submit(_write, settings, waits.append, ended)
        try:
            yield waits
        finally:
            ended.set()
        writer.result()


def _write(settings: Settings, note: Callable[[float], None], ended: threading.Event) -> None:
    with closing(sqlite3.connect(settings.database_path, timeout=60, isolation_level=None)) as database:
        while not ended.wait(PAUSE):
            note(seconds(lambda: database.execute("BEGIN IMMEDIATE")))
            database.execute("INSERT INTO ballast (words) VALUES ('x')")
            database.execute("COMMIT")


if __name__ == "__main__":
    main()
