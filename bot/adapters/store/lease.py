"""Lease: a name that one process at a time holds in a PostgreSQL database."""

import time
from contextlib import suppress
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Select, create_engine, func, select, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bot.adapters.store.postgresql import session
from bot.adapters.store.problems import typed_errors
from bot.errors import AlreadyRuns

WHOLE = "whole bot"  # held by a bot in one process, and shared by the processes of one
PING = text("SELECT 1")
MARK = "cratekeeper "  # how a connection that holds a name is listed by the server; the name follows
LISTED = text(
    "SELECT application_name FROM pg_stat_activity "
    "WHERE datname = current_database() AND starts_with(application_name, :mark)"
)
AGAIN = 0.1  # seconds between tries


class Lease:
    """Holds a name on a connection of its own: the server frees it as soon as this process ends, however it ends.

    with Lease(url, "bot") as lease:  # raises AlreadyRuns if another process holds it, StoreError
        lease.renew()

    patience: seconds to wait for another process to release it. shared: several may hold it, all of them shared.
    """

    def __init__(self, url: str, name: str, patience: float = 0, *, shared: bool = False) -> None:
        self._name, self._patience, self._way = name, patience, "_shared" if shared else ""
        named = session(url, 0) | {"application_name": f"{MARK}{name}"}
        self._engine = create_engine(url, isolation_level="AUTOCOMMIT", connect_args=named)
        self._connection: Connection | None = None

    def __enter__(self) -> Self:
        self._take_patiently()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._release()

    def renew(self) -> None:
        """Take the name again if the server has restarted. Blocks.

        Raises AlreadyRuns if another process was faster, StoreError while the server can't be reached.
        """
        try:
            if self._connection is not None:
                self._connection.execute(PING)
                return
        except DBAPIError:
            self._release()
        self._take_patiently()

    def _take_patiently(self) -> None:
        latest = time.monotonic() + self._patience
        while True:
            try:
                return self._take()
            except AlreadyRuns:
                if time.monotonic() >= latest:
                    raise
                time.sleep(AGAIN)

    def _take(self) -> None:
        with typed_errors():
            self._connection = self._engine.connect()
            taken = self._connection.execute(self._lock("pg_try_advisory_lock")).scalar_one()
        if not taken:
            self._release()
            raise AlreadyRuns(f"Another Cratekeeper process ({self._name}) uses this database already. Stop it first.")

    def _lock(self, function: str) -> Select[tuple[bool]]:
        key = func.hashtextextended(f"cratekeeper {self._name}", 0)
        return select(getattr(func, function + self._way)(key))

    def _release(self) -> None:
        if self._connection is not None:
            with suppress(SQLAlchemyError):  # or the server notices a moment later that the connection is closed
                self._connection.execute(self._lock("pg_advisory_unlock"))
            self._connection.invalidate()  # closes it, whatever has become of it
            self._connection.close()
            self._connection = None
        self._engine.dispose()


def held_names(url: str) -> list[str]:
    """Return the names that processes hold in a database. Blocks. Raises StoreError."""
    engine = create_engine(url, connect_args=session(url, 0))
    try:
        with typed_errors(), engine.connect() as connection:
            return [name.removeprefix(MARK) for name in connection.execute(LISTED, {"mark": MARK}).scalars()]
    finally:
        engine.dispose()
