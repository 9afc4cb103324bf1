"""Engine: a connection per transaction, so that two coroutines never share one (promise P22)."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Hashable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event, make_url
from sqlalchemy.exc import DatabaseError, DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from bot.errors import NewerSchema, StoreBusy, StoreDamaged, StoreError, StoreFull, StoreShut

log = logging.getLogger(__name__)
Tx = AsyncConnection
BUSY_MS = 5_500  # a backup may hold the database for five seconds (promise P21)
PATIENCE_MS = 1_000  # that rewriting the file waits for readers, while all writers wait for it
BROKEN_RULES = {IntegrityError, ProgrammingError, DataError, sqlite3.IntegrityError, sqlite3.ProgrammingError}
EMPTY_LOG = "PRAGMA wal_checkpoint(TRUNCATE)"
MIGRATIONS = Path(__file__).parent / "migrations"


class Store:
    """The database. `writing` and `reading` are the only two doors; neither nests."""

    def __init__(self, url: str, busy_ms: int = BUSY_MS) -> None:
        path = make_url(url).database
        if path:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        self.url, self._busy_ms = url, busy_ms
        self.path = Path(path or "")
        # What an error says goes into the log: never with the values of a row.
        self._engine = create_async_engine(url, pool_size=5, max_overflow=10, hide_parameters=True)
        self._writer = asyncio.Lock()
        self._locks: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()
        self.is_scrubbed = True  # whether nothing of what was deleted stands in the file any more
        event.listen(self._engine.sync_engine, "connect", partial(_configure, busy_ms))
        event.listen(self._engine.sync_engine, "begin", _begin)
        event.listen(self._engine.sync_engine, "invalidate", _roll_back)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Tx]:
        """A transaction that may write: all of it is on disk when the block ends, or none of it is.

        Raises StoreBusy when another process holds the database for longer than BUSY_MS, StoreFull when the
        disk is full, StoreError otherwise. Writers of this process queue up here, in order of arrival.
        """
        async with self._writer, self._transaction(immediate=True) as tx:
            yield tx

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Tx]:
        """A transaction that sees one state of the database throughout."""
        async with self._transaction(immediate=False) as tx:
            yield tx

    def lock(self, name: Hashable) -> asyncio.Lock:
        """The lock of that name, for what takes several transactions; never to be taken within one."""
        return self._locks.setdefault(name, asyncio.Lock())

    @asynccontextmanager
    async def _transaction(self, *, immediate: bool) -> AsyncIterator[Tx]:
        with typed_errors():
            async with self._engine.connect() as tx:
                await tx.execution_options(immediate=immediate)
                async with tx.begin():
                    yield tx

    async def migrate(self) -> None:
        """Bring the schema up to date. Raises NewerSchema when a newer Cratekeeper wrote the database."""
        with typed_errors():
            async with self._writer, self._engine.connect() as tx:
                await tx.run_sync(_upgrade)

    async def behind(self) -> bool:
        """Whether the schema is older than this program's; also where there is none yet."""
        with typed_errors():
            async with self._engine.connect() as tx:
                return await tx.run_sync(_behind)

    async def scrub(self) -> bool:
        """Leave no byte of a deleted row behind: rewrite the file and empty the write-ahead log.

        Returns whether that was possible; it is not while something else reads or locks the database, or there is no
        room for the copy. `is_scrubbed` says the same until it is done.
        """
        self.is_scrubbed = await self._outside_transactions("VACUUM", EMPTY_LOG)
        return self.is_scrubbed

    async def checkpoint(self) -> bool:
        """Empty the write-ahead log, in which deleted rows stand for a while; returns whether that was possible."""
        return await self._outside_transactions(EMPTY_LOG)

    async def _outside_transactions(self, *statements: str) -> bool:
        """Run statements of which each answers nothing, or whether it was kept from its work (busy) first."""
        async with self._writer, self._engine.connect() as connection:
            raw = await connection.get_raw_connection()
            driver: Any = raw.driver_connection
            await _answer(driver, f"PRAGMA busy_timeout = {PATIENCE_MS}")
            try:
                answers = [await _answer(driver, each) for each in statements]
            except sqlite3.OperationalError as problem:
                log.warning("the database was not rewritten: %s", problem)
                return False
            finally:
                await _answer(driver, f"PRAGMA busy_timeout = {self._busy_ms}")
        return not any(answer and answer[0] for answer in answers)

    async def close(self) -> None:
        await self._engine.dispose()


async def _answer(driver: Any, statement: str) -> Any:
    """The first row that a statement answers, None where it answers nothing."""
    async with driver.execute(statement) as cursor:
        return await cursor.fetchone()


def _configure(busy_ms: int, connection: Any, _: object) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",  # what was acknowledged survives a power cut, too
        "foreign_keys = ON",
        "secure_delete = ON",
        f"busy_timeout = {busy_ms}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    connection.isolation_level = None  # we say BEGIN ourselves, below


def _begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _roll_back(connection: Any, *_: object) -> None:
    """End the transaction of a task that was cancelled within a statement.

    Closing the connection is not enough: SQLite keeps it, and its lock, as long as a cursor of that task is alive.
    """
    connection.rollback()


@contextmanager
def typed_errors() -> Iterator[None]:
    """Turn what SQLite says of its files into errors of the store; a broken rule of the schema stays what it is."""
    try:
        yield
    except (DatabaseError, sqlite3.DatabaseError) as error:  # the latter while a connection is opened
        if type(error) in BROKEN_RULES:
            raise
        raise store_error(error) from error


def verify(path: Path, *, thoroughly: bool = False) -> None:
    """Read a database through. Raises StoreDamaged for one that SQLite finds fault with. Blocks."""
    if not path.exists():
        return
    check = "integrity_check" if thoroughly else "quick_check"
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_MS / 1000)) as database:
            ((found,),) = database.execute(f"PRAGMA {check}(1)").fetchall()
    except sqlite3.OperationalError as error:
        raise store_error(error) from error
    except sqlite3.DatabaseError as error:
        found = str(error)
    if found != "ok":
        raise StoreDamaged(
            f"{path} is damaged ({' '.join(found.split())}). Stop the bot, and put a backup in its place; "
            f"without one, `sqlite3 {path} .recover` saves what can still be read"
        )


def store_error(error: DBAPIError | sqlite3.Error) -> StoreError:
    """Return what an error of SQLite's means for the bot."""
    orig = getattr(error, "orig", error)
    code = getattr(orig, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreBusy()
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return StoreFull()
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return StoreShut()
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return StoreDamaged()
    return StoreError(str(orig))


def alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def _behind(connection: Connection) -> bool:
    newest = ScriptDirectory.from_config(alembic_config()).get_heads()
    return set(MigrationContext.configure(connection).get_current_heads()) != set(newest)


def _upgrade(connection: Connection) -> None:
    config = alembic_config()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if set(MigrationContext.configure(connection).get_current_heads()) - known:
        raise NewerSchema
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    connection.commit()
