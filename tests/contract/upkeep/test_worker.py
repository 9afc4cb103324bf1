"""A job that waits, fails or takes long says so, and is tried again when it should be."""

import asyncio
import logging
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.adapters.jobs import Jobs
from bot.adapters.store import Store
from bot.adapters.store.account import notices
from bot.adapters.store.sorting import playlists, writes
from bot.core.jobs import Job, JobKind
from bot.core.records import NewWrite
from bot.core.sorting.writing.writes import WriteKind, WriteState
from bot.errors.spotify import ConsentEnded, CoolingDown, Unreadable, Unsettled
from bot.worker import UNREADABLE, Worker
from tests.contract.upkeep.stage import ADA, Messenger, linked


async def confirmed(store: Store, now: datetime) -> int:
    """Begin a sort of Ada's that she has confirmed; return its write."""
    await linked(store, ADA, now)
    async with store.writing() as tx:
        layer = (await playlists.ensure_layer(tx, ADA, "main")).layer
        write = await writes.begin(tx, NewWrite(ADA, layer, WriteKind.SORT, 1), now)
        await writes.set_state(tx, write, WriteState.APPLYING)
    return write


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (ConsentEnded(), "sync failed in .* ms: Spotify's consent has ended"),
        (CoolingDown(datetime(2026, 12, 1, 9, tzinfo=UTC)), "sync postponed in .* ms: no calls .* 2026-12-01 09:00:00"),
    ],
)
async def test_the_log_says_why_a_job_waits_or_was_given_up(
    store: Store, now: datetime, caplog: pytest.LogCaptureFixture, error: Exception, why: str
) -> None:
    async def account_music(_: int) -> None:
        raise error

    async def enqueue(*_: object, **__: object) -> None: ...

    await linked(store, ADA, now)
    jobs, nothing = SimpleNamespace(enqueue=enqueue), dict.fromkeys(("vault", "polls", "sources", "libraries"))
    services: Any = SimpleNamespace(store=store, clock=lambda: now, account_music=account_music, jobs=jobs, **nothing)
    caplog.set_level(logging.INFO, "bot.worker")
    await Worker(services, Messenger(), lambda _: None).run(Job(JobKind.SYNC, ADA))
    (said,) = caplog.messages
    assert re.match(why, said)


async def test_a_poll_that_waits_for_an_earlier_one_is_logged_only_at_debug(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """While a poll waits for hours, as Spotify wants it to, the next ones come every few minutes."""

    async def nothing(_: Job) -> None: ...

    caplog.set_level(logging.INFO, "bot.adapters.jobs")
    jobs = Jobs(f"sqlite:///{tmp_path / 'jobs.db'}")
    await jobs.start(nothing)
    for kind in (JobKind.POLL, JobKind.SYNC) * 2:
        await jobs.enqueue(kind, ADA, delay=600)
    await jobs.stop(1)
    assert [message.split()[0] for message in caplog.messages] == [JobKind.SYNC]


@pytest.mark.parametrize("background", [JobKind.LOOK_UP, JobKind.READ])
async def test_what_a_member_asks_for_waits_for_nothing_in_the_background(tmp_path: Path, background: JobKind) -> None:
    begun, asked = asyncio.Event(), asyncio.Event()

    async def work(job: Job) -> None:
        (begun if job.kind == background else asked).set()
        await asked.wait()

    jobs = Jobs(f"sqlite:///{tmp_path / 'jobs.db'}")
    await jobs.start(work)
    await jobs.enqueue(background, ADA)
    await begun.wait()
    await jobs.enqueue(JobKind.SYNC, ADA)
    try:
        await asyncio.wait_for(asked.wait(), 5)
    finally:
        asked.set()
        await jobs.stop(1)


async def test_a_job_that_worked_for_long_waits_no_longer_than_it_must(store: Store, now: datetime) -> None:
    """What it waits for is a moment by its own clock, which ran on while it worked."""

    async def music(_: int) -> None:
        await asyncio.sleep(1)
        raise Unsettled(now + timedelta(seconds=31))

    async def enqueue(kind: str, member: int, argument: int, *, tries: int, delay: float) -> None:
        delays.append(delay)

    write = await confirmed(store, now)
    jobs, nothing = SimpleNamespace(enqueue=enqueue), dict.fromkeys(("vault", "polls", "sources", "libraries"))
    services: Any = SimpleNamespace(store=store, clock=lambda: now, music=music, jobs=jobs, **nothing)
    delays: list[float] = []
    await Worker(services, Messenger(), lambda _: None).run(Job(JobKind.APPLY, ADA, write))
    assert 25 < delays[0] <= 30


async def test_a_write_to_a_playlist_that_stays_unreadable_fails_with_a_message(store: Store, now: datetime) -> None:
    async def music(_: int) -> None:
        raise Unreadable

    async def enqueue(kind: str, member: int, argument: int, *, tries: int, delay: float) -> None:
        again.append(Job(kind, member, argument, tries))

    write = await confirmed(store, now)
    jobs, nothing = SimpleNamespace(enqueue=enqueue), dict.fromkeys(("vault", "polls", "sources", "libraries"))
    services: Any = SimpleNamespace(store=store, clock=lambda: now, music=music, jobs=jobs, **nothing)
    worker, again = Worker(services, Messenger(), lambda _: None), [Job(JobKind.APPLY, ADA, write)]
    for job in again:
        assert len(again) <= 10 * UNREADABLE, "it never finishes"
        await worker.run(job)
    async with store.reading() as tx:
        ended = await writes.get(tx, write)
        told = [notice.kind for notice in await notices.waiting(tx, ADA)]
    assert ended is not None
    assert ended.state == "failed"
    assert ended.problem
    assert told == ["problem", "problem"]  # one for the delay, one for the end
