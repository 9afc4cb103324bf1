"""A process that migrates a database, and dies just before a given statement that changes it."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot.adapters.store import Store
from bot.adapters.store.migration import upgrade

READS = {"SELECT", "PRAGMA", "BEGIN"}


def migrate(path: Path, dies_at: int | None, passed: Path) -> None:
    """Migrate to today's schema. `passed` gets the verbs of the statements, unless the process dies at one."""
    passed.write_text("\n".join(asyncio.run(_migrate(path, dies_at))))


async def _migrate(path: Path, dies_at: int | None) -> list[str]:
    verbs: list[str] = []

    def before(statement: str) -> None:
        verb = statement.lstrip().partition(" ")[0].upper()
        if verb not in READS:
            verbs.append(verb)
            if len(verbs) == dies_at:
                os.kill(os.getpid(), signal.SIGKILL)

    def listen(connection: Any, _: object) -> None:
        connection.run_async(lambda driver: driver.set_trace_callback(before))

    async with Store(f"sqlite+aiosqlite:///{path}") as store:
        sa.event.listen(store._engine.sync_engine, "connect", listen)
        await store.migrate()
    return verbs


def begin(path: Path) -> None:
    """Create a database of the first schema with a member, their songs and what was said about them."""
    asyncio.run(_begin(path))


async def _begin(path: Path) -> None:
    def first(connection: sa.Connection) -> None:
        upgrade(connection, "0001")
        for statement in ROWS:
            connection.exec_driver_sql(statement)
        connection.commit()

    async with Store(f"sqlite+aiosqlite:///{path}") as store, store._engine.connect() as tx:
        await tx.run_sync(first)


MEMBER = "member, created_at, updates, daily_cap, learn_from_playlists, polls"
SONG = "song, title, artists, isrc, cached_at"
ANSWER = "member, layer, song, kind, playlists, source, event"
ROWS = (
    f"INSERT INTO member ({MEMBER}) VALUES (7, 0, 'dm', 3, 0, 0)",  # noqa: S608
    "INSERT INTO layer (layer, member, name, several, everything, tried) VALUES (1, 7, 'main', 0, 0, 0)",
    f"INSERT INTO song ({SONG}) VALUES ('a', '', '[null, \"Ann\"]', 'us-qza-25-00001', 0)",  # noqa: S608
    "INSERT INTO liked (member, song, added_at, fresh) VALUES (7, 'a', 0, 0)",
    f"INSERT INTO answer ({ANSWER}) VALUES (7, 1, 'a', 'only', '[1]', 'button', 42)",  # noqa: S608
)
