"""SQLite: one file, where a transaction that may write begins by locking it."""

import logging
import sqlite3
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, closing, nullcontext
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, event, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from bot.adapters.store.problems import store_error, typed_errors
from bot.errors import StoreBusy, StoreDamaged

log = logging.getLogger(__name__)
BUSY_MS = 5_500  # a backup may hold the database for five seconds (promise P21)
PATIENCE_MS = 1_000  # how long rewriting the file waits for readers, while all writers wait for it
EMPTY_LOG = "PRAGMA wal_checkpoint(TRUNCATE)"


class Sqlite:
    """An engine for a file, and what only SQLite needs."""

    on_server = False

    def __init__(self, url: str, busy_ms: int) -> None:
        self.path, self._busy_ms = Path(make_url(url).database or ""), busy_ms
        # Errors are logged, so they never show a row's values.
        self.engine = create_async_engine(url, pool_size=5, max_overflow=10, hide_parameters=True)
        event.listen(self.engine.sync_engine, "do_connect", self._make_folder)
        event.listen(self.engine.sync_engine, "connect", partial(_configure, busy_ms))
        event.listen(self.engine.sync_engine, "begin", _begin)
        event.listen(self.engine.sync_engine, "invalidate", _roll_back)

    def _make_folder(self, *_: object) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)

    def options(self, *, writing: bool) -> Mapping[str, Any]:
        """Return the options of a transaction: one that writes locks the file first."""
        return {"immediate": writing}

    def held(self, _: str) -> AbstractAsyncContextManager[None]:
        """Do nothing: only one process uses the file."""
        return nullcontext()

    def check(self) -> None:
        """Call `check` on the file. Blocks."""
        check(self.path)

    async def rewrite(self) -> bool:
        """Rewrite the file without deleted rows, and empty the log; return whether nothing was in the way."""
        return await self._outside_transactions("VACUUM", EMPTY_LOG)

    async def empty_log(self) -> bool:
        """Empty the write-ahead log, which still holds deleted rows; return whether nothing was in the way."""
        return await self._outside_transactions(EMPTY_LOG)

    async def _outside_transactions(self, *statements: str) -> bool:
        """Run statements; return whether none was blocked. One that returns a row says so in its first column."""
        async with self.engine.connect() as connection:
            raw = await connection.get_raw_connection()
            driver: Any = raw.driver_connection
            await _answer(driver, f"PRAGMA busy_timeout = {PATIENCE_MS}")
            try:
                answers = [await _answer(driver, statement) for statement in statements]
            except sqlite3.OperationalError as problem:
                log.warning("the database was not rewritten: %s", problem)
                return False
            finally:
                await _answer(driver, f"PRAGMA busy_timeout = {self._busy_ms}")
        return not any(answer and answer[0] for answer in answers)


async def _answer(driver: Any, statement: str) -> Any:
    """Return the first row of a statement's result, None if it has none."""
    async with driver.execute(statement) as cursor:
        return await cursor.fetchone()


def _configure(busy_ms: int, connection: Any, _: object) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",  # acknowledged changes survive a power cut
        "foreign_keys = ON",
        "secure_delete = ON",
        f"busy_timeout = {busy_ms}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    connection.isolation_level = None  # we send BEGIN ourselves, below


def _begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _roll_back(connection: Any, *_: object) -> None:
    """End the transaction of a task that was cancelled during a statement.

    Closing the connection isn't enough: SQLite keeps it, and its lock, while that task's cursor is alive.
    """
    connection.rollback()


def check(path: Path) -> None:
    """Open a new connection, read, and begin to write. Raises a StoreError if any of it fails. Blocks.

    Open connections notice little: they keep using a deleted file, and what they have in memory.
    """
    with typed_errors(), closing(sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, timeout=0)) as database:
        database.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        try:
            database.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if not isinstance(
                store_error(error), StoreBusy
            ):  # otherwise somebody else is writing, so the file can be written
                raise


def verify(path: Path, *, thoroughly: bool = False) -> None:
    """Check a whole database. Raises StoreDamaged if SQLite finds damage. Blocks."""
    if not path.exists():
        return
    check = "integrity_check" if thoroughly else "quick_check"
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_MS / 1000)) as database:
            ((verdict,),) = database.execute(f"PRAGMA {check}(1)").fetchall()
    except sqlite3.OperationalError as error:
        raise store_error(error) from error
    except sqlite3.DatabaseError as error:
        verdict = str(error)
    if verdict != "ok":
        raise StoreDamaged(
            f"{path} is damaged ({' '.join(verdict.split())}). Stop the bot, and bring a backup back with `restore "
            f"FILE --replace`; without one, `sqlite3 {path} .recover` saves what can still be read"
        )
