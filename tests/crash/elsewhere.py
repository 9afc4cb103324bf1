"""A process that runs jobs under a name, and says on standard output what becomes of them."""

import asyncio
import os
import signal
import sys

from bot.adapters.jobs import Jobs
from bot.adapters.store.lease import Lease
from bot.app import RENEWAL
from bot.core.jobs import Job

POISON = -1  # the argument of a job that kills its process
SLOW = 3  # seconds that a job which is stopped takes to end


async def run(url: str, name: str) -> None:
    """Run jobs until killed; each takes as many seconds as its argument says, or kills the process at once."""

    async def work(job: Job) -> None:
        print(f"{name} begins {job.member}", flush=True)
        if job.argument == POISON:
            os.kill(os.getpid(), signal.SIGKILL)
        try:
            await asyncio.sleep(job.argument)
        except asyncio.CancelledError:
            await asyncio.sleep(SLOW)
            raise
        finally:
            print(f"{name} ends {job.member}", flush=True)

    jobs = Jobs(url, executor=name)
    with Lease(url, name) as lease:
        await jobs.start(work)
        print(f"{name} is ready", flush=True)
        while True:
            await asyncio.to_thread(lease.renew)
            await asyncio.sleep(RENEWAL)


if __name__ == "__main__":
    asyncio.run(run(*sys.argv[1:]))
