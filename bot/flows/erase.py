"""Erase: hand a member everything that is kept about them, or delete it all (promise P35).

Deleting is begun by a note in the database and ended by taking the note away; whatever happens in between, the next
start goes on. Songs that others like stay, songs that nobody does go.
"""

import asyncio
import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.adapters.jobs import Jobs
from bot.adapters.store import Store, Tx, models, songs, whole
from bot.flows.outlook import Outlooks

ARTEFACT = re.compile(r"(?P<digest>[0-9a-f]{64})\..+|\.new-.+")  # a model's file, or one that was never finished


async def export(store: Store, member: int) -> bytes:
    """Return everything that is kept about the member as JSON, table by table."""
    async with store.reading() as tx:
        tables = await whole.export(tx, member)
    return json.dumps(tables, indent=1, ensure_ascii=False, default=_plain).encode()


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


async def erase(store: Store, jobs: Jobs, outlooks: Outlooks, models_dir: Path, member: int, now: datetime) -> None:
    """Delete everything of the member: rows, files, jobs, what memory holds, and their bytes in the database file."""
    async with store.writing() as tx:
        await whole.begin_erasure(tx, member, now)
    await _finish(store, jobs, outlooks, models_dir, member)


async def resume(store: Store, jobs: Jobs, outlooks: Outlooks, models_dir: Path) -> None:
    """Go on with what a crash cut short: erasures, and trainings whose files were written and their rows not."""
    async with store.writing() as tx:
        begun = await whole.erasures(tx)
        await sweep_models(tx, models_dir)
    for member in begun:
        await _finish(store, jobs, outlooks, models_dir, member)
    await store.checkpoint()


async def _finish(store: Store, jobs: Jobs, outlooks: Outlooks, models_dir: Path, member: int) -> None:
    await jobs.forget(member)
    async with store.writing() as tx:
        await whole.erase(tx, member)
        await songs.forget_unused(tx)
        await sweep_models(tx, models_dir)
    outlooks.forget(member)
    await jobs.forget(member)  # what was begun meanwhile
    await store.scrub()
    async with store.writing() as tx:
        await whole.end_erasure(tx, member)
    await store.checkpoint()


async def sweep_models(tx: Tx, models_dir: Path) -> None:
    """Delete the model files, cards and pictures that no row names.

    In a writing transaction, as they are published: so none is just being written.
    """
    await asyncio.to_thread(_sweep, models_dir, await models.digests(tx))


def _sweep(models_dir: Path, named: set[str]) -> None:
    for path in models_dir.iterdir() if models_dir.is_dir() else ():
        match = ARTEFACT.fullmatch(path.name)
        if match and match["digest"] not in named:
            path.unlink(missing_ok=True)
