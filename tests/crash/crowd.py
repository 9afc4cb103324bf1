"""A process whose queue is full of jobs of several members; prints which of them ran at the same time as JSON."""

import asyncio
import json
import sys
from collections import Counter

from bot.adapters.jobs import Jobs
from bot.core.jobs import Job, JobKind

MEMBERS, AT_ONCE = 7, 4
LONGEST = 600  # seconds for all jobs
MOMENT = 0.02  # seconds that a job takes


class Watching:
    """Runs the jobs, and keeps the most that ran at the same time: over all members, and of any one."""

    def __init__(self, expected: int) -> None:
        self.done, self.most, self.most_of_one = Counter[int](), 0, 0
        self.begun: list[int] = []  # the numbers of the jobs, as they began
        self._running, self._expected, self.over = Counter[int](), expected, asyncio.Event()

    async def __call__(self, job: Job) -> None:
        self._running[job.member] += 1
        self.most = max(self.most, self._running.total())
        self.most_of_one = max(self.most_of_one, *self._running.values())
        self.begun.append(job.argument)
        await asyncio.sleep(MOMENT)
        self._running[job.member] -= 1
        self.done[job.member] += 1
        if self.done.total() == self._expected:
            self.over.set()


async def crowd(url: str, count: int) -> dict[str, object]:
    watching, jobs = Watching(count), Jobs(url, concurrency=AT_ONCE)
    await jobs.start(watching)
    for number in range(count):
        await jobs.enqueue((JobKind.APPLY, JobKind.TRAIN)[number % 2], number % MEMBERS, number)
    async with asyncio.timeout(LONGEST):
        await watching.over.wait()
    await jobs.stop(1)
    once = sorted(watching.begun) == [*range(count)]
    left = [*jobs._running, *(jobs._locks._held if jobs._locks is not None else ())]  # members still in memory
    return {"once": once, "most": watching.most, "most of one": watching.most_of_one, "left": left}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(crowd(sys.argv[1], int(sys.argv[2])))))
