"""What `/health` says once a running bot can't use its data any more: 503 and the reason, at once."""

import asyncio
import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.telemetry.health import PATIENCE as LONGEST
from tests.contract.test_damage import damage, without_roots_rights
from tests.e2e.checked_stack import PATIENCE, CheckedStack

pytestmark = pytest.mark.asyncio(loop_scope="function")
TOKEN = "canary-metrics-4b1d9e07c2"


class Unprivileged(CheckedStack):
    """A stack whose bot may write only what its user may, even if that's root."""

    async def start_bot(self) -> None:
        with self.log.open("ab") as log:
            self.bot = await asyncio.create_subprocess_exec(
                *(*without_roots_rights(), sys.executable, "-m", "bot"),
                cwd=self.folder,
                env=self.environment(),
                stdout=log,
                stderr=log,
            )
        await self._until_ready(self.bot.wait())


def damage_database(data: Path) -> None:
    spoil(data / "cratekeeper.db")


def damage_jobs(data: Path) -> None:
    spoil(data / "jobs.db")


def spoil(path: Path) -> None:
    """Damage a database while all of it is in its file, and nothing in its log, which the bot would read first."""
    log = path.with_name(f"{path.name}-wal")
    with closing(sqlite3.connect(path, timeout=20, isolation_level=None)) as database:
        for _ in range(100):
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            database.execute("BEGIN IMMEDIATE")
            if not log.stat().st_size:
                damage(path)
                return
            database.execute("ROLLBACK")
    raise TimeoutError(f"the bot always has something in {log}")


def close(data: Path) -> None:
    for path in (*data.rglob("*"), data):
        path.chmod(0o500 if path.is_dir() else 0o400)


DAMAGED, SHUT = "The database is damaged.", "The database can't be opened or written."
HARMS: dict[Callable[[Path], None], str] = {
    damage_database: DAMAGED,
    damage_jobs: DAMAGED,
    shutil.rmtree: SHUT,
    close: SHUT,
}


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="root may write anywhere")
@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.__name__)
async def test_a_bot_that_cannot_use_its_data_says_why(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    async with Unprivileged(tmp_path / "stack", METRICS="on", METRICS_TOKEN=TOKEN) as stack:
        await stack.start_bot()
        async with asyncio.timeout(PATIENCE):
            while (await asked(stack, "/health"))[0] != 200:  # noqa: ASYNC110 - nothing to wait on
                await asyncio.sleep(0.05)
        harm(stack.data)
        try:
            for _ in range(3):
                status, said = await asked(stack, "/health")
                assert status == 503
                assert (said["ok"], said["gateway"], said["database"]) == (False, True, False)
                assert said["reason"].startswith(HARMS[harm])
                assert (await asked(stack, "/metrics"))[0] == 200
            assert (await asked(stack, "/health/live"))[0] == 200
        finally:
            stack.bot.kill()
            await stack.bot.wait()


async def asked(stack: CheckedStack, path: str) -> tuple[int, dict[str, Any]]:
    """The status and what's said, if that's JSON; it may take no longer than a probe waits."""
    began = time.monotonic()
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with aiohttp.ClientSession() as http, http.get(stack.public_url + path, headers=headers) as answer:
        said = await answer.json() if answer.content_type == "application/json" else {}
    assert time.monotonic() - began < LONGEST + 1
    return answer.status, said
