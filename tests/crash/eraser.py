"""A process that erases a member, through the real store and jobs. Made to be killed at a statement."""

import asyncio
import os
import signal
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot.adapters.jobs import Job, Jobs
from bot.adapters.scorer import Scorer
from bot.adapters.scratch import Scratch
from bot.adapters.store import Store, members, schema, whole
from bot.flows.erase import RETRY, Erasing
from bot.flows.outlook import Outlooks

COUNTED = "statements"  # the file that says how many there were


def begin(folder: Path, member: int, dies_at: int | None) -> None:
    """Erase the member; die before statement `dies_at` (of both databases), if that is given."""
    asyncio.run(_run(folder, member, dies_at))


def resume(folder: Path) -> None:
    """What every start of the bot does."""
    asyncio.run(_run(folder, None, None))


def wait_for_reader(folder: Path, name: str, member: int) -> None:
    """Erase the member while somebody reads one of the databases, and go on when they have done."""
    asyncio.run(_wait_for_reader(folder, name, member))


def enqueue(folder: Path, *members: int) -> None:
    """Leave each member a job that ended, and one that waits."""
    asyncio.run(_enqueue(folder, members))


async def _enqueue(folder: Path, members: Sequence[int]) -> None:
    jobs = Jobs(folder / "jobs.db")
    await jobs.start(_nothing)
    for member in members:
        await jobs.enqueue("poll", member)
        await jobs.enqueue("train", member, 7, delay=3600)
    while any([len(await jobs.pending(member)) > 1 for member in members]):  # noqa: ASYNC110 - announces nothing
        await asyncio.sleep(0.05)
    os._exit(0)  # as everything here, without a goodbye: what is on disk is on disk


async def _wait_for_reader(folder: Path, name: str, member: int) -> None:
    store, erasing = await _begun(folder)
    now = datetime.now(UTC)
    with closing(sqlite3.connect(folder / name, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
        assert not await erasing.erase(member, now), "somebody reads what was there before"
        async with store.reading() as tx:
            assert await whole.erasures(tx) == [member]
            assert await members.get(tx, member) is None
        await erasing.tick(now + RETRY)
        async with store.writing() as tx:
            assert await whole.erasures(tx) == [member]
            await members.ensure(tx, member, now + RETRY)  # they are back before it is at its end
    await erasing.tick(now + 2 * RETRY)
    async with store.writing() as tx:
        assert await whole.erasures(tx) == []
        assert await members.get(tx, member) is not None, "what is there since is not what was to go"
        await tx.execute(sa.delete(schema.member).where(schema.member.c.member == member))
    await store.scrub()
    os._exit(0)


async def _begun(folder: Path) -> tuple[Store, Erasing]:
    store, jobs = Store(f"sqlite+aiosqlite:///{folder / 'cratekeeper.db'}"), Jobs(folder / "jobs.db")
    outlooks = Outlooks(store, Scorer(folder / "models"))
    erasing = Erasing(store, jobs, outlooks, folder / "models", Scratch(folder))
    await jobs.start(_nothing)
    await erasing.start(datetime.now(UTC))
    return store, erasing


async def _run(folder: Path, member: int | None, dies_at: int | None) -> None:
    _, erasing = await _begun(folder)
    if member is not None:
        count = _counting(dies_at)
        assert await erasing.erase(member, datetime.now(UTC))
        (folder / COUNTED).write_text(str(len(count)))
    os._exit(0)


async def _nothing(job: Job) -> None:
    """Jobs of others go on meanwhile; here they have nothing to do."""


def _counting(dies_at: int | None) -> list[None]:
    """Count the statements of every engine from now on, and die before one of them."""
    counted: list[None] = []

    def before(*_: Any) -> None:
        counted.append(None)
        if len(counted) == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    sa.event.listen(sa.Engine, "before_cursor_execute", before)
    return counted
