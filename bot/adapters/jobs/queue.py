"""Queue: enqueue jobs, run them, and restart those that were interrupted.

A job is a kind, a member and a number. Its work must converge: a job whose process was killed starts over when a
process with the same executor id starts (promise P26). Payloads are JSON, never pickle (P30).
"""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext, suppress
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from itertools import chain, repeat
from typing import Any

from dbos import DBOS, DBOSConfig, SetEnqueueOptions, SetWorkflowID
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bot.adapters.jobs import tables
from bot.adapters.jobs.rows import Rows
from bot.adapters.store.member_locks import MemberLocks
from bot.adapters.store.problems import store_error, typed_errors
from bot.adapters.store.sqlite import BUSY_MS
from bot.core.jobs import BACKGROUND, EXECUTOR, IN_BACKGROUND, QUEUE, QUEUES, UNASKED, Job, JobKind
from bot.errors import AlreadyRuns, StorageDown, StoreBusy, StoreError, StoreFull, StoreShut
from bot.telemetry import actions

log = logging.getLogger(__name__)
NAME = "job"  # of the one kind of workflow
VERSION = "1"  # version of the jobs' meaning; pinned, so that an upgrade resumes an older program's jobs
STARTS = 5  # starts per job; then it's left for `doctor` to list
STEP_POLL = 0.5  # seconds between checks for jobs of ours that another process has cancelled or begun again
LOOKS = 15  # in a row, a second apart, at which a process's name is free before it counts as dead: after an outage of
# the server, one that lives may take ten seconds to connect again
POLL = 0.25  # seconds between polls of the queue
PAUSES = (1, 2, 5, 10, 30)  # seconds before retrying a job that found the disk full or the database locked
WAITING = ["ENQUEUED", "DELAYED"]
WAITED_OUT = (StoreBusy, StoreFull, StoreShut, StorageDown)  # problems that end without anybody touching the job
JOINED = {JobKind.SYNC}  # kinds that aren't enqueued while one is running


Handler = Callable[[Job], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many due jobs of a kind haven't started, and how long the oldest has been due (s)."""

    jobs: int
    oldest: float


class Jobs:
    """The queue. Handlers run on the event loop that called `start`: for four members at once, one job per member.

    What runs IN_BACKGROUND has a queue of its own, so that nothing a member asks for waits for it.
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
        self._taken: set[str] = set()  # those of them that another process has cancelled, or begun again
        self._missing: set[str] = set()  # ids that the last check found started but not running
        self._free: dict[str, int] = {}  # executors with unfinished jobs whose names are free, by looks in a row
        self._running: dict[int, set[asyncio.Task[None]]] = {}
        self._locks = MemberLocks(url) if tables.is_on_server(url) else None
        self._watching: asyncio.Task[None] | None = None
        self._engine = tables.engine(url, busy_ms)
        self._rows = Rows(self._engine)
        self._config: DBOSConfig = {
            "name": "cratekeeper",
            "system_database_url": url,
            "system_database_engine": self._engine,
            "application_version": VERSION,
            "executor_id": executor,
            "serializer": tables.Json(),
            "log_level": "CRITICAL",  # it also raises what it logs as an error, and its lines would look different
        }

    async def check(self) -> None:
        """Raise a StoreError if the queue's database can't be read or written."""
        await asyncio.to_thread(tables.check, self._url)

    async def start(self, handler: Handler) -> None:
        """Resume jobs of an earlier process, then run whatever is enqueued."""
        logging.getLogger("dbos").handlers = [logging.NullHandler()]  # or it'd log to its own stream, in its own format
        DBOS(config=self._config)

        @DBOS.workflow(name=NAME, max_recovery_attempts=STARTS - 1)  # beside the first
        async def job(kind: str, member: int, argument: int, tries: int) -> None:
            await self._run(member, self._insist(handler, Job(JobKind(kind), member, argument, tries)))

        self._job = job
        DBOS.listen_queues(self._queues)
        with typed_errors():  # the first start makes its tables
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
            self._watching = asyncio.create_task(self._keep_in_step(self._locks))

    async def _keep_in_step(self, locks: MemberLocks) -> None:
        """Stop jobs that aren't ours any more, and keep their members' locks, until cancelled."""
        while True:
            await asyncio.sleep(STEP_POLL)
            with suppress(SQLAlchemyError, StoreError):  # the server may be away
                await locks.renew()
                for job in await asyncio.to_thread(self._rows.not_of, self.executor, list(self._alive)):
                    if job in self._alive:
                        self._taken.add(job)
                        self._alive[job].cancel()

    async def _run(self, member: int, work: Coroutine[Any, Any, None]) -> None:
        """Do a job in a task that `forget` can stop, here or in another process."""
        async with self._locks.shared(member) if self._locks is not None else nullcontext():
            await self._run_here(member, work)

    async def _run_here(self, member: int, work: Coroutine[Any, Any, None]) -> None:
        begun = DBOS.workflow_id or ""
        if (lost := self._alive.get(begun)) is not None:  # others took us for dead, but we were first to take it again
            self._taken.add(begun)
            lost.cancel()
            await asyncio.wait({lost})
        actions.begin(_action(begun))
        task = asyncio.create_task(work)
        self._alive[begun] = task
        self._running.setdefault(member, set()).add(task)
        try:
            await task
        except asyncio.CancelledError:
            if task in self._running.get(member, ()) and begun not in self._taken:  # the whole process is stopping
                raise
        finally:
            theirs = self._running.get(member, set())
            theirs.discard(task)
            if not theirs:
                self._running.pop(member, None)
            if self._alive.get(begun) is task:
                del self._alive[begun]
            self._taken.discard(begun)

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
        states = [*WAITING, "PENDING"] if wanted.kind in JOINED else WAITING
        unended = await asyncio.to_thread(self._rows.unended, wanted.member)
        same = [job for job, state in unended.items() if job.startswith(wanted.prefix) and state in states]
        if same and not wanted.tries:
            level = logging.DEBUG if wanted.kind in UNASKED else logging.INFO
            log.log(level, "%s is waiting or running already, for [%s]", wanted.kind, _action(same[0]))
            return
        options = SetEnqueueOptions(queue_partition_key=str(wanted.member), delay_seconds=delay or None)
        with SetWorkflowID(f"{wanted.prefix}{actions.current_or_new()}-{secrets.token_hex(6)}"), options:
            await DBOS.enqueue_workflow_async(queue_of(wanted.kind), self._job, *astuple(wanted))

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[None]:
        """Wrap writes, because DBOS would wait forever for a locked database.

        Raises StoreBusy if another process holds it for longer than BUSY_MS, StoreFull, StoreError.
        """
        try:
            await asyncio.to_thread(self._rows.wait_for_the_writer)
            yield
        except DBAPIError as error:
            raise store_error(error) from error

    async def take_up(self) -> None:
        """Restart jobs that were started but aren't running: a full disk kept DBOS from storing their end.

        A job is restarted if two checks in a row find it so. Raises StoreBusy, StoreFull, StoreError.
        """
        begun = await asyncio.to_thread(self._rows.begun)
        missing = {job for job, executor in begun.items() if executor == self.executor} - self._alive.keys()
        again, self._missing = missing & self._missing, missing - self._missing
        if not again:
            return
        log.warning("jobs that were cut short and are begun again: %d", len(again))
        async with self._writing():
            await asyncio.to_thread(self._rows.begin_again, again)

    async def take_over(self, lease: Callable[[str], AbstractContextManager[object]]) -> None:
        """Restart the jobs of dead processes, in whichever process takes them first. Call it again and again.

        lease: holds an executor's name, so that nothing runs under it meanwhile; raises AlreadyRuns if something does.
        After an outage of the server, names are free until their processes have taken them again.
        """
        begun = await asyncio.to_thread(self._rows.begun)
        others = {*filter(None, begun.values())} - {self.executor}
        self._free = {name: looks for name in others if (looks := await self._look_at(name, lease))}

    async def _look_at(self, executor: str, lease: Callable[[str], AbstractContextManager[object]]) -> int:
        """Restart an executor's jobs if it's dead; return at how many looks in a row its name was free."""
        looks = self._free.get(executor, 0) + 1
        with suppress(AlreadyRuns):
            await asyncio.to_thread(self._take_over_from, executor, lease, is_dead=looks >= LOOKS)
            return looks
        return 0

    def _take_over_from(
        self, executor: str, lease: Callable[[str], AbstractContextManager[object]], *, is_dead: bool
    ) -> None:
        with typed_errors(), lease(executor):
            if is_dead:
                self._rows.begin_again_of(executor)
        if is_dead:
            log.warning("the jobs of %s, which has ended, are begun again", executor)

    async def pull_in(self, now: datetime, back: timedelta = timedelta()) -> None:
        """Let postponed jobs wait as long as they were meant to, and never longer than an hour.

        back: how far the clock was just moved back, if known.
        """
        async with self._writing():
            await asyncio.to_thread(self._rows.pull_in, now, back)

    async def pending(self, member: int) -> list[Job]:
        """Return the member's running and waiting jobs."""
        return _parsed(await asyncio.to_thread(self._rows.unended, member))

    async def given_up(self, member: int) -> list[Job]:
        """Return the member's jobs that were started STARTS times and never ended (promise P26)."""
        return _parsed(await asyncio.to_thread(self._rows.given_up, member))

    async def waiting(self, now: datetime) -> dict[JobKind, Waiting]:
        """Return the due jobs that haven't started, by kind. Raises StoreBusy, StoreError."""
        due: dict[JobKind, list[float]] = {}
        for job, seconds in (await asyncio.to_thread(self._rows.due, now)).items():
            due.setdefault(JobKind(job.split(":", 3)[1]), []).append(seconds)
        return {kind: Waiting(len(each), max(each)) for kind, each in due.items()}

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
        ids = await asyncio.to_thread(self._rows.of_member, member)
        if ids:
            await DBOS.cancel_workflows_async(ids)
        return ids

    async def scrub(self) -> bool:
        """Remove every byte of deleted jobs; return False while something else reads them."""
        return await asyncio.to_thread(tables.remove_deleted, self._url, self._engine)

    async def sweep(self, now: datetime, keep: timedelta = timedelta(hours=1)) -> None:
        """Delete records of jobs that succeeded a while ago."""
        before = (now - keep).isoformat()
        workflows = await DBOS.list_workflows_async(
            status="SUCCESS", end_time=before, load_input=False, load_output=False
        )
        if workflows:
            async with self._writing():
                await DBOS.delete_workflows_async([workflow.workflow_id for workflow in workflows])

    async def stop(self, grace: int) -> None:
        """Start nothing more, and give running jobs `grace` seconds; the rest continues at the next start."""
        if self._watching is not None:
            self._watching.cancel()
        await asyncio.to_thread(DBOS.destroy, workflow_completion_timeout_sec=grace, destroy_registry=True)
        self._engine.dispose()
        if self._locks is not None:
            self._locks.close()


def stuck_in(url: str) -> list[str]:
    """Return the jobs in a queue that were started STARTS times and never ended, with their actions. Blocks."""
    return [f"{job.rpartition(':')[0]} [{_action(job)}]".removesuffix(" []") for job in tables.stuck_in(url)]


def _parsed(ids: Iterable[str]) -> list[Job]:
    parts = (job.split(":", 3) for job in ids)
    return [Job(JobKind(kind), int(owner), int(argument)) for owner, kind, argument, _ in parts]


def queue_of(kind: JobKind) -> str:
    return BACKGROUND if kind in IN_BACKGROUND else QUEUE


def _action(workflow_id: str) -> str:
    """Return the action that a job is part of; "" for a job of a program that noted none."""
    return workflow_id.rpartition(":")[2].rpartition("-")[0]
