"""Several processes on one server's database: jobs run once, a dead process's are taken over, a deletion stops them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from bot.adapters.jobs import STARTS, Jobs, stuck_in
from bot.adapters.jobs.queue import LOOKS
from bot.adapters.store.lease import Lease
from bot.core.jobs import Job, JobKind
from sandbox.process import start
from tests import postgresql
from tests.crash.elsewhere import POISON
from tests.databases import carry_out

PATIENCE = 60.0  # seconds
DAY = timedelta(days=1)
LONG = 300  # seconds: a job that doesn't end by itself
BREAK = """
select pg_terminate_backend(pid, 5000) from pg_stat_activity
where application_name like 'cratekeeper%%' and datname = current_database()
"""
HOLDER = "select executor_id, status from workflow_status"
SHARED = """
select count(*) from pg_locks where locktype = 'advisory' and mode = 'ShareLock' and granted
and database = (select oid from pg_database where datname = current_database())
"""


@pytest.fixture
def url() -> Iterator[str]:
    made = postgresql.new_url()
    yield made
    postgresql.drop(made)


class Elsewhere:
    """Processes that run jobs; `said` has what they said, in the order in which it came."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url, self._folder = url, folder
        self.said: list[str] = []
        self.processes: dict[str, asyncio.subprocess.Process] = {}
        self._news = asyncio.Condition()
        self._reading: set[asyncio.Task[None]] = set()

    async def begin(self, name: str) -> None:
        streams = {"stdout": asyncio.subprocess.PIPE}
        process = await start("-m", "tests.crash.elsewhere", self._url, name, folder=self._folder, **streams)
        self.processes[name] = process
        self._reading.add(asyncio.create_task(self._read(process)))
        await self._until_ready(name)

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            async with self._news:
                self.said.append(line.decode().strip())
                self._news.notify_all()
        await process.wait()
        async with self._news:
            self._news.notify_all()

    async def _until_ready(self, name: str) -> None:
        """Wait until it's ready, or has ended before it could say so."""
        times = self.said.count(f"{name} is ready")
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(lambda: self.said.count(f"{name} is ready") > times or not self.lives(name))

    async def until(self, line: str) -> None:
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(lambda: line in self.said)

    async def until_ended(self, count: int) -> None:
        async with asyncio.timeout(10 * PATIENCE), self._news:
            await self._news.wait_for(lambda: sum(" ends " in line for line in self.said) >= count)

    def lives(self, name: str) -> bool:
        return name in self.processes and self.processes[name].returncode is None

    async def kill(self, name: str) -> None:
        self.processes[name].kill()
        await self.processes[name].wait()

    async def end(self) -> None:
        for name in self.processes:
            if self.processes[name].returncode is None:
                await self.kill(name)
        await asyncio.gather(*self._reading)


async def nothing(job: Job) -> None:
    raise AssertionError("this process runs no jobs")


@asynccontextmanager
async def enqueuing(url: str) -> AsyncIterator[Jobs]:
    """A process that only enqueues."""
    jobs = Jobs(url, executor="web", queues=())
    await jobs.start(nothing)
    try:
        yield jobs
    finally:
        await jobs.stop(1)


async def take_over(jobs: Jobs, lease: Callable[[str], AbstractContextManager[object]]) -> None:
    """Look as often as it takes to be sure that a process is dead."""
    for _ in range(LOOKS):
        await jobs.take_over(lease)


@pytest.fixture
async def elsewhere(url: str, tmp_path: Path) -> AsyncIterator[Elsewhere]:
    made = Elsewhere(url, tmp_path)
    yield made
    await made.end()


async def begin_two(jobs: Jobs, elsewhere: Elsewhere) -> None:
    """Begin w1, which runs member 1's job, and then w2."""
    await elsewhere.begin("w1")
    await jobs.enqueue(JobKind.SYNC, 1, LONG)
    await elsewhere.until("w1 begins 1")
    await elsewhere.begin("w2")


async def test_p26_the_jobs_of_a_killed_process_are_taken_over(url: str, elsewhere: Elsewhere) -> None:
    async with enqueuing(url) as jobs:
        await begin_two(jobs, elsewhere)
        await take_over(jobs, partial(Lease, url))
        assert carry_out(url, HOLDER) == [("w1", "PENDING")], "w1 lives"
        await elsewhere.kill("w1")
        await take_over(jobs, partial(Lease, url))
        await elsewhere.until("w2 begins 1")


async def test_p26_an_outage_of_the_server_has_nobodys_jobs_taken_over(url: str, elsewhere: Elsewhere) -> None:
    async with enqueuing(url) as jobs:
        await begin_two(jobs, elsewhere)
        for _ in range(LOOKS - 1):
            await jobs.take_over(lambda _: nullcontext())  # w1 hasn't taken its name again yet
        await take_over(jobs, partial(Lease, url))
        assert carry_out(url, HOLDER) == [("w1", "PENDING")]


async def test_p26_a_process_taken_for_dead_stops_the_jobs_that_it_lost(url: str, elsewhere: Elsewhere) -> None:
    async with enqueuing(url) as jobs:
        await begin_two(jobs, elsewhere)
        await take_over(jobs, lambda _: nullcontext())  # as if w1 couldn't be heard of
        await elsewhere.until("w1 ends 1")
        async with asyncio.timeout(PATIENCE):
            while sum(line.endswith(" begins 1") for line in elsewhere.said) < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        assert "w2 ends 1" not in elsewhere.said
        assert elsewhere.said.count("w1 ends 1") == 1


async def test_p26_a_poisoned_job_is_given_up_after_five_starts_however_many_processes_it_kills(
    url: str, elsewhere: Elsewhere
) -> None:
    async with enqueuing(url) as jobs, asyncio.timeout(3 * PATIENCE):
        await jobs.enqueue(JobKind.SYNC, 1, POISON)
        while not stuck_in(url):
            for name in ("w1", "w2", "w3"):
                if not elsewhere.lives(name):
                    await elsewhere.begin(name)
            await jobs.take_over(partial(Lease, url))
        assert sum(line.endswith("begins 1") for line in elsewhere.said) == STARTS
        await jobs.enqueue(JobKind.SYNC, 2)
        await elsewhere.until_ended(1)


@pytest.mark.slow
async def test_p24_what_waits_is_known_and_pulled_in_when_the_clock_is_put_back(url: str) -> None:
    now = datetime.now(UTC)
    async with enqueuing(url) as jobs:
        await jobs.enqueue(JobKind.TRAIN, 1)
        await jobs.enqueue(JobKind.POLL, 2, delay=600)
        later = await jobs.waiting(now + timedelta(hours=1))
        assert {kind: (waiting.jobs, waiting.oldest > 2_000) for kind, waiting in later.items()} == {
            JobKind.TRAIN: (1, True),
            JobKind.POLL: (1, True),
        }
        await jobs.pull_in(now - DAY, DAY)
        ((due,),) = carry_out(url, "select delay_until_epoch_ms from workflow_status where status = 'DELAYED'")
        assert due / 1000 - (now - DAY).timestamp() == pytest.approx(600, abs=60)
        assert [job.kind for job in await jobs.pending(1)] == [JobKind.TRAIN]


@pytest.mark.parametrize("broken", [False, True], ids=["connected", "connections broke"])
async def test_p35_a_deletion_stops_a_members_jobs_in_another_process_and_waits_for_their_end(
    url: str, elsewhere: Elsewhere, broken: bool
) -> None:
    async with enqueuing(url) as jobs:
        await elsewhere.begin("w1")
        for member in (1, 2):
            await jobs.enqueue(JobKind.SYNC, member, LONG)
            await elsewhere.until(f"w1 begins {member}")
        if broken:
            carry_out(url, BREAK)
        async with asyncio.timeout(PATIENCE):
            while carry_out(url, SHARED) != [(2,)]:  # noqa: ASYNC110 - nothing to wait on
                await asyncio.sleep(0.1)
            await jobs.forget(1)
        async with asyncio.timeout(1):
            await elsewhere.until("w1 ends 1")
        assert carry_out(url, "select queue_partition_key, status from workflow_status") == [("2", "PENDING")]
        assert "w1 ends 2" not in elsewhere.said


async def test_p26_each_job_runs_once_however_many_processes_take_jobs(
    url: str, elsewhere: Elsewhere, soak: bool
) -> None:
    members = range(1, 1_001 if soak else 61)
    async with enqueuing(url) as jobs:
        for name in ("w1", "w2", "w3", "w4")[: 4 if soak else 2]:
            await elsewhere.begin(name)
        for member in members:
            await jobs.enqueue(JobKind.SYNC, member)
        await elsewhere.until_ended(len(members))
    begun = sorted(int(line.split()[-1]) for line in elsewhere.said if " begins " in line)
    assert begun == list(members)
