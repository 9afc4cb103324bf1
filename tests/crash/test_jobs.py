"""A job that kills whoever does it is given up in the end, and the doctor names it (promise P26)."""

import asyncio
import multiprocessing
from pathlib import Path

from bot.adapters.jobs import STARTS, Jobs
from tests.crash import poison

MEMBER = 77
forking = multiprocessing.get_context("forkserver")


async def in_process(path: Path, member: int | None) -> int | None:
    process = forking.Process(target=poison.run, args=(path, member))
    process.start()
    await asyncio.to_thread(process.join)
    return process.exitcode


async def test_p26_a_poisoned_job_stops_after_five_starts(tmp_path: Path) -> None:
    path = tmp_path / "jobs.db"
    assert await in_process(path, MEMBER) == -9
    assert Jobs.stuck_in(path) == []
    died = 1
    while await in_process(path, None) == -9:
        died += 1
        assert died <= STARTS + 1
    assert Jobs.stuck_in(path) == [f"{MEMBER}:train:0"]
    assert died in (STARTS, STARTS + 1)
