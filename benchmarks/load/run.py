"""Run: one deployment bears the load, from reading all likes for the first time to the end of the last job."""

import asyncio
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import checks, usage
from benchmarks.load.acting import Acting, Books
from benchmarks.load.checks import Jobs
from benchmarks.load.deployment import Deployed, Deployment, deployed
from benchmarks.load.members import Resident, move_in
from benchmarks.load.usage import Used
from tests.databases import carry_out

POLLED = 60  # seconds between polls of a member
SETTINGS = {"POLL_SECONDS": str(POLLED), "POLL_LONGEST": str(POLLED), "LOG_LEVEL": "WARNING"}
SETTLE, REST = 3.0, 20.0  # seconds after the start, and then without anything to do; nobody is due for a poll yet
DUE = "update member set next_poll_at = 0"
LOOK, OFTEN = 5.0, 0.5  # seconds between looks at the memory, and at the write-ahead log
LONGEST = 1_800.0  # seconds for the jobs to end


@dataclass(frozen=True, slots=True)
class Load:
    """members over so many servers do `actions` things each, `rate` a second in all."""

    members: int
    servers: int
    actions: int
    rate: float


@dataclass(frozen=True, slots=True)
class Begun:
    """Before anybody acts. idle: what a second without anything to do takes.

    read: seconds until all likes were read for the first time; grown: bytes that they added to the database.
    """

    idle: Used
    read: float
    grown: int


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of a load. memory: bytes at the peak; seconds: from the first action to the last job's end.

    used and log (bytes): in that time; calls: requests to Spotify; placed: songs that were put into playlists.
    """

    load: Load
    begun: Begun
    books: Books
    jobs: Jobs
    used: Used
    log: int
    memory: int
    seconds: float
    calls: int
    placed: int


async def measured(folder: Path, deployment: Deployment, load: Load) -> Measured:
    """Have a deployment bear a load. Raises Lost."""
    async with deployed(folder, deployment, SETTINGS) as stack:
        residents = await move_in(stack, load.members, load.servers)
        result = await borne(stack, residents, load, await begun(stack, load.members))
        await stack.end()
    return result


async def begun(stack: Deployed, members: int) -> Begun:
    """Start the bot, leave it alone for a while, then have it read all members' likes."""
    say(stack, f"{members} members have moved in")
    await stack.begin()
    await asyncio.sleep(SETTLE)
    before, empty = usage.used(stack), usage.size(stack)
    await asyncio.sleep(REST)
    idle = usage.used(stack).since(before).times(1 / REST)
    carry_out(stack.database_url, DUE)
    seconds = await until(lambda: checks.read(stack) == members)
    say(stack, f"their likes are read after {seconds:.0f} s")
    return Begun(idle, seconds, usage.size(stack) - empty)


async def borne(stack: Deployed, residents: list[Resident], load: Load, first: Begun) -> Measured:
    """Have members act, and wait until all that follows is done. Raises Lost."""
    before, called, since, peaks = usage.used(stack), len(stack.spotify.requests), time.time(), list[int]()
    acting, log = Acting(stack, residents, load.rate), usage.Log(stack)
    watching = [asyncio.create_task(each) for each in (watch(stack, acting.books, load, peaks), follow(log))]
    books = await acting.all(load.actions)
    await until(lambda: not checks.left(stack, books, since))
    for task in watching:
        task.cancel()
    used, seconds, jobs = usage.used(stack).since(before), time.time() - since, checks.jobs(stack, since)
    checks.verify(stack, books, jobs)
    calls, placed = len(stack.spotify.requests) - called, len(checks.placed(stack))
    return Measured(load, first, books, jobs, used, log.grown(), max(peaks), seconds, calls, placed)


async def watch(stack: Deployed, books: Books, load: Load, peaks: list[int]) -> None:
    """Note the memory, and say how far the members are, until cancelled."""
    while True:
        peaks.append(await asyncio.to_thread(usage.memory, stack))
        jobs = await asyncio.to_thread(checks.jobs, stack)
        done, late = f"{books.actions:,} of {load.members * load.actions:,} actions", f"{books.late} late"
        say(stack, f"{done}, {late}, {jobs.open} jobs open, {peaks[-1] / 2**20:.0f} MB")
        await asyncio.sleep(LOOK)


async def follow(log: usage.Log) -> None:
    """Look at the log often, until cancelled."""
    while True:
        await asyncio.to_thread(log.look)
        await asyncio.sleep(OFTEN)


async def until(true: Callable[[], bool]) -> float:
    """Look once a second whether it's so, twice in a row; return the seconds until then. Raises TimeoutError."""
    began, before = time.monotonic(), False
    async with asyncio.timeout(LONGEST):
        while not (so := await asyncio.to_thread(true)) or not before:
            before = so
            await asyncio.sleep(1)
    return time.monotonic() - began


def say(stack: Deployed, words: str) -> None:
    print(f"{stack.deployment.name}: {words}", file=sys.stderr, flush=True)
