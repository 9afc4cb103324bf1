"""Member locks: whose jobs run in which process, so that a deletion waits for the last one anywhere to end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Lock

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError

from bot.adapters.store.postgresql import session
from bot.adapters.store.problems import typed_errors
from bot.errors import StoreBusy, StoreShut

AGAIN = 0.1  # seconds between tries to begin a job while its member is being deleted
KEY = "hashtextextended(:name, 0)"
SHARE = text(f"SELECT pg_try_advisory_lock_shared({KEY})")
RETURN = text(f"SELECT pg_advisory_unlock_shared({KEY})")
TAKE = text(f"SELECT pg_advisory_lock({KEY})")


class MemberLocks:
    """Locks in a PostgreSQL database: jobs of a member share one, a deletion holds it alone.

    All that this process shares is on one connection, so the server frees it when the process ends.
    """

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url, isolation_level="AUTOCOMMIT", pool_pre_ping=True, connect_args=session(0))
        self._connection: Connection | None = None
        self._one_at_a_time = Lock()

    @asynccontextmanager
    async def shared(self, member: int) -> AsyncIterator[None]:
        """Hold a member's lock while a job of theirs runs, after a deletion that's under way; wait for the server."""
        while not await self._shares(member):  # noqa: ASYNC110 - another process has it, or the server is away
            await asyncio.sleep(AGAIN)
        try:
            yield
        finally:
            await asyncio.shield(asyncio.to_thread(self._give_back, member))

    @asynccontextmanager
    async def alone(self, member: int) -> AsyncIterator[None]:
        """Hold a member's lock once no job of theirs runs in any process. Raises StoreError."""
        connection = await asyncio.to_thread(self._take, member)
        try:
            yield
        finally:
            await asyncio.to_thread(connection.invalidate)
            connection.close()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._engine.dispose()

    async def _shares(self, member: int) -> bool:
        try:
            return await asyncio.to_thread(self._share, member)
        except (StoreShut, StoreBusy):
            return False

    def _share(self, member: int) -> bool:
        with self._one_at_a_time, typed_errors():
            if self._connection is None or self._connection.closed:
                self._connection = self._engine.connect()
            try:
                return bool(self._connection.execute(SHARE, _named(member)).scalar_one())
            except DBAPIError:
                self._connection.invalidate()
                self._connection.close()
                raise

    def _give_back(self, member: int) -> None:
        with self._one_at_a_time:
            if self._connection is None or self._connection.closed:
                return
            try:
                self._connection.execute(RETURN, _named(member))
            except DBAPIError:  # the server has freed it
                self._connection.invalidate()
                self._connection.close()

    def _take(self, member: int) -> Connection:
        with typed_errors():
            connection = self._engine.connect()
            connection.execute(TAKE, _named(member))
            return connection


def _named(member: int) -> dict[str, str]:
    return {"name": f"cratekeeper jobs of {member}"}
