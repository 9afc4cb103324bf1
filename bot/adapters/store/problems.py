"""Problems: an engine's errors as store errors."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DatabaseError, DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.errors import StoreBusy, StoreDamaged, StoreError, StoreFull, StoreShut

BROKEN_RULES = {IntegrityError, ProgrammingError, DataError, sqlite3.IntegrityError, sqlite3.ProgrammingError}
SQLITE: dict[int, type[StoreError]] = {  # https://sqlite.org/rescode.html
    sqlite3.SQLITE_BUSY: StoreBusy,
    sqlite3.SQLITE_LOCKED: StoreBusy,
    sqlite3.SQLITE_FULL: StoreFull,
    sqlite3.SQLITE_IOERR: StoreFull,
    sqlite3.SQLITE_CANTOPEN: StoreShut,
    sqlite3.SQLITE_READONLY: StoreShut,
    sqlite3.SQLITE_PERM: StoreShut,
    sqlite3.SQLITE_CORRUPT: StoreDamaged,
    sqlite3.SQLITE_NOTADB: StoreDamaged,
}
POSTGRESQL: dict[str, type[StoreError]] = {  # how its codes begin: "PostgreSQL Error Codes" in its documentation
    "55P03": StoreBusy,  # a lock wasn't free in time
    "40": StoreBusy,  # rolled back because of another transaction
    "53100": StoreFull,
    "53": StoreBusy,  # too many connections, out of memory
    "08": StoreShut,  # the connection broke
    "25006": StoreShut,  # read-only
    "28": StoreShut,  # our password is refused
    "3D000": StoreShut,  # no such database
    "57P": StoreShut,  # the server stops or starts
    "XX001": StoreDamaged,
    "XX002": StoreDamaged,
}
SERVER_SHUT = "PostgreSQL can't be reached, refuses the bot or is read-only. Check DATABASE_URL and the server's log."


@contextmanager
def typed_errors() -> Iterator[None]:
    """Turn an engine's errors into store errors; violated schema constraints stay as they are."""
    try:
        yield
    except (DatabaseError, sqlite3.DatabaseError) as error:  # the latter while opening a connection
        if type(error) in BROKEN_RULES:
            raise
        raise store_error(error) from error
    except PoolTimeout as error:  # all connections are in use, as when a server doesn't answer
        raise StoreBusy from error


def store_error(error: DBAPIError | sqlite3.Error) -> StoreError:
    """Return the store error that matches an engine's."""
    orig = getattr(error, "orig", error)
    if isinstance(orig, sqlite3.Error):
        kind = _of_sqlite(orig)
    elif (kind := _of_postgresql(orig)) is StoreShut:
        return StoreShut(SERVER_SHUT)
    return kind() if kind else StoreError(str(orig))


def _of_sqlite(error: sqlite3.Error) -> type[StoreError] | None:
    return SQLITE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)


def _of_postgresql(error: object) -> type[StoreError] | None:
    code = getattr(error, "sqlstate", None) or "08"  # there's none if the server couldn't be reached
    return next((kind for begin, kind in POSTGRESQL.items() if code.startswith(begin)), None)
