"""A process that erases a member through the real store and jobs. Tests kill it.

It dies at a boundary: just before a commit, a VACUUM, a WAL checkpoint or the deletion of a file. Between two
boundaries, the moment of the kill makes no difference to what's on disk.
"""

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot.adapters.artefacts import Folder
from bot.adapters.jobs import Jobs
from bot.adapters.scorer import Scorer
from bot.adapters.scratch import Scratch
from bot.adapters.store import Store, personal_data, schema
from bot.adapters.store.account import members
from bot.core.jobs import Job, JobKind
from bot.flows.account.erase import RETRY, Erasing
from bot.flows.sorting.scored_library import ScoredLibraries

PASSED = "boundaries"  # the file that lists the boundaries passed, one per line
WRITES = {"INSERT", "UPDATE", "DELETE", "REPLACE"}
OUTSIDE = {"VACUUM", "PRAGMA WAL_CHECKPOINT(TRUNCATE)"}


def begin(folder: Path, member: int, dies_at: int | None) -> None:
    """Erase the member; die at boundary number `dies_at` (counted over both databases), if given."""
    asyncio.run(_run(folder, member, dies_at))


def resume(folder: Path) -> None:
    """Resume erasures, as the bot does at every start."""
    asyncio.run(_run(folder, None, None))


def wait_for_reader(folder: Path, name: str, member: int) -> None:
    """Erase the member while another connection reads one of the databases; finish once it's closed."""
    asyncio.run(_wait_for_reader(folder, name, member))


def while_jobs_come(folder: Path, member: int) -> None:
    """Erase the member while jobs of theirs are enqueued, until their row is gone."""
    asyncio.run(_while_jobs_come(folder, member))


def enqueue(folder: Path, *members: int) -> None:
    """Give each member one finished job and one waiting job."""
    asyncio.run(_enqueue(folder, members))


async def _enqueue(folder: Path, members: Sequence[int]) -> None:
    jobs = Jobs(f"sqlite:///{folder / 'jobs.db'}")
    await jobs.start(_nothing)
    for member in members:
        await jobs.enqueue(JobKind.POLL, member)
        await jobs.enqueue(JobKind.TRAIN, member, 7, delay=3600)
    while any([len(await jobs.pending(member)) > 1 for member in members]):  # noqa: ASYNC110 - nothing to wait on
        await asyncio.sleep(0.05)
    os._exit(0)  # no clean shutdown: only what's on disk counts


async def _while_jobs_come(folder: Path, member: int) -> None:
    store, erasing = await _begun(folder)

    async def is_there() -> bool:
        async with store.reading() as tx:
            return await members.get(tx, member) is not None

    erased = asyncio.create_task(erasing.erase(member, datetime.now(UTC)))
    while await is_there():
        await erasing._jobs.enqueue(JobKind.TRAIN, member, 7, delay=3600)
    assert await erased
    os._exit(0)


async def _wait_for_reader(folder: Path, name: str, member: int) -> None:
    store, erasing = await _begun(folder)
    now = datetime.now(UTC)
    with closing(sqlite3.connect(folder / name, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
        assert not await erasing.erase(member, now), "a reader still holds the old data"
        async with store.reading() as tx:
            assert await personal_data.erasures(tx) == [member]
            assert await members.get(tx, member) is None
        await erasing.tick(now + RETRY)
        async with store.writing() as tx:
            assert await personal_data.erasures(tx) == [member]
            await members.ensure(tx, member, now + RETRY)  # they come back before the erasure ends
    await erasing.tick(now + 2 * RETRY)
    async with store.writing() as tx:
        assert await personal_data.erasures(tx) == []
        assert await members.get(tx, member) is not None, "data added since must survive"
        await tx.execute(sa.delete(schema.member).where(schema.member.c.member == member))
    await store.scrub()
    os._exit(0)


async def _begun(folder: Path) -> tuple[Store, Erasing]:
    store, jobs = Store(f"sqlite+aiosqlite:///{folder / 'cratekeeper.db'}"), Jobs(f"sqlite:///{folder / 'jobs.db'}")
    libraries = ScoredLibraries(store, Scorer(Folder(folder / "models")))
    erasing = Erasing(store, jobs, libraries, Folder(folder / "models"), Scratch(folder))
    await jobs.start(_nothing)
    await erasing.start(datetime.now(UTC))
    return store, erasing


async def _run(folder: Path, member: int | None, dies_at: int | None) -> None:
    boundaries = Boundaries()
    _, erasing = await _begun(folder)
    if member is not None:
        boundaries.count(dies_at)
        assert await erasing.erase(member, datetime.now(UTC))
        (folder / PASSED).write_text("\n".join(boundaries.passed))
    os._exit(0)


async def _nothing(job: Job) -> None:
    """Other members' jobs keep running; here they do nothing."""


class Boundaries:
    """Counts boundaries, from SQLite's trace of every statement and Python's audit events for deleted files."""

    def __init__(self) -> None:
        self.passed: list[str] = []
        self._counts = False
        self._dies_at: int | None = None
        sys.addaudithook(self._hear)
        sa.event.listen(sa.Engine, "connect", self._listen)

    def count(self, dies_at: int | None) -> None:
        """Start counting."""
        self._counts, self._dies_at = True, dies_at

    def _hear(self, event: str, _: tuple[Any, ...]) -> None:
        if event == "os.remove":
            self._reach("a file")

    def _listen(self, connection: Any, _: object) -> None:
        if hasattr(connection, "run_async"):
            connection.run_async(lambda driver: driver.set_trace_callback(self._statements()))
        else:
            connection.set_trace_callback(self._statements())

    def _statements(self) -> Callable[[str], None]:
        """A trace callback for one connection; it tracks whether there's anything to commit."""
        written: set[str] = set()

        def before(statement: str) -> None:
            verb = statement.partition(" ")[0].upper()
            if verb in WRITES:
                written.add(verb)
            elif verb == "COMMIT" and written:
                written.clear()
                self._reach("a commit")
            elif statement.upper() in OUTSIDE:
                self._reach(verb)

        return before

    def _reach(self, boundary: str) -> None:
        if self._counts:
            self.passed.append(boundary)
            if len(self.passed) == self._dies_at:
                os.kill(os.getpid(), signal.SIGKILL)
