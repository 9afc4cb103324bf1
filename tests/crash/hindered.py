"""A process whose jobs meet a full disk and a locked database; prints their outcome as JSON."""

import asyncio
import json
import resource
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.adapters.jobs import Jobs
from bot.core.jobs import Job, JobKind
from bot.errors import StoreBusy, StoreError, StoreFull, StoreShut

MEMBER, LOOK = 77, 0.05
BUSY_MS = 300
DELAY = 600  # seconds that a job is postponed, before the clock is set back by a day
DAY = timedelta(days=1)


def limit_files(size: int) -> None:
    """Limit this process's files to `size` bytes; to SQLite that looks like a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


class Doing:
    """Runs the jobs: the first "sync" fills the disk, and the first three "save"s can't write."""

    def __init__(self) -> None:
        self.done: list[str] = []

    async def __call__(self, job: Job) -> None:
        self.done.append(job.kind)
        if job.kind == JobKind.SYNC and self.done.count("sync") == 1:
            limit_files(1024)
        if job.kind == JobKind.SAVE and self.done.count("save") <= 3:
            raise (StoreFull, StoreBusy, StoreShut)[self.done.count("save") - 1]


def due(path: Path) -> float:
    """When the one postponed job is due, in seconds since the epoch."""
    with closing(sqlite3.connect(path)) as database:
        query = "select delay_until_epoch_ms from workflow_status where status = 'DELAYED'"
        ((moment,),) = database.execute(query).fetchall()
    return float(moment) / 1000


async def until(reached: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not reached():  # noqa: ASYNC110 - nothing to wait on
            await asyncio.sleep(LOOK)


def statuses(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as database:
        return {status for (status,) in database.execute("select status from workflow_status")}


async def refused(jobs: Jobs) -> tuple[str, float]:
    """The error from trying to enqueue a job, or "" if there was none, and the seconds it took."""
    began = time.monotonic()
    try:
        await jobs.enqueue(JobKind.TRAIN, MEMBER, 1)
    except StoreError as error:
        return type(error).__name__, time.monotonic() - began
    return "", time.monotonic() - began


async def hinder(path: Path) -> dict[str, object]:
    doing, jobs = Doing(), Jobs(f"sqlite:///{path}", busy_ms=BUSY_MS, pauses=(0.01,))
    await jobs.start(doing)
    await jobs.enqueue(JobKind.SYNC, MEMBER)
    await until(lambda: doing.done)
    full = await refused(jobs)
    await asyncio.sleep(1)  # DBOS tries to record how the job ended, and fails
    limit_files(resource.RLIM_INFINITY)
    stuck = statuses(path)
    async with asyncio.timeout(30):
        while doing.done.count("sync") < 2:
            await jobs.take_up()
            await asyncio.sleep(LOOK)
    await until(lambda: statuses(path) == {"SUCCESS"})
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        held = await refused(jobs)
    free = await refused(jobs)
    await jobs.enqueue(JobKind.SAVE, MEMBER)
    await until(lambda: doing.done.count("save") == 4 and statuses(path) == {"SUCCESS"})
    await jobs.take_up()
    await jobs.take_up()
    await jobs.enqueue(JobKind.TRAIN, MEMBER, 2, delay=DELAY)
    now = datetime.now(UTC) - DAY
    await jobs.pull_in(now, DAY)
    after = due(path) - now.timestamp()
    await jobs.stop(1)
    return {"after": after, "full": full, "stuck": sorted(stuck), "held": held, "free": free, "done": doing.done}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(hinder(Path(sys.argv[1].removeprefix("sqlite:///"))))))
