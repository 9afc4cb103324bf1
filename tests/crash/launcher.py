"""The unchanged bot, in a process that halts before and after each commit until its driver lets it go on.

Commits of both databases count: the store's and the queue's. One that changes nothing isn't announced.
"""

import os
import re
import sys
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Lock
from typing import Any

import sqlalchemy as sa

import bot.app  # noqa: F401 - loaded here, so that a process forked from one that has it starts at once
from bot.__main__ import start

TABLE = re.compile(r"(?:INSERT (?:OR \w+ )?INTO|UPDATE|DELETE FROM) (?:\"?\w+\"?\.)?\"?(\w+)", re.IGNORECASE)
WRITTEN = "what the open transaction writes"


def launch(folder: Path, environment: Mapping[str, str], driver: Connection) -> None:
    """Run the bot in `folder`, with its output in `bot.log` there."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    log = os.open("bot.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(log, stream.fileno())
    Commits(driver)
    sys.exit(start([]))


class Commits:
    """Tells the driver the tables of each commit: before it, and once it's done. Each waits for the driver's leave."""

    def __init__(self, driver: Connection) -> None:
        self._driver, self._lock = driver, Lock()
        sa.event.listen(sa.Engine, "connect", self._watch)
        sa.event.listen(sa.Engine, "checkin", self._given_back)
        sa.event.listen(sa.Engine, "after_cursor_execute", self._carried_out)
        sa.event.listen(sa.Engine, "commit", self._commits)
        sa.event.listen(sa.Engine, "rollback", self._rolls_back)

    def _watch(self, connection: Any, record: Any) -> None:
        record.info[WRITTEN] = transaction = Transaction(self._announce)
        if not is_of_sqlite(connection):
            return
        if hasattr(connection, "run_async"):
            connection.run_async(transaction.trace)
        else:
            transaction.trace_at_once(connection)

    # PostgreSQL's driver has no callback that traces its statements, so SQLAlchemy's events say what it does.

    def _carried_out(self, connection: sa.Connection, cursor: Any, statement: str, *_: Any) -> None:
        if connection.dialect.name == "postgresql" and cursor.rowcount:
            connection.info[WRITTEN].note(statement)

    def _commits(self, connection: sa.Connection) -> None:
        if connection.dialect.name == "postgresql":
            connection.info[WRITTEN].commit()

    def _rolls_back(self, connection: sa.Connection) -> None:
        is_open = not connection.invalidated  # a lease closes its connection to let go
        if is_open and connection.dialect.name == "postgresql":
            connection.info[WRITTEN].forget()

    def _given_back(self, _: object, record: Any) -> None:
        """A connection goes back to the pool as soon as its transaction has ended."""
        transaction = record.info.get(WRITTEN)
        if transaction and transaction.committed:
            tables, transaction.committed = transaction.committed, ""
            self._announce(tables, True)

    def _announce(self, tables: str, done: bool) -> None:
        with self._lock:
            self._driver.send((tables, done))
            self._driver.recv()


class Transaction:
    """What one connection has written since its last commit."""

    def __init__(self, announce: Callable[[str, bool], None]) -> None:
        self.committed = ""  # the tables of the last commit, until it's announced as done
        self._announce = announce
        self._tables: set[str] = set()
        self._changes = 0

    async def trace(self, driver: Any) -> None:
        await driver.set_trace_callback(lambda statement: self._before(driver, statement))

    def trace_at_once(self, driver: Any) -> None:
        driver.set_trace_callback(lambda statement: self._before(driver, statement))

    def _before(self, driver: Any, statement: str) -> None:
        self.note(statement)
        if statement in ("COMMIT", "ROLLBACK"):
            changed, self._changes = driver.total_changes != self._changes, driver.total_changes
            if statement == "COMMIT" and changed:
                self.commit()
            self.forget()

    def note(self, statement: str) -> None:
        """Note what a statement writes."""
        if named := TABLE.match(statement):
            self._tables.add(named[1])

    def commit(self) -> None:
        """Say what's about to be committed, if anything is."""
        if self._tables:
            tables = ", ".join(sorted(self._tables))
            self._announce(tables, False)
            self.committed = tables
        self.forget()

    def forget(self) -> None:
        self._tables = set()


def is_of_sqlite(connection: Any) -> bool:
    """Whether a driver's connection, or SQLAlchemy's wrapping of it, is to SQLite."""
    return "sqlite" in type(connection).__module__ or "sqlite" in type(connection).__name__.lower()
