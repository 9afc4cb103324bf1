"""Engine: one connection per transaction, so that two coroutines never share one (promise P22)."""

import asyncio
import logging
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Hashable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote
from weakref import WeakValueDictionary

from sqlalchemy import Connection, event, make_url
from sqlalchemy.exc import DatabaseError, DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from bot.errors import NewerSchema, StoreBusy, StoreDamaged, StoreError, StoreFull, StoreShut

log = logging.getLogger(__name__)
Tx = AsyncConnection
BUSY_MS = 5_500  # a backup may hold the database for five seconds (promise P21)
PATIENCE_MS = 1_000  # how long rewriting the file waits for readers, while all writers wait for it
CALM = 10  # times as long as rewriting the file took, during which others may write
BROKEN_RULES = {IntegrityError, ProgrammingError, DataError, sqlite3.IntegrityError, sqlite3.ProgrammingError}
EMPTY_LOG = "PRAGMA wal_checkpoint(TRUNCATE)"
MIGRATIONS = Path(__file__).parent / "migrations" / "versions"


class Store:
    """The database. All access goes through `writing` and `reading`; neither nests."""

    def __init__(self, url: str, busy_ms: int = BUSY_MS) -> None:
        path = make_url(url).database
        if path:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        self.url, self._busy_ms = url, busy_ms
        self.path = Path(path or "")
        # Errors go into the log, so never with the values of a row.
        self._engine = create_async_engine(url, pool_size=5, max_overflow=10, hide_parameters=True)
        self._writer, self._queue = asyncio.Lock(), asyncio.Lock()
        self._locks: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()
        self._calm_until = 0.0  # on the monotonic clock
        self.is_scrubbed = True  # whether no deleted rows are left in the file
        self._is_damaged = False  # whether a transaction has met damage since the start
        event.listen(self._engine.sync_engine, "connect", partial(_configure, busy_ms))
        event.listen(self._engine.sync_engine, "begin", _begin)
        event.listen(self._engine.sync_engine, "invalidate", _roll_back)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Tx]:
        """Open a transaction that may write: all of it is on disk when the block ends, or none of it.

        Raises StoreBusy if another process holds the database for longer than BUSY_MS, StoreFull if the disk is full,
        StoreError otherwise. Writers of this process queue up here, in order of arrival.
        """
        async with self._queue, self.writing_first() as tx:
            yield tx

    @asynccontextmanager
    async def writing_first(self) -> AsyncIterator[Tx]:
        """Like `writing`, but ahead of the writers that queue there: for what a member waits for after a click."""
        async with self._writer, self._transaction(immediate=True) as tx:
            yield tx

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Tx]:
        """Open a transaction that sees one state of the database throughout."""
        async with self._transaction(immediate=False) as tx:
            yield tx

    async def look(self) -> None:
        """Raise a StoreError if the database can't be read or written, or if any transaction has met damage."""
        if self._is_damaged:
            raise StoreDamaged
        await asyncio.to_thread(look, self.path)

    def lock(self, name: Hashable) -> asyncio.Lock:
        """Return the lock of that name, for work across several transactions; never take it inside one."""
        return self._locks.setdefault(name, asyncio.Lock())

    @asynccontextmanager
    async def _transaction(self, *, immediate: bool) -> AsyncIterator[Tx]:
        try:
            with typed_errors():
                async with self._engine.connect() as tx:
                    await tx.execution_options(immediate=immediate)
                    async with tx.begin():
                        yield tx
        except StoreDamaged:
            self._is_damaged = True
            raise

    async def migrate(self, before: Callable[[str], object] | None = None) -> None:
        """Bring the schema up to date. Raises NewerSchema if a newer Cratekeeper wrote the database.

        before: called first with the revision of a schema that's behind, while nobody else can write.
        """
        with typed_errors():
            async with self._writer, self._engine.connect() as tx:
                await tx.run_sync(_upgrade, before)

    async def behind(self) -> bool:
        """Whether the schema is older than this program's, or doesn't exist yet."""
        with typed_errors():
            async with self._engine.connect() as tx:
                return await tx.run_sync(_behind)

    async def scrub(self) -> bool:
        """Remove every byte of deleted rows: rewrite the file and empty the write-ahead log.

        Returns whether that worked; it doesn't while something else reads or locks the database, or without room for
        the copy. `is_scrubbed` keeps the result. Nobody can write meanwhile (a second per 100 MB), so however many
        members erase something, the next rewriting begins CALM times later than this one took.
        """
        async with self.lock("scrub"):
            await asyncio.sleep(self._calm_until - time.monotonic())
            began = time.monotonic()
            self.is_scrubbed = await self._outside_transactions("VACUUM", EMPTY_LOG)
            if self.is_scrubbed:
                ended = time.monotonic()
                self._calm_until = ended + CALM * (ended - began)
        return self.is_scrubbed

    @property
    def is_calm(self) -> bool:
        """Whether `scrub` would begin at once."""
        return time.monotonic() >= self._calm_until

    async def checkpoint(self) -> bool:
        """Empty the write-ahead log, which still holds deleted rows; return whether that worked."""
        return await self._outside_transactions(EMPTY_LOG)

    async def _outside_transactions(self, *statements: str) -> bool:
        """Run statements that return nothing, or whether they were blocked (busy) first; return whether none was."""
        async with self._writer, self._engine.connect() as connection:
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

    async def close(self) -> None:
        await self._engine.dispose()


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


@contextmanager
def typed_errors() -> Iterator[None]:
    """Turn SQLite's file errors into store errors; violated schema constraints stay as they are."""
    try:
        yield
    except (DatabaseError, sqlite3.DatabaseError) as error:  # the latter while opening a connection
        if type(error) in BROKEN_RULES:
            raise
        raise store_error(error) from error


def look(path: Path) -> None:
    """Open a database anew, read from it, and begin to write. Raises a StoreError if any of it fails. Blocks.

    Connections that are open notice little: they go on with a file that was deleted, and with what they have in memory.
    """
    with typed_errors(), closing(sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, timeout=0)) as database:
        database.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        try:
            database.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if not isinstance(store_error(error), StoreBusy):  # then somebody else can write
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


def store_error(error: DBAPIError | sqlite3.Error) -> StoreError:
    """Return the store error that matches an SQLite error."""
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


def _behind(connection: Connection) -> bool:
    return _revision(connection) != max(known_revisions())


def _upgrade(connection: Connection, before: Callable[[str], object] | None) -> None:
    revision, known = _revision(connection), known_revisions()
    if revision == max(known):
        return
    if revision and revision not in known:
        raise NewerSchema
    if revision and before:
        before(revision)
    from bot.adapters.store.migration import upgrade  # Alembic loads slowly, and a database is seldom behind

    upgrade(connection)


def known_revisions() -> set[str]:
    """Return the revisions of the schema, which the names of their files begin with."""
    return {path.name.partition("_")[0] for path in MIGRATIONS.glob("[0-9]*.py")}


def _revision(connection: Connection) -> str:
    """Return the database's revision, where Alembic keeps it; "" if it has no schema yet."""
    if not connection.dialect.has_table(connection, "alembic_version"):
        return ""
    revision: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return revision or ""
