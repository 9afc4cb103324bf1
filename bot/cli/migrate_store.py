"""Migrate-store: move everything stored to another database, SQLite or PostgreSQL, while no bot runs."""

import asyncio
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from bot.adapters import home
from bot.adapters import jobs as queue
from bot.adapters.store import Store
from bot.adapters.store.copying import copy
from bot.adapters.store.lease import WHOLE, Lease
from bot.config import JOBS, Secret, Settings
from bot.config.addresses import database_url
from bot.errors import AlreadyRuns, SettingsError


async def migrate_store(settings: Settings, to: str) -> int:
    """Copy everything to the database at a URL, and say what was copied; returns the exit code.

    Raises SettingsError, AlreadyRuns if a bot uses either, StoreTaken, StoreError. Killed, it goes on when it's called
    again.
    """
    target = replace(settings, database_url=_named(to, settings))
    if _are_same(settings, target):
        raise SettingsError("--to is the database that DATABASE_URL already names")
    with ExitStack() as held:
        home.prepare(settings)
        held.enter_context(home.lived_in(settings))
        if not target.on_server:
            held.enter_context(home.locked(Path(f"{target.database_path}.lock"), AlreadyRuns()))
        for each in (settings, target):
            if each.on_server:
                held.enter_context(Lease(each.database_url, WHOLE))
        async with Store(settings.database_url) as here, Store(target.database_url) as there:
            rows = await _copy(settings, here, there)
        jobs = await asyncio.to_thread(queue.copy, settings.jobs_url, target.jobs_url)
    print(f"Copied to {there}: rows {rows}, waiting jobs {jobs}. Each is the same as in {here}.")
    print(f"Set DATABASE_URL to the new one, and start the bot. Keys, models and clips stay in {settings.data_dir}.")
    left = f"{here} and {settings.data_dir / JOBS}" if target.on_server and not settings.on_server else here
    print(f"Delete {left} once you don't need it: /data delete doesn't reach it.")
    return 0


def _named(to: str, settings: Settings) -> Secret:
    try:
        return Secret(database_url({"DATABASE_URL": to}, settings.data_dir))
    except SettingsError as problem:
        raise SettingsError(str(problem).replace("DATABASE_URL", "--to", 1)) from None


def _are_same(settings: Settings, target: Settings) -> bool:
    """Whether both name one database: a file's path may be written in several ways."""
    if settings.on_server or target.on_server:
        return settings.database_url == target.database_url
    return settings.database_path.resolve() == target.database_path.resolve()


async def _copy(settings: Settings, source: Store, target: Store) -> int:
    """Copy all tables; return how many rows they have."""
    rows = 0
    await home.upgrade(source, settings)
    await target.migrate()
    async for copied in copy(source, target):
        rows += copied.rows
        if copied.rows:
            print(f"{copied.table}: rows {copied.rows}, new {copied.new}")
    return rows
