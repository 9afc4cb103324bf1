"""Tables: where DBOS keeps jobs, as far as we use them ourselves, on either engine."""

import json
import sqlite3
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from dbos import Serializer
from dbos._serialization import DBOSDefaultSerializer

from bot.adapters.store import postgresql, sqlite
from bot.adapters.store.problems import typed_errors
from bot.adapters.store.sqlite import BUSY_MS
from bot.core.jobs import QUEUES

SCHEMA, TABLE = "dbos", "workflow_status"  # SQLite has no schemas
OF_JOBS = (TABLE, "workflow_input", "workflow_output", "operation_outputs")  # tables that name members
GIVEN_UP = "MAX_RECOVERY_ATTEMPTS_EXCEEDED"  # the state of a job that was started as often as it may be
SUBSECONDS = (3, 42)  # SQLite that knows unixepoch('subsec'); DBOS wants it from Python 3.12 on, Debian 12 has 3.40
PATIENCE_MS = 1_000  # how long readers are waited for, before what was deleted is removed


class Json(Serializer):
    def serialize(self, data: Any) -> str:
        return json.dumps(data, default=str)  # `default`: an exception is kept as its words

    def deserialize(self, serialized_data: str) -> Any:
        return json.loads(serialized_data)

    def name(self) -> str:
        return "cratekeeper_json"


def _refuse(serialized_data: str) -> Any:
    raise ValueError("jobs are JSON, never pickle")


# DBOS unpickles a row marked as pickled, whatever its serializer: a database that somebody else wrote
# would run their code at our next start.
DBOSDefaultSerializer.deserialize = _refuse  # type: ignore[method-assign]


def is_on_server(url: str) -> bool:
    return sa.make_url(url).get_backend_name() == "postgresql"


def engine(url: str, busy_ms: int) -> sa.Engine:
    """Return an engine for the queue; DBOS uses it, too."""
    if is_on_server(url):
        return sa.create_engine(url, pool_pre_ping=True, connect_args=postgresql.session(url, busy_ms))
    _file(url).parent.mkdir(parents=True, exist_ok=True)
    made = sa.create_engine(url)
    sa.event.listen(made, "connect", partial(_configure, busy_ms))
    return made


def check(url: str) -> None:
    """Raise a StoreError if the queue's database can't be read or written. Blocks."""
    if is_on_server(url):
        postgresql.check(url)
    else:
        sqlite.check(_file(url))


def remove_deleted(url: str, queue: sa.Engine) -> bool:
    """Remove every byte of deleted jobs; return False while something else reads them. Blocks."""
    if is_on_server(url):
        return postgresql.remove_deleted(url, (f"{SCHEMA}.{name}" for name in OF_JOBS))
    with queue.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {PATIENCE_MS}")
        busy, *_ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
        connection.exec_driver_sql("PRAGMA busy_timeout = 10000")
        return not busy


def jobs_in(queue: sa.Engine) -> sa.TableClause:
    """Return DBOS's table of jobs, as far as we use it."""
    texts = ("workflow_uuid", "status", "executor_id", "owner_xid", "queue_name", "queue_partition_key")
    moments = ("created_at", "started_at_epoch_ms", "delay_until_epoch_ms", "completed_at")
    columns: list[sa.ColumnClause[Any]] = [sa.column(name, sa.String) for name in texts]
    columns += [sa.column(name, sa.BigInteger) for name in moments]  # ms
    return sa.table(TABLE, *columns, schema=None if queue.dialect.name == "sqlite" else SCHEMA)


def is_in(jobs: sa.TableClause, *states: str) -> sa.ColumnElement[bool]:
    """Whether a job is in one of the states, which are spelled out: or no engine uses an index of those in them."""
    if len(states) == 1:
        return jobs.c.status == sa.bindparam(None, states[0], literal_execute=True)
    return jobs.c.status.in_(sa.bindparam(None, states, expanding=True, literal_execute=True))


def unended(
    jobs: sa.TableClause, columns: Sequence[sa.ColumnElement[Any]], *which: sa.ColumnElement[bool]
) -> sa.CompoundSelect[Any]:
    """Select the columns of those jobs that wait or run: with DBOS's indexes, so none that ended is read."""
    queued = sa.select(*columns).where(jobs.c.queue_name.in_(QUEUES), is_in(jobs, "ENQUEUED", "PENDING"), *which)
    return queued.union_all(sa.select(*columns).where(is_in(jobs, "DELAYED"), *which))


def stuck_in(url: str) -> list[str]:
    """Return the ids of the jobs that were started as often as they may be, and never ended. Blocks."""
    queue = engine(url, BUSY_MS)
    jobs = jobs_in(queue)
    given_up = sa.select(jobs.c.workflow_uuid).where(jobs.c.status == GIVEN_UP)
    try:
        with typed_errors(), queue.connect() as connection:
            there = sa.inspect(connection).has_table(TABLE, schema=jobs.schema)
            return list(connection.execute(given_up).scalars()) if there else []
    finally:
        queue.dispose()


def _file(url: str) -> Path:
    return Path(sa.make_url(url).database or "")


def _configure(busy_ms: int, connection: sqlite3.Connection, _: object) -> None:
    for pragma in ("journal_mode = WAL", "secure_delete = ON", f"busy_timeout = {busy_ms}"):
        connection.execute(f"PRAGMA {pragma}")
    if sqlite3.sqlite_version_info < SUBSECONDS:
        connection.create_function("unixepoch", 1, lambda _modifier: time.time())
