"""Jobs: durable work, one job at a time per member. Only this module knows DBOS.

A job is a kind, a member and a number. Its work must converge: a job whose process was killed starts over when a
process with the same executor id starts (promise P26). Payloads are JSON, never pickle (P30).
"""

import asyncio
import json
import logging
import secrets
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence, Set
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from dbos import (
    DBOS,
    DBOSClient,
    DBOSConfig,
    EnqueueOptions,
    Serializer,
    SetEnqueueOptions,
    SetWorkflowID,
    WorkflowStatus,
)
from dbos._serialization import DBOSDefaultSerializer
from sqlalchemy.exc import DBAPIError

from bot.adapters.store import postgresql, sqlite
from bot.adapters.store.member_locks import MemberLocks
from bot.adapters.store.problems import store_error, typed_errors
from bot.adapters.store.sqlite import BUSY_MS
from bot.core.jobs import EXECUTOR, HEARING, QUEUE, QUEUES, Job, JobKind
from bot.errors import StorageDown, StoreBusy, StoreError, StoreFull, StoreShut, StoreTaken
from bot.telemetry import actions

log = logging.getLogger(__name__)
NAME = "job"  # of the one kind of workflow
VERSION = "1"  # version of the jobs' meaning; pinned, so that an upgrade resumes an older program's jobs
SCHEMA, TABLE = "dbos", "workflow_status"  # where DBOS keeps jobs; SQLite has no schemas
OF_JOBS = (TABLE, "workflow_input", "workflow_output", "operation_outputs")  # its tables that name members
STARTS = 5  # starts per job; then it's left for `doctor` to list
CANCELLED_POLL = 0.5  # seconds between looks at whether another process has cancelled a job of ours
POLL = 0.25  # seconds between looks at the queue
PAUSES = (1, 2, 5, 10, 30)  # seconds before retrying a job that found the disk full or the database locked
LONGEST = timedelta(hours=1)  # longest wait of a job after the clock was moved back
MS = timedelta(milliseconds=1)
SUBSECONDS = (3, 42)  # SQLite that knows unixepoch('subsec'); DBOS wants it from Python 3.12 on, Debian 12 has 3.40
WAITING = ["ENQUEUED", "DELAYED"]
WAITED_OUT = (StoreBusy, StoreFull, StoreShut, StorageDown)  # states that end without anybody touching the job
JOINED = {JobKind.SYNC}  # kinds that aren't enqueued while one is running
ENDED = ["SUCCESS", "ERROR", "CANCELLED"]


Handler = Callable[[Job], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many jobs of a kind are due and not begun, and for how long the oldest has been (s)."""

    jobs: int
    oldest: float


class _Json(Serializer):
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


class Jobs:
    """The queue. Handlers run on the event loop that called `start`: for four members at once, one job per member.

    HEAR has its own queue, so that nothing a member asks for waits for it.
    """

    def __init__(
        self,
        url: str,
        concurrency: int = 4,
        busy_ms: int = BUSY_MS,
        pauses: Sequence[float] = PAUSES,
        executor: str = EXECUTOR,
        queues: Sequence[str] = QUEUES,
    ) -> None:
        """url: where the queue is kept; see `Settings.jobs_url`.

        executor: this process's name, which stays the same when it starts again; queues: those whose jobs it runs.
        """
        self._url, self._concurrency, self._pauses = url, concurrency, pauses
        self.executor, self._queues = executor, queues
        self._alive: dict[str, asyncio.Task[None]] = {}  # jobs running in this process, by id
        self._cancelled: set[str] = set()  # those of them that another process has cancelled
        self._missing: set[str] = set()  # ids that the last look found begun but not running
        self._running: dict[int, set[asyncio.Task[None]]] = {}
        self._locks = MemberLocks(url) if url.startswith("postgresql") else None
        self._watching: asyncio.Task[None] | None = None
        self._engine = _engine(url, busy_ms)
        self._config: DBOSConfig = {
            "name": "cratekeeper",
            "system_database_url": url,
            "system_database_engine": self._engine,
            "application_version": VERSION,
            "executor_id": executor,
            "serializer": _Json(),
            "log_level": "ERROR",
        }

    async def look(self) -> None:
        """Raise a StoreError if the queue's database can't be read or written."""
        on_server = self._engine.dialect.name == "postgresql"
        await asyncio.to_thread(postgresql.look if on_server else _look, self._url)

    async def start(self, handler: Handler) -> None:
        """Resume jobs of an earlier process, then run whatever is enqueued."""
        DBOS(config=self._config)

        @DBOS.workflow(name=NAME, max_recovery_attempts=STARTS - 1)  # beside the first
        async def job(kind: str, member: int, argument: int, tries: int) -> None:
            await self._run(member, self._insist(handler, Job(JobKind(kind), member, argument, tries)))

        self._job = job
        DBOS.listen_queues(self._queues)
        DBOS.launch()
        for queue in QUEUES:
            await DBOS.register_queue_async(
                queue,
                worker_concurrency=self._concurrency,
                partition_concurrency=1,
                polling_interval_sec=POLL,
                on_conflict="always_update",
            )
        if self._locks is not None:
            self._watching = asyncio.create_task(self._stop_what_is_cancelled())

    async def _stop_what_is_cancelled(self) -> None:
        """Stop jobs that another process's `forget` has cancelled, until cancelled."""
        while True:
            await asyncio.sleep(CANCELLED_POLL)
            with suppress(DBAPIError, StoreError):  # the server may be away
                for job in await self._statuses(list(self._alive), "CANCELLED"):
                    if job in self._alive:
                        self._cancelled.add(job)
                        self._alive[job].cancel()

    async def _statuses(self, jobs: list[str], status: str) -> list[str]:
        """Return those of the jobs that have the status."""
        found = (
            await DBOS.list_workflows_async(workflow_ids=jobs, status=status, load_input=False, load_output=False)
            if jobs
            else []
        )
        return [workflow.workflow_id for workflow in found]

    async def _run(self, member: int, work: Coroutine[Any, Any, None]) -> None:
        """Do a job in a task that `forget` can stop, here or in another process."""
        async with self._locks.shared(member) if self._locks is not None else nullcontext():
            await self._run_here(member, work)

    async def _run_here(self, member: int, work: Coroutine[Any, Any, None]) -> None:
        begun = DBOS.workflow_id or ""
        actions.begin(_action(begun))
        task = asyncio.create_task(work)
        self._alive[begun] = task
        self._running.setdefault(member, set()).add(task)
        try:
            await task
        except asyncio.CancelledError:
            if task in self._running.get(member, ()) and begun not in self._cancelled:  # the whole program is stopping
                raise
        finally:
            self._running.get(member, set()).discard(task)
            self._alive.pop(begun, None)
            self._cancelled.discard(begun)

    async def _insist(self, handler: Handler, job: Job) -> None:
        """Do a job; while the database is locked or can't be opened, or the disk is full, keep retrying (P20, P21)."""
        for pause in chain(self._pauses, repeat(self._pauses[-1])):
            try:
                await handler(job)
                break
            except WAITED_OUT as error:
                log.warning("%s waits: %s", job.kind, error)
                await asyncio.sleep(pause)

    async def _stop(self, member: int) -> None:
        """Stop a member's running jobs, and wait for their end."""
        tasks = self._running.pop(member, set())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def enqueue(self, kind: JobKind, member: int, argument: int = 0, *, tries: int = 0, delay: float = 0) -> None:
        """Enqueue work to start after `delay` seconds, unless the same work is waiting already.

        A job that was tried before is enqueued all the same: its wait is its own. A SYNC isn't enqueued while one is
        running either: the caller gets that one's result.
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
        if waiting and not wanted.tries:
            log.info("%s is waiting or running already, for [%s]", wanted.kind, _action(waiting[0].workflow_id))
            return
        options = SetEnqueueOptions(queue_partition_key=str(wanted.member), delay_seconds=delay or None)
        with SetWorkflowID(f"{wanted.prefix}{actions.current_or_new()}-{secrets.token_hex(6)}"), options:
            await DBOS.enqueue_workflow_async(_queue(wanted.kind), self._job, *astuple(wanted))

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[None]:
        """Wrap writes, because DBOS would wait forever for a locked database.

        Raises StoreBusy if another process holds it for longer than BUSY_MS, StoreFull, StoreError.
        """
        try:
            await asyncio.to_thread(self._wait_for_the_writer)
            yield
        except DBAPIError as error:
            raise store_error(error) from error

    def _wait_for_the_writer(self) -> None:
        with self._engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            connection.rollback()

    async def take_up(self) -> None:
        """Restart jobs that were begun but aren't running: a full disk kept DBOS from storing their end.

        A job is restarted if two looks in a row find it so. Raises StoreBusy, StoreFull, StoreError.
        """
        begun = await DBOS.list_workflows_async(
            status="PENDING", executor_id=self.executor, load_input=False, load_output=False
        )
        missing = {workflow.workflow_id for workflow in begun} - self._alive.keys()
        again, self._missing = missing & self._missing, missing - self._missing
        if not again:
            return
        log.warning("jobs that were cut short and are begun again: %d", len(again))
        async with self._writing():
            await asyncio.to_thread(self._begin_again, again)

    async def take_over(self, is_dead: Callable[[str], bool]) -> None:
        """Have the jobs that a dead process had begun begin again, in whichever process takes them first.

        is_dead: whether nothing runs under an executor's name any more. Blocks; it's called in a thread.
        """
        begun = await DBOS.list_workflows_async(status="PENDING", load_input=False, load_output=False)
        others = {workflow.executor_id for workflow in begun if workflow.executor_id} - {self.executor}
        for executor in others:
            if await asyncio.to_thread(is_dead, executor):
                lost = {workflow.workflow_id for workflow in begun if workflow.executor_id == executor}
                log.warning("jobs of %s, which has ended, are begun again: %d", executor, len(lost))
                async with self._writing():
                    await asyncio.to_thread(self._begin_again, lost)

    async def pull_in(self, now: datetime, back: timedelta = timedelta()) -> None:
        """Let postponed jobs wait as long as they were meant to, and never longer than LONGEST.

        back: how far the clock was just moved back, if known.
        """
        jobs = _jobs(self._engine)
        until, latest = jobs.c.delay_until_epoch_ms, _ms(now + LONGEST)
        delayed, moved = sa.update(jobs).where(jobs.c.status == "DELAYED"), max(back, timedelta())
        back_again = delayed.where(until > _ms(now + moved)).values(delay_until_epoch_ms=until - moved // MS)
        late = delayed.where(until > latest).values(delay_until_epoch_ms=latest)
        async with self._writing():
            for statement in (back_again, late):
                await asyncio.to_thread(self._execute, statement)

    def _execute(self, statement: sa.Update) -> None:
        with self._engine.begin() as connection:
            connection.execute(statement)

    def _begin_again(self, ids: Set[str]) -> None:
        jobs = _jobs(self._engine)
        lost = jobs.c.workflow_uuid.in_(ids), jobs.c.status == "PENDING"
        waiting = {"status": "ENQUEUED", "owner_xid": None, "started_at_epoch_ms": None}  # as DBOS's own recovery does
        self._execute(sa.update(jobs).where(*lost).values(waiting))

    async def pending(self, member: int) -> list[Job]:
        """Return the member's running and waiting jobs."""
        workflows = await DBOS.list_workflows_async(
            workflow_id_prefix=f"{member}:", status=["PENDING", *WAITING], load_input=False, load_output=False
        )
        return [
            Job(JobKind(kind), int(owner), int(argument))
            for owner, kind, argument, _ in (_parts(workflow) for workflow in workflows)
        ]

    async def waiting(self, now: datetime) -> dict[JobKind, Waiting]:
        """Return what is due and not begun, by kind. Raises StoreBusy, StoreError."""
        since: dict[JobKind, list[int]] = {}
        for workflow_id, due in await asyncio.to_thread(self._due, _ms(now)):
            since.setdefault(JobKind(workflow_id.split(":", 3)[1]), []).append(due)
        return {kind: Waiting(len(due), max(0, _ms(now) - min(due)) / 1000) for kind, due in since.items()}

    def _due(self, now: int) -> list[tuple[str, int]]:
        """Return the ids of the jobs that are due and not begun, and since when (ms)."""
        jobs = _jobs(self._engine)
        until = sa.func.coalesce(jobs.c.delay_until_epoch_ms, 0)
        due = sa.case((until > jobs.c.created_at, until), else_=jobs.c.created_at)
        query = sa.select(jobs.c.workflow_uuid, due).where(jobs.c.status.in_(WAITING), due <= now)
        with typed_errors(), self._engine.connect() as connection:
            return [(str(job), int(since)) for job, since in connection.execute(query)]

    async def forget(self, member: int) -> None:
        """Stop and delete all of a member's jobs, including running and finished ones, in all processes."""
        await self._stop(member)
        async with self._writing():
            await self._cancel(member)
            async with self._locks.alone(member) if self._locks is not None else nullcontext():
                if ids := await self._cancel(member):
                    await DBOS.delete_workflows_async(ids)
        await self.scrub()

    async def _cancel(self, member: int) -> list[str]:
        """Cancel all of a member's jobs; return their ids."""
        workflows = await DBOS.list_workflows_async(
            workflow_id_prefix=f"{member}:", load_input=False, load_output=False
        )
        ids = [workflow.workflow_id for workflow in workflows]
        if ids:
            await DBOS.cancel_workflows_async(ids)
        return ids

    async def scrub(self) -> bool:
        """Remove every byte of deleted jobs; return False while something else reads them."""
        return await asyncio.to_thread(self._remove_deleted)

    async def sweep(self, now: datetime, keep: timedelta = timedelta(hours=1)) -> None:
        """Delete records of jobs that succeeded a while ago."""
        before = (now - keep).isoformat()
        workflows = await DBOS.list_workflows_async(
            status="SUCCESS", end_time=before, load_input=False, load_output=False
        )
        if workflows:
            async with self._writing():
                await DBOS.delete_workflows_async([workflow.workflow_id for workflow in workflows])

    @staticmethod
    def stuck_in(url: str) -> list[str]:
        """Return the jobs in a queue that were started STARTS times and never ended, with their actions."""
        engine = _engine(url, BUSY_MS)
        status = _jobs(engine)
        given_up = sa.select(status.c.workflow_uuid).where(status.c.status == "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
        try:
            with typed_errors(), engine.connect() as connection:
                if not sa.inspect(connection).has_table(TABLE, schema=status.schema):
                    return []
                stuck = connection.execute(given_up).scalars().all()
                return [f"{job.rpartition(':')[0]} [{_action(job)}]".removesuffix(" []") for job in stuck]
        finally:
            engine.dispose()

    @staticmethod
    def copy(source: str, target: str) -> int:
        """Enqueue the jobs that haven't ended in another queue, each once; return how many there are. Blocks.

        Raises StoreTaken if that queue has others, StoreError.
        """
        with typed_errors():
            DBOS.migrate(target)
            ours, theirs = _unended(source), _unended(target)
            if not theirs.keys() <= ours.keys():
                raise StoreTaken(
                    "The queue there (jobs.db, for SQLite) has jobs that aren't in this one: move it away first."
                )
            client = DBOSClient(system_database_url=target, serializer=_Json())
            for name in ours.keys() - theirs.keys():
                client.enqueue(*_again(ours[name]))
            client.destroy()
            return len(ours)

    async def stop(self, grace: int) -> None:
        """Start nothing more, and give running jobs `grace` seconds; the rest continues at the next start."""
        if self._watching is not None:
            self._watching.cancel()
        await asyncio.to_thread(DBOS.destroy, workflow_completion_timeout_sec=grace, destroy_registry=True)
        self._engine.dispose()
        if self._locks is not None:
            self._locks.close()

    def _remove_deleted(self) -> bool:
        if self._engine.dialect.name == "postgresql":
            return postgresql.remove_deleted(self._url, (f"{SCHEMA}.{name}" for name in OF_JOBS))
        with self._engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout = 1000")  # a moment; longer readers are waited out
            busy, *_ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
            connection.exec_driver_sql("PRAGMA busy_timeout = 10000")
            return not busy


def _engine(url: str, busy_ms: int) -> sa.Engine:
    """Return an engine for the queue; DBOS uses it, too."""
    path = sa.make_url(url).database if url.startswith("sqlite") else None
    if path is None:
        return sa.create_engine(url, pool_pre_ping=True, connect_args=postgresql.session(busy_ms))
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url)
    sa.event.listen(engine, "connect", partial(_configure, busy_ms))
    return engine


def _look(url: str) -> None:
    sqlite.look(Path(sa.make_url(url).database or ""))


def _jobs(engine: sa.Engine) -> sa.TableClause:
    """Return DBOS's table of jobs, as far as we use it."""
    texts = ("workflow_uuid", "status", "owner_xid")
    moments = ("created_at", "started_at_epoch_ms", "delay_until_epoch_ms")
    columns: list[sa.ColumnClause[Any]] = [sa.column(name, sa.String) for name in texts]
    columns += [sa.column(name, sa.BigInteger) for name in moments]  # ms
    return sa.table(TABLE, *columns, schema=None if engine.dialect.name == "sqlite" else SCHEMA)


def _unended(url: str) -> dict[str, WorkflowStatus]:
    """Return the jobs that haven't ended, by id."""
    client = DBOSClient(system_database_url=url, serializer=_Json())
    try:
        found = client.list_workflows(status=["PENDING", *WAITING], load_output=False)
        return {workflow.workflow_id: workflow for workflow in found}
    finally:
        client.destroy()


def _again(workflow: WorkflowStatus) -> tuple[Any, ...]:
    """Return what enqueues a job anew under its id, to start when it was to start."""
    wanted = Job(*(workflow.input or {"args": ()})["args"])
    delay = max(0.0, (workflow.delay_until_epoch_ms or 0) / 1000 - time.time())
    options: EnqueueOptions = {
        "workflow_name": NAME,
        "queue_name": _queue(wanted.kind),
        "queue_partition_key": str(wanted.member),
        "workflow_id": workflow.workflow_id,
        "app_version": VERSION,
    }
    if delay:
        options["delay_seconds"] = delay
    return options, *astuple(wanted)


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _queue(kind: JobKind) -> str:
    return HEARING if kind == JobKind.HEAR else QUEUE


def _parts(workflow: Any) -> list[str]:
    return str(workflow.workflow_id).split(":", 3)


def _action(workflow_id: str) -> str:
    """Return the action that a job is part of; "" for a job of a program that noted none."""
    return workflow_id.rpartition(":")[2].rpartition("-")[0]


def _configure(busy_ms: int, connection: sqlite3.Connection, _: object) -> None:
    for pragma in ("journal_mode = WAL", "secure_delete = ON", f"busy_timeout = {busy_ms}"):
        connection.execute(f"PRAGMA {pragma}")
    if sqlite3.sqlite_version_info < SUBSECONDS:
        connection.create_function("unixepoch", 1, lambda _modifier: time.time())
