"""Erasing a member leaves no row, file or byte, wherever it's killed and resumed (promise P35)."""

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.adapters.store import schema
from tests.crash.account import eraser
from tests.crash.forking import in_process
from tests.crash.points import ends
from tests.databases import new_store
from tests.filled import TABLES, fill, model_of

ADA, BEN = 1574171665783324672, 1574171665783324999
CANARY = "canary-of-ada"
PRIVACY = Path(__file__).parents[3] / "docs" / "privacy.md"
OF_NOBODY = (
    *("song", "match", "recording", "entry", "space", "cooldown", "spent", "app", "turn"),
    *("place", "counted", "barred", "takedown", "interaction"),
)
DIGESTS = {member: model_of(member) for member in (ADA, BEN)}


@pytest.fixture
async def full(tmp_path: Path) -> Path:
    """A data folder that has two members in every table, with their models and jobs."""
    folder = tmp_path / "full"
    (folder / "models").mkdir(parents=True)
    async with new_store(folder / "cratekeeper.db") as store, store.writing() as tx:
        for member, word in {ADA: CANARY, BEN: "ben"}.items():
            await fill(tx, member, word, [table for table in TABLES if table.name not in {"erasure", *OF_NOBODY}])
            await fill(tx, member, word, [schema.song])
    for member, digest in DIGESTS.items():
        for suffix in ("onnx", "json", "png"):
            (folder / "models" / f"{digest}.{suffix}").write_text(f"{CANARY if member == ADA else 'ben'} model")
    assert await in_process(eraser.enqueue, folder, ADA, BEN) == 0
    return folder


def rows(path: Path, member: int) -> dict[str, int]:
    """The number of rows that contain a member's id, as a number or in text, by table; covers every table."""
    with closing(sqlite3.connect(path)) as database:
        counts = {}
        for (table,) in database.execute("select name from sqlite_master where type = 'table'").fetchall():
            count = sum(str(member) in str(row) for row in database.execute(f'select * from "{table}"'))  # noqa: S608
            counts |= {table: count} if count else {}
        return counts


def traces(folder: Path) -> list[str]:
    """The files that contain anything of Ada's: her id, as text or as SQLite stores it, or a word of hers."""
    marks = (CANARY.encode(), str(ADA).encode(), ADA.to_bytes(8, "big"))
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if any(mark in path.read_bytes() for mark in marks)]


def check(folder: Path) -> None:
    for database in (folder / "cratekeeper.db", folder / "jobs.db"):
        assert rows(database, ADA) == {}
    assert traces(folder) == []
    assert not list((folder / "models").glob(f"{DIGESTS[ADA]}*"))
    assert len(list((folder / "models").glob(f"{DIGESTS[BEN]}*"))) == 3
    others = {table.name for table in schema.metadata.sorted_tables} - {"erasure", *OF_NOBODY}
    assert rows(folder / "cratekeeper.db", BEN).keys() == others
    assert rows(folder / "jobs.db", BEN)["workflow_status"] == 2


@pytest.mark.slow
async def test_p35_an_erasure_killed_anywhere_leaves_nothing_of_the_member(
    full: Path, tmp_path: Path, soak: bool
) -> None:
    assert {name.partition(".")[0] for name in traces(full)} == {"cratekeeper", "jobs", DIGESTS[ADA]}
    whole = shutil.copytree(full, tmp_path / "whole")
    assert await in_process(eraser.begin, whole, ADA, None) == 0
    boundaries = (whole / eraser.PASSED).read_text().splitlines()
    assert set(boundaries) == {"a commit", "a file", "VACUUM", "PRAGMA"}
    check(whole)
    before = rows(full / "cratekeeper.db", ADA)
    killed, finished = [], []
    for point in range(1, len(boundaries) + 1) if soak else ends(boundaries):
        folder = shutil.copytree(full, tmp_path / f"killed-{point}")
        code = await in_process(eraser.begin, folder, ADA, point)
        assert code in (-9, 0), "the queue polls at the same time, so the last points may not be reached"
        killed.append(code == -9)
        begun = rows(folder / "cratekeeper.db", ADA) != before
        assert await in_process(eraser.resume, folder) == 0
        if begun:
            check(folder)
        finished.append(begun)
    assert sum(killed) >= 0.7 * len(killed), "the last of each kind may not be reached"
    assert sum(finished) >= len(finished) - 2, "only polls and the note that it began come earlier"


@pytest.mark.slow
async def test_p35_model_files_that_no_row_names_are_swept_at_the_start(full: Path) -> None:
    orphan, unfinished = full / "models" / f"{'c' * 64}.onnx", full / "models" / ".new-abc"
    for path in (orphan, unfinished):
        path.write_text(CANARY)
    assert await in_process(eraser.resume, full) == 0
    assert not orphan.exists()
    assert not unfinished.exists()
    assert len(list((full / "models").glob("*"))) == 6


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cratekeeper.db", "jobs.db"])
async def test_p35_an_erasure_waits_for_a_backup_that_is_reading_then_finishes(full: Path, name: str) -> None:
    assert await in_process(eraser.wait_for_reader, full, name, ADA) == 0
    check(full)


@pytest.mark.slow
async def test_p35_jobs_that_come_during_an_erasure_are_gone_too(full: Path) -> None:
    assert await in_process(eraser.while_jobs_come, full, ADA) == 0
    check(full)


@pytest.mark.slow
async def test_p35_the_statement_that_operators_are_given_erases_a_member(full: Path) -> None:
    (statement,) = re.findall(r'^sqlite3 \S+ "(.+)"$', PRIVACY.read_text(), re.MULTILINE)
    with closing(sqlite3.connect(full / "cratekeeper.db")) as database, database:
        database.execute(statement.replace("MEMBER_ID", str(ADA)))
    assert await in_process(eraser.resume, full) == 0
    check(full)
