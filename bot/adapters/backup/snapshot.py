"""Snapshot: copies of SQLite databases as they were at one moment, taken while others write to them.

Nobody waits for the copying, because in SQLite's write-ahead log readers don't hold up writers.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from bot.adapters.store.problems import typed_errors
from bot.adapters.store.sqlite import BUSY_MS, verify
from bot.errors import StoreDamaged


def copy(copies: Mapping[Path, Path]) -> None:
    """Copy databases, each to the path it's mapped to, and check the copies. Blocks.

    The first one leads: whatever another one says about its rows, they're in its copy.
    Raises StoreDamaged if SQLite finds damage, StoreBusy, StoreFull, StoreError.
    """
    with typed_errors(), _at_one_moment(list(copies)) as databases:
        for database, target in zip(databases, copies.values(), strict=True):
            with closing(sqlite3.connect(target)) as made:
                database.backup(made)
    for original, target in copies.items():
        _verify(target, original)


def copy_locked(path: Path, target: Path) -> None:
    """Copy a database that the caller holds the writer lock of, and check the copy. Blocks. Raises the same."""
    with typed_errors(), closing(_open(path)) as database, closing(sqlite3.connect(target)) as made:
        database.backup(made)
    _verify(target, path)


@contextmanager
def _at_one_moment(paths: Sequence[Path]) -> Iterator[list[sqlite3.Connection]]:
    """Begin to read all databases while nobody can write to the first one: for less than a millisecond."""
    with ExitStack() as opened:
        databases = [opened.enter_context(closing(_open(path))) for path in paths]
        with closing(_open(paths[0])) as writer:
            writer.execute("BEGIN IMMEDIATE")
            for database in databases:
                database.execute("BEGIN")
                database.execute("SELECT 1 FROM sqlite_master").fetchall()
        yield databases


def _open(path: Path) -> sqlite3.Connection:
    """Open a database that exists; transactions are begun by hand."""
    return sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=BUSY_MS / 1000, isolation_level=None)


def _verify(copied: Path, original: Path) -> None:
    try:
        verify(copied)
    except StoreDamaged:
        raise StoreDamaged(f"{original} is damaged, so there's no new backup; keep the older ones") from None


def revision(path: Path) -> str:
    """Return the revision of a database's schema. Raises StoreError if it isn't a database of Cratekeeper's."""
    with typed_errors(), closing(_open(path)) as database:
        rows = database.execute("SELECT version_num FROM alembic_version").fetchall()
    return str(rows[0][0]) if rows else ""
