"""Engine: one connection per transaction, so that two coroutines never share one (promise P22)."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self
from weakref import WeakValueDictionary

from sqlalchemy import Connection, make_url
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store.postgresql import Postgresql, check_encoding
from bot.adapters.store.problems import typed_errors
from bot.adapters.store.sqlite import BUSY_MS, Sqlite
from bot.errors import NewerSchema, StoreDamaged, StoreShut

log = logging.getLogger(__name__)
Tx = AsyncConnection
CALM = 10  # times as long as rewriting the database took, during which others may write
MIGRATIONS = Path(__file__).parent / "migrations" / "versions"


class Store:
    """The database. All access goes through `writing` and `reading`; neither nests."""

    def __init__(self, url: str, busy_ms: int = BUSY_MS) -> None:
        self.url, self._backend = url, _backend(url, busy_ms)
        self.path, self.on_server = self._backend.path, self._backend.on_server
        self._engine = self._backend.engine
        self._writer, self._queue = asyncio.Lock(), asyncio.Lock()
        self._locks: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()
        self._calm_until = 0.0  # on the monotonic clock
        self.is_scrubbed = True  # whether no deleted rows are left in the file
        self.is_away = False  # whether the database couldn't be used when a transaction last began
        self._is_damaged = False  # whether a transaction has met damage since the start

    def __str__(self) -> str:
        """Where it is, without a password."""
        return str(make_url(self.url) if self.on_server else self.path)

    @property
    def exists(self) -> bool:
        """Whether its file is there; a server's is taken to be."""
        return self.on_server or self.path.exists()

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
        async with self._writer, self._transaction(writing=True) as tx:
            yield tx

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Tx]:
        """Open a transaction that sees one state of the database throughout."""
        async with self._transaction(writing=False) as tx:
            yield tx

    async def check(self) -> None:
        """Raise a StoreError if the database can't be read or written, or if any transaction has met damage."""
        if self._is_damaged:
            raise StoreDamaged
        await asyncio.to_thread(self._backend.check)

    @asynccontextmanager
    async def lock(self, name: Hashable) -> AsyncIterator[None]:
        """Hold the lock of that name, for work across several transactions; never take it inside one.

        On a server, all processes that use the database share it.
        """
        with typed_errors():
            async with self.lock_here(name), self._backend.held(repr(name)):
                yield

    def lock_here(self, name: Hashable) -> asyncio.Lock:
        """Return the lock of that name in this process alone; on a server it costs no connection, as `lock` does."""
        return self._locks.setdefault(name, asyncio.Lock())

    @asynccontextmanager
    async def _transaction(self, *, writing: bool) -> AsyncIterator[Tx]:
        began = False
        try:
            with typed_errors():
                async with self._engine.connect() as tx:
                    await tx.execution_options(**self._backend.options(writing=writing))
                    async with tx.begin():
                        began = True
                        self._note_outage(None)
                        yield tx
        except StoreDamaged:
            self._is_damaged = True
            raise
        except StoreShut as problem:
            if not began:
                self._note_outage(problem)
            raise

    def _note_outage(self, problem: StoreShut | None) -> None:
        """Log when the database goes away and when it's back, once each, whatever is tried meanwhile."""
        if self.is_away == (problem is not None):
            return
        self.is_away = problem is not None
        if problem is not None:
            log.warning("the database does not answer: %s", problem)
        else:
            log.info("the database answers again")

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
            self.is_scrubbed = await self._rewrite()
            if self.is_scrubbed:
                ended = time.monotonic()
                self._calm_until = ended + CALM * (ended - began)
        return self.is_scrubbed

    async def _rewrite(self) -> bool:
        async with self._writer:
            return await self._backend.rewrite()

    @property
    def is_calm(self) -> bool:
        """Whether `scrub` would begin at once."""
        return time.monotonic() >= self._calm_until

    async def checkpoint(self) -> bool:
        """Empty the write-ahead log, which still holds deleted rows; return whether that worked."""
        async with self._writer:
            return await self._backend.empty_log()

    async def close(self) -> None:
        await self._engine.dispose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _backend(url: str, busy_ms: int) -> Sqlite | Postgresql:
    if make_url(url).get_backend_name() == "sqlite":
        return Sqlite(url, busy_ms)
    return Postgresql(url, busy_ms)


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
    if connection.dialect.name == "postgresql":
        check_encoding(connection)
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
