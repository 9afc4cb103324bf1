"""Member locks: whose jobs run in which process, so that a deletion waits for the last one anywhere to end."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from threading import Lock
from typing import Any

from sqlalchemy import Connection, TextClause, create_engine, text
from sqlalchemy.exc import DBAPIError

from bot.adapters.store.lease import PING
from bot.adapters.store.postgresql import session
from bot.adapters.store.problems import typed_errors
from bot.errors import StoreBusy, StoreError, StoreShut

PATIENCE_MS = 10_000  # for which a deletion waits for the jobs elsewhere; it's tried again later
AGAIN = 0.1  # seconds between tries to begin a job while its member is being deleted
KEY = "hashtextextended(:name, 0)"
SHARE = text(f"SELECT pg_try_advisory_lock_shared({KEY})")
RETURN = text(f"SELECT pg_advisory_unlock_shared({KEY})")
TAKE = text(f"SELECT pg_advisory_lock({KEY})")


class MemberLocks:
    """Locks in a PostgreSQL database: jobs of a member share one, a deletion holds it alone.

    All that this process shares is on one connection, so the server frees it when the process ends. If the connection
    breaks, the next one shares it again.
    """

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url, isolation_level="AUTOCOMMIT", connect_args=session(url, PATIENCE_MS))
        self._connection: Connection | None = None
        self._held: Counter[int] = Counter()  # members by how many of their jobs run here
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
        """Hold a member's lock once no job of theirs runs in any process. Raises StoreBusy if one doesn't end."""
        connection = await asyncio.to_thread(self._take, member)
        try:
            yield
        finally:
            await asyncio.to_thread(connection.invalidate)
            connection.close()

    async def renew(self) -> None:
        """Share again what a broken connection held, if anything. Raises StoreError while the server is away."""
        await asyncio.to_thread(self._renew)

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
        with self._one_at_a_time:
            shared = bool(self._ask(SHARE, member))
            self._held[member] += shared
            return shared

    def _give_back(self, member: int) -> None:
        with self._one_at_a_time, suppress(StoreError, DBAPIError):  # a broken connection has given it back
            self._held[member] -= 1
            self._held += Counter()  # drops whoever has no more
            self._ask(RETURN, member)

    def _renew(self) -> None:
        with self._one_at_a_time:
            if self._held.total():
                self._ask(PING, 0)

    def _ask(self, statement: TextClause, member: int) -> Any:
        """Return a statement's answer, on a new connection if the last one broke. Raises StoreError."""
        with typed_errors():
            try:
                return self._connected().execute(statement, _named(member)).scalar_one()
            except DBAPIError:
                self._drop()
                raise

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()

    def _connected(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = self._engine.connect()
            for member in self._held.elements():
                self._connection.execute(SHARE, _named(member))
        return self._connection

    def _take(self, member: int) -> Connection:
        with typed_errors():
            connection = self._engine.connect()
            try:
                connection.execute(TAKE, _named(member))
            except DBAPIError:
                connection.close()
                raise
            return connection


def _named(member: int) -> dict[str, str]:
    return {"name": f"cratekeeper jobs of {member}"}
