"""Jobs: durable work, one at a time per member. The only file that knows DBOS.

A job is a kind, a member and a number. What it does must converge: a job whose process was killed runs again from its
start when a process with the same executor id comes up (promise P26). Payloads are JSON, never pickle (P30).
"""

import asyncio
import json
import logging
import secrets
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence, Set
from contextlib import asynccontextmanager
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from dbos import DBOS, DBOSConfig, Serializer, SetEnqueueOptions, SetWorkflowID
from dbos._serialization import DBOSDefaultSerializer
from sqlalchemy.exc import DBAPIError

from bot.adapters.store.engine import BUSY_MS, store_error, typed_errors
from bot.errors import StoreBusy, StoreFull

log = logging.getLogger(__name__)
QUEUE = "members"
HEARING = "hearing"  # a queue beside it: hearing lasts hours, and writes nothing that a member's other jobs write
VERSION = "1"  # of the jobs' meaning; pinned, so that an upgrade takes over what an older program left
STARTS = 5  # of one job; then it is left where it is, for `doctor` to list
POLL = 0.25  # seconds between looks at the queue
PAUSES = (1, 2, 5, 10, 30)  # seconds before a job is tried again that found the disk full or the database held
LONGEST = timedelta(hours=1)  # that a job is left waiting when the clock was put back
SUBSECONDS = (3, 42)  # SQLite that knows unixepoch('subsec'); DBOS wants it from Python 3.12 on, Debian 12 has 3.40
WAITING = ["ENQUEUED", "DELAYED"]
JOINED = {"sync"}  # kinds of job that are joined while they are under way
ENDED = ["SUCCESS", "ERROR", "CANCELLED"]


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done for whom; `tries` counts the times that it was put off."""

    kind: str
    member: int
    argument: int = 0
    tries: int = 0

    @property
    def prefix(self) -> str:
        return f"{self.member}:{self.kind}:{self.argument}:"


Handler = Callable[[Job], Coroutine[Any, Any, None]]


class _Json(Serializer):
    def serialize(self, data: Any) -> str:
        return json.dumps(data, default=str)  # `default`: an exception is kept as its words

    def deserialize(self, serialized_data: str) -> Any:
        return json.loads(serialized_data)

    def name(self) -> str:
        return "cratekeeper_json"


def _refuse(serialized_data: str) -> Any:
    raise ValueError("jobs are JSON, never pickle")


# DBOS unpickles a row that says it is pickled, whatever serializer it was given: a database that somebody else wrote
# would run their code at our next start.
DBOSDefaultSerializer.deserialize = _refuse  # type: ignore[method-assign]


class Jobs:
    """The queue. Handlers run on the event loop that called `start`; four members at once, a member's own in a row.

    But for the kind "hear": it has a queue of its own, so that nothing a member asks for waits for it.
    """

    def __init__(
        self, path: Path, concurrency: int = 4, busy_ms: int = BUSY_MS, pauses: Sequence[float] = PAUSES
    ) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._concurrency, self._pauses = concurrency, pauses
        self._alive: set[str] = set()  # ids of the jobs that this process does
        self._missing: set[str] = set()  # ids that were begun, as the last look found, and nobody does
        self._running: dict[int, set[asyncio.Task[None]]] = {}
        self._engine = sa.create_engine(f"sqlite:///{path}")
        sa.event.listen(self._engine, "connect", partial(_configure, busy_ms))
        self._config: DBOSConfig = {
            "name": "cratekeeper",
            "system_database_url": f"sqlite:///{path}",
            "system_database_engine": self._engine,
            "application_version": VERSION,
            "executor_id": "bot",
            "serializer": _Json(),
            "log_level": "ERROR",
        }

    async def start(self, handler: Handler) -> None:
        """Take up what an earlier process left, then whatever is enqueued."""
        DBOS(config=self._config)

        @DBOS.workflow(name="job", max_recovery_attempts=STARTS)
        async def job(kind: str, member: int, argument: int, tries: int) -> None:
            await self._run(member, self._insist(handler, Job(kind, member, argument, tries)))

        self._job = job
        DBOS.launch()
        for queue in (QUEUE, HEARING):
            await DBOS.register_queue_async(
                queue,
                worker_concurrency=self._concurrency,
                partition_concurrency=1,
                polling_interval_sec=POLL,
                on_conflict="always_update",
            )

    async def _run(self, member: int, work: Coroutine[Any, Any, None]) -> None:
        """Do a job, in a task that `forget` can stop."""
        task, begun = asyncio.create_task(work), DBOS.workflow_id or ""
        self._alive.add(begun)
        self._running.setdefault(member, set()).add(task)
        try:
            await task
        except asyncio.CancelledError:
            if task in self._running.get(member, ()):  # the whole program stops
                raise
        finally:
            self._running.get(member, set()).discard(task)
            self._alive.discard(begun)

    async def _insist(self, handler: Handler, job: Job) -> None:
        """Do a job; while the disk is full or the database is held, try again and again (promises P20, P21)."""
        for pause in chain(self._pauses, repeat(self._pauses[-1])):
            try:
                await handler(job)
                break
            except (StoreBusy, StoreFull) as error:
                log.warning("%s waits: %s", job.kind, error)
                await asyncio.sleep(pause)

    async def _stop(self, member: int) -> None:
        """Stop what is under way for a member, and wait until it has."""
        tasks = self._running.pop(member, set())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def enqueue(self, kind: str, member: int, argument: int = 0, *, tries: int = 0, delay: float = 0) -> None:
        """Have the work done after `delay` seconds; work that waits to be begun already is not enqueued again.

        Nor is a "sync" while one is under way: whoever asks for it has the result of that one.
        """
        wanted = Job(kind, member, argument, tries)
        async with self._writing():
            await self._enqueue(wanted, delay)

    async def _enqueue(self, wanted: Job, delay: float) -> None:
        waiting = await DBOS.list_workflows_async(
            workflow_id_prefix=wanted.prefix,
            status=[*WAITING, "PENDING"] if wanted.kind in JOINED else WAITING,
            load_input=False,
            load_output=False,
        )
        if waiting and not delay:
            return
        options = SetEnqueueOptions(queue_partition_key=str(wanted.member), delay_seconds=delay or None)
        with SetWorkflowID(wanted.prefix + secrets.token_hex(6)), options:
            await DBOS.enqueue_workflow_async(_queue(wanted.kind), self._job, *astuple(wanted))

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[None]:
        """Around whatever writes: DBOS would wait for a held database without end.

        Raises StoreBusy when another process holds it for longer than BUSY_MS, StoreFull, StoreError.
        """
        try:
            await asyncio.to_thread(self._wait_for_the_writer)
            yield
        except DBAPIError as error:
            raise store_error(error) from error

    def _wait_for_the_writer(self) -> None:
        with self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            connection.rollback()

    async def take_up(self) -> None:
        """Have those jobs done that were begun and that nobody does: a full disk kept DBOS from noting how they ended.

        One that two looks in a row find so is begun again. Raises StoreBusy, StoreFull, StoreError.
        """
        begun = await DBOS.list_workflows_async(status="PENDING", load_input=False, load_output=False)
        missing = {each.workflow_id for each in begun} - self._alive
        again, self._missing = missing & self._missing, missing - self._missing
        if not again:
            return
        log.warning("jobs that were cut short and are begun again: %d", len(again))
        async with self._writing():
            await asyncio.to_thread(self._begin_again, again)

    async def pull_in(self, now: datetime) -> None:
        """Let no job wait for longer than LONGEST: it was put off by a clock that was ahead, or looks again sooner."""
        jobs = sa.table("workflow_status", sa.column("status"), sa.column("delay_until_epoch_ms"))
        latest = round((now + LONGEST).timestamp() * 1000)
        late = jobs.c.status == "DELAYED", jobs.c.delay_until_epoch_ms > latest
        async with self._writing():
            await asyncio.to_thread(self._execute, sa.update(jobs).where(*late).values(delay_until_epoch_ms=latest))

    def _execute(self, statement: sa.Update) -> None:
        with self._engine.begin() as connection:
            connection.execute(statement)

    def _begin_again(self, ids: Set[str]) -> None:
        columns = ("workflow_uuid", "status", "owner_xid", "started_at_epoch_ms")
        jobs = sa.table("workflow_status", *map(sa.column, columns))
        lost = jobs.c.workflow_uuid.in_(ids), jobs.c.status == "PENDING"
        waiting = {"status": "ENQUEUED", "owner_xid": None, "started_at_epoch_ms": None}  # as DBOS's own recovery does
        self._execute(sa.update(jobs).where(*lost).values(waiting))

    async def pending(self, member: int) -> list[Job]:
        """Return what is under way or waits for the member."""
        found = await DBOS.list_workflows_async(
            workflow_id_prefix=f"{member}:", status=["PENDING", *WAITING], load_input=False, load_output=False
        )
        return [Job(kind, int(owner), int(argument)) for owner, kind, argument, _ in (_parts(each) for each in found)]

    async def forget(self, member: int) -> None:
        """Stop and delete every job of a member, those under way and those that ended included."""
        await self._stop(member)
        async with self._writing():
            await self._delete(member)

    async def _delete(self, member: int) -> None:
        found = await DBOS.list_workflows_async(workflow_id_prefix=f"{member}:", load_input=False, load_output=False)
        ids = [each.workflow_id for each in found]
        if ids:
            await DBOS.cancel_workflows_async(ids)
            await DBOS.delete_workflows_async(ids)
        await self.scrub()

    async def scrub(self) -> bool:
        """Leave no byte of a deleted job behind; returns False while something else reads the file."""
        return await asyncio.to_thread(self._empty_log)

    async def sweep(self, now: datetime, keep: timedelta = timedelta(hours=1)) -> None:
        """Delete the records of jobs that ended well a while ago."""
        before = (now - keep).isoformat()
        found = await DBOS.list_workflows_async(status="SUCCESS", end_time=before, load_input=False, load_output=False)
        if found:
            async with self._writing():
                await DBOS.delete_workflows_async([each.workflow_id for each in found])

    @staticmethod
    def stuck_in(path: Path) -> list[str]:
        """Return the jobs in a queue's file that were begun STARTS times and never ended."""
        if not path.exists():
            return []
        engine = sa.create_engine(f"sqlite:///{path}")
        status = sa.table("workflow_status", sa.column("workflow_uuid"), sa.column("status"))
        given_up = sa.select(status.c.workflow_uuid).where(status.c.status == "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
        try:
            with typed_errors(), engine.connect() as connection:
                return [job.rsplit(":", 1)[0] for job in connection.execute(given_up).scalars()]
        finally:
            engine.dispose()

    async def stop(self, grace: int) -> None:
        """Begin nothing more, give what runs `grace` seconds; the rest goes on at the next start."""
        await asyncio.to_thread(DBOS.destroy, workflow_completion_timeout_sec=grace, destroy_registry=True)
        self._engine.dispose()

    def _empty_log(self) -> bool:
        with self._engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout = 1000")  # a moment; who reads for longer is waited out
            busy, *_ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
            connection.exec_driver_sql("PRAGMA busy_timeout = 10000")
            return not busy


def _queue(kind: str) -> str:
    return HEARING if kind == "hear" else QUEUE


def _parts(workflow: Any) -> list[str]:
    return str(workflow.workflow_id).split(":", 3)


def _configure(busy_ms: int, connection: sqlite3.Connection, _: object) -> None:
    for pragma in ("journal_mode = WAL", "secure_delete = ON", f"busy_timeout = {busy_ms}"):
        connection.execute(f"PRAGMA {pragma}")
    if sqlite3.sqlite_version_info < SUBSECONDS:
        connection.create_function("unixepoch", 1, lambda _modifier: time.time())
