"""A process that erases a member, through the real store and jobs. Made to be killed at a statement."""

import asyncio
import os
import signal
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot.adapters.jobs import Job, Jobs
from bot.adapters.scorer import Scorer
from bot.adapters.store import Store
from bot.flows import erase
from bot.flows.outlook import Outlooks

COUNTED = "statements"  # the file that says how many there were


def begin(folder: Path, member: int, dies_at: int | None) -> None:
    """Erase the member; die before statement `dies_at` (of both databases), if that is given."""
    asyncio.run(_run(folder, member, dies_at))


def resume(folder: Path) -> None:
    """What every start of the bot does."""
    asyncio.run(_run(folder, None, None))


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


async def _run(folder: Path, member: int | None, dies_at: int | None) -> None:
    store, jobs = Store(f"sqlite+aiosqlite:///{folder / 'cratekeeper.db'}"), Jobs(folder / "jobs.db")
    outlooks, models = Outlooks(store, Scorer(folder / "models")), folder / "models"
    await jobs.start(_nothing)
    await erase.resume(store, jobs, outlooks, models)
    if member is not None:
        count = _counting(dies_at)
        await erase.erase(store, jobs, outlooks, models, member, datetime.now(UTC))
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
