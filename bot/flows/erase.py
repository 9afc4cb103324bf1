"""Erase: hand a member everything that is kept about them, or delete it all (promise P35).

Deleting is begun by a note in the database and ended by taking the note away; whatever happens in between, the next
start goes on. Songs that others like stay, songs that nobody does go.
"""

import asyncio
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.adapters.jobs import Jobs
from bot.adapters.store import Store, models, songs, whole
from bot.flows.outlook import Outlooks


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
    """Go on with erasures that a crash cut short."""
    async with store.reading() as tx:
        begun = await whole.erasures(tx)
    for member in begun:
        await _finish(store, jobs, outlooks, models_dir, member)


async def _finish(store: Store, jobs: Jobs, outlooks: Outlooks, models_dir: Path, member: int) -> None:
    await jobs.forget(member)
    await delete_models(store, models_dir, member)
    async with store.writing() as tx:
        await whole.erase(tx, member)
        await songs.forget_unused(tx)
    outlooks.forget(member)
    async with store.writing() as tx:
        await whole.end_erasure(tx, member)
    await store.scrub()


async def delete_models(store: Store, models_dir: Path, member: int) -> None:
    """Delete the member's model files, cards and pictures; before their rows, which know the names."""
    async with store.reading() as tx:
        digests = await models.digests(tx, member)
    await asyncio.to_thread(_delete, models_dir, digests)


def _delete(models_dir: Path, digests: set[str]) -> None:
    for digest in digests:
        for path in models_dir.glob(f"{digest}.*"):
            path.unlink(missing_ok=True)
