"""Problems: an engine's errors as store errors."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import DatabaseError, DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.errors import StoreBusy, StoreDamaged, StoreError, StoreFull, StoreRefused, StoreShut

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
DENIED = "42501"  # our user isn't allowed to do that
POSTGRESQL: dict[str, type[StoreError]] = {  # how its codes begin: "PostgreSQL Error Codes" in its documentation
    "55P03": StoreBusy,  # a lock wasn't free in time
    "40": StoreBusy,  # rolled back because of another transaction
    "53100": StoreFull,
    "53": StoreBusy,  # too many connections, out of memory
    "08": StoreShut,  # the connection broke
    "25006": StoreShut,  # read-only
    DENIED: StoreRefused,
    "57P": StoreShut,  # the server stops or starts
    "XX001": StoreDamaged,
    "XX002": StoreDamaged,
}
# What a server says before anybody is connected comes without a code. Other words count as an outage.
REFUSALS = re.compile(r"password|does not exist|pg_hba\.conf|permission denied|invalid port|startup parameter")


@contextmanager
def typed_errors() -> Iterator[None]:
    """Turn an engine's errors into store errors; violated schema constraints stay as they are."""
    try:
        yield
    except (DatabaseError, sqlite3.DatabaseError) as error:  # the latter while opening a connection
        if type(error) in BROKEN_RULES and _code(error) != DENIED:
            raise
        raise store_error(error) from error
    except PoolTimeout as error:  # all connections are in use, as when a server doesn't answer
        raise StoreBusy from error


def store_error(error: DBAPIError | sqlite3.Error) -> StoreError:
    """Return the store error that matches an engine's."""
    orig: Any = getattr(error, "orig", error)
    if isinstance(orig, sqlite3.Error):
        kind = _of_sqlite(orig)
    elif (kind := _of_postgresql(orig)) in (StoreShut, StoreRefused):
        return shut(orig.diag.message_primary or str(orig), kind)
    return kind() if kind else StoreError(str(orig))


def shut(said: str, kind: type[StoreError] = StoreShut) -> StoreError:
    """Return the error of a server that can't be used, with its own words in one line."""
    line = ". ".join(" ".join(part.split()).rstrip(".") for part in said.splitlines() if part.strip())
    return kind(f"PostgreSQL: {line}{'' if line.endswith(('.', '?')) else '.'} Check DATABASE_URL and the server.")


def _of_sqlite(error: sqlite3.Error) -> type[StoreError] | None:
    return SQLITE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)


def _of_postgresql(error: object) -> type[StoreError] | None:
    code = _code(error)
    if code is None:
        return StoreRefused if REFUSALS.search(str(error)) else StoreShut
    return next((kind for begin, kind in POSTGRESQL.items() if code.startswith(begin)), None)


def _code(error: object) -> str | None:
    code: str | None = getattr(getattr(error, "orig", error), "sqlstate", None)
    return code
