"""Background work: one task at a time per name, each in its own context, and its exceptions don't escape."""

import asyncio
from contextvars import ContextVar

from bot.background import Background

job: ContextVar[str] = ContextVar("job", default="none")


async def test_work_requested_while_running_runs_once_more_and_never_concurrently() -> None:
    made, going, ran, most = Background(), asyncio.Event(), [0], [0, 0]

    async def work() -> None:
        most[0] += 1
        most[1] = max(most)
        await going.wait()
        ran[0] += 1
        most[0] -= 1

    for _ in range(5):
        made.begin("x", work)
    await asyncio.sleep(0)
    going.set()
    await made.settled()
    assert (ran[0], most[1]) == (2, 1)


async def test_work_started_by_a_job_is_not_part_of_that_job() -> None:
    made, seen = Background(), list[str]()

    async def work() -> None:
        seen.append(job.get())

    job.set("a job's")
    made.begin("x", work)
    await made.settled()
    assert seen == ["none"]


async def test_failing_or_hanging_work_stops_nothing_else() -> None:
    made, done = Background(), asyncio.Event()

    async def fails() -> None:
        raise ValueError

    async def hangs() -> None:
        await asyncio.Event().wait()

    made.begin("fails", fails)
    made.begin("hangs", hangs)
    made.begin("fails", fails)

    async def works() -> None:
        done.set()

    made.begin("works", works)
    async with asyncio.timeout(2):
        await done.wait()
        await made.stop()


async def test_what_begins_just_as_another_ends_runs() -> None:
    made, gate, ran = Background(), asyncio.Event(), list[str]()

    async def note() -> None:
        ran.append("late")

    async def late() -> None:
        await gate.wait()
        made.begin("x", note)

    made.begin("x", gate.wait)
    beginning = asyncio.create_task(late())
    await asyncio.sleep(0)
    gate.set()  # wakes the task first and then `late`, in one turn of the event loop
    await beginning
    await made.settled()
    assert ran == ["late"]
