"""A migration killed at any statement is completed by the next start (promise P23)."""

import asyncio
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.adapters.store import Store
from tests.crash import migrator
from tests.crash.forking import in_process


def everything_in(path: Path) -> list[list[str]]:
    """The words of the schema and of all rows, sorted: a table that's rebuilt has its constraints in any order."""
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        return sorted(sorted(re.findall(r"\w+", statement)) for statement in database.iterdump())


def points(verbs: list[str], *, every: bool) -> list[int]:
    """The 1-based numbers of the statements to die at: all, or the last of each kind."""
    return [*range(1, len(verbs) + 1)] if every else sorted({verb: at for at, verb in enumerate(verbs, 1)}.values())


@pytest.mark.slow
async def test_p23_a_migration_killed_at_any_statement_is_completed_by_the_next_start(
    tmp_path: Path, soak: bool
) -> None:
    old, whole, passed = tmp_path / "old.db", tmp_path / "whole.db", tmp_path / "passed"
    await asyncio.to_thread(migrator.begin, old)
    shutil.copy(old, whole)
    assert await in_process(migrator.migrate, whole, None, passed) == 0
    wanted, verbs = everything_in(whole), passed.read_text().splitlines()
    assert {"CREATE", "ALTER", "INSERT", "UPDATE", "DROP", "COMMIT"} <= set(verbs)
    for point in points(verbs, every=soak):
        path = tmp_path / f"killed-{point}" / "bot.db"
        path.parent.mkdir()
        shutil.copy(old, path)
        assert await in_process(migrator.migrate, path, point, passed) == -9
        async with Store(f"sqlite+aiosqlite:///{path}") as store:
            assert await store.behind(), "it died before the last migration was committed"
            await store.migrate()
        assert everything_in(path) == wanted, f"killed before statement {point}, {verbs[point - 1]}"
