"""A process in which every job kills the process."""

import asyncio
import os
import signal
from pathlib import Path

from bot.adapters.jobs import Job, Jobs


def run(path: Path, member: int | None) -> None:
    """Take up what is left, and enqueue a job for the member if one is given."""
    asyncio.run(_run(path, member))


async def _run(path: Path, member: int | None) -> None:
    async def work(job: Job) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    jobs = Jobs(path)
    await jobs.start(work)
    if member is not None:
        await jobs.enqueue("train", member)
    async with asyncio.timeout(60):
        while not Jobs.stuck_in(path):  # noqa: ASYNC110 - announces nothing
            await asyncio.sleep(0.05)
    os._exit(0)
