"""PostgreSQL: one database for many processes, where a transaction that may write begins with a lock of its own."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, ExceptionContext, NullPool, create_engine, event, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import create_async_engine

from bot.adapters.store.problems import shut, typed_errors
from bot.adapters.store.schema import metadata
from bot.errors import StoreRefused

log = logging.getLogger(__name__)
LOCK = text("SELECT pg_advisory_lock(hashtextextended(:name, 0))")
WRITER = 0x6372617465  # "crate": the advisory lock of whoever writes
PATIENCE = 1.0  # seconds for readers to end, and for a table's lock, before deleted rows are removed
PAUSE = 0.05  # seconds between checks for readers
CONNECT_SECONDS = 10
KEPT_ALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}  # seconds, but for the count
SILENCE_MS = 25_000  # after which what was sent counts as lost, and what's kept alive as dead
READING = {"immediate": False, "isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
WRITING = {"immediate": True, "isolation_level": "READ COMMITTED"}  # nobody else writes, so it sees one state, too
OLD_READERS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND age(backend_xmin) > age(CAST(:since AS xid))"
)


class Postgresql:
    """An engine for a database, and what only PostgreSQL needs.

    One transaction writes at a time in all processes together, as in SQLite: flows read before they write, and what
    they read stays true until they commit.
    """

    on_server = True
    path = Path()  # it has no file

    def __init__(self, url: str, busy_ms: int) -> None:
        self._url = url
        # Errors are logged, so they never show a row's values. A connection is tested before it's used, because the
        # server may have restarted.
        self.engine = create_async_engine(
            url,
            pool_size=5,
            max_overflow=10,
            hide_parameters=True,
            pool_pre_ping=True,
            connect_args=session(url, busy_ms),
        )
        event.listen(self.engine.sync_engine, "begin", _begin)
        event.listen(self.engine.sync_engine, "handle_error", _hide_values)
        self._apart = create_async_engine(url, poolclass=NullPool, connect_args=session(url, 0))

    def options(self, *, writing: bool) -> Mapping[str, Any]:
        """Return the options of a transaction: one that writes waits for its turn, one that reads sees one state."""
        return WRITING if writing else READING

    @asynccontextmanager
    async def held(self, name: str) -> AsyncIterator[None]:
        """Hold a lock for all processes, however long another holds it, on a connection of its own."""
        async with self._apart.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT", immediate=False)
            await connection.execute(LOCK, {"name": f"cratekeeper lock {name}"})
            yield  # closing the connection frees it

    def check(self) -> None:
        """Call `check` on the database. Blocks."""
        check(self._url)

    async def rewrite(self) -> bool:
        """Rewrite all tables without deleted rows; return whether nothing was in the way."""
        return await asyncio.to_thread(remove_deleted, self._url, [table.name for table in metadata.sorted_tables])

    async def empty_log(self) -> bool:
        """Do nothing: PostgreSQL recycles its log by itself, and nobody reads it back into the database."""
        return True


def session(url: str, busy_ms: int) -> dict[str, Any]:
    """Return how to connect, besides what the URL says: what waits for a lock gives up after `busy_ms`.

    A machine that loses its power or its network doesn't say so. The server would notice after two hours (Linux's
    default), and until then keep that machine's locks, so both sides look for each other.
    """
    options = {"lock_timeout": busy_ms, "timezone": "UTC", "tcp_user_timeout": SILENCE_MS}
    options |= {f"tcp_{name}": value for name, value in KEPT_ALIVE.items()}
    theirs = make_url(url).normalized_query.get("options", ())
    return {
        "application_name": "cratekeeper",
        "client_encoding": "utf8",
        "options": " ".join([*theirs, *(f"-c {name}={value}" for name, value in options.items())]),
        "connect_timeout": CONNECT_SECONDS,
        "tcp_user_timeout": SILENCE_MS,
        **KEPT_ALIVE,
    }


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get("immediate", True):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER})")


def check_encoding(connection: Connection) -> None:
    """Raise StoreRefused if the database can't keep every text."""
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
    if encoding != "UTF8":
        raise StoreRefused(
            f"The database's encoding is {encoding}, so it can't keep every title: make it anew, with "
            f"createdb --encoding UTF8 --locale C --template template0"
        )


def _hide_values(context: ExceptionContext) -> None:
    """Leave out of an error what the server tells of the row at fault: its values (promise P34)."""
    original = context.original_exception
    told, primary = str(original), getattr(getattr(original, "diag", None), "message_primary", None)
    for error in (original, context.sqlalchemy_exception):
        if primary and error is not None:
            error.args = (str(error.args[0]).replace(told, primary), *error.args[1:])


def check(url: str) -> None:
    """Open a connection, and ask whether the server takes writes. Raises a StoreError if that fails. Blocks."""
    engine = create_engine(url, hide_parameters=True, connect_args=session(url, 0))
    try:
        with typed_errors(), engine.connect() as connection:
            if connection.exec_driver_sql("SHOW transaction_read_only").scalar_one() == "on":
                raise shut("it's read-only")
    finally:
        engine.dispose()


def remove_deleted(url: str, tables: Iterable[str]) -> bool:
    """Rewrite tables without the rows that were deleted from them; return whether that worked. Blocks.

    A row stays in its table as long as a transaction that began before its deletion might still read it, so those are
    waited for first.
    """
    engine = create_engine(url, isolation_level="AUTOCOMMIT", connect_args=session(url, round(PATIENCE * 1000)))
    try:
        with engine.connect() as connection:
            _wait_for_old_readers(connection)
            for table in tables:
                connection.exec_driver_sql(f"VACUUM (FULL) {table}")
    except (OperationalError, TimeoutError) as problem:
        log.warning("deleted rows were not removed: %s", getattr(problem, "orig", problem))
        return False
    finally:
        engine.dispose()
    return True


def _wait_for_old_readers(connection: Connection) -> None:
    """Wait for the end of the transactions that began before now. Raises TimeoutError."""
    since = connection.exec_driver_sql("SELECT CAST(pg_current_xact_id() AS xid)").scalar_one()
    latest = time.monotonic() + PATIENCE
    while connection.execute(OLD_READERS, {"since": since}).scalar_one():
        if time.monotonic() > latest:
            raise TimeoutError("somebody still reads them")
        time.sleep(PAUSE)
