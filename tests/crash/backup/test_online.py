"""A backup made while the bot writes restores to the state of one moment, down to every row, file and token (P25)."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from zipfile import ZipFile

import pytest

from bot import config, modes
from bot.adapters.backup import snapshot
from bot.adapters.vault import Vault, load_keys
from bot.errors import VaultError
from sandbox.process import start
from tests.crash.backup.states import rows, state
from tests.crash.backup.writer import FIRST, SEALED, STEP
from tests.databases import migrated_folder
from tests.filled import TABLES, model_of

PIPE = asyncio.subprocess.PIPE
PATIENCE = 60  # seconds
PASSPHRASE = "correct horse battery staple"


async def command(*arguments: str | Path, folder: Path, **settings: str) -> tuple[int, str]:
    """Run `python -m bot …` in a folder; returns its exit code and what it printed."""
    process = await start(
        *("-m", "bot", *arguments),
        folder=folder,
        settings=settings,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed = (await process.communicate())[0].decode()
    return process.returncode or 0, printed


class Writer:
    """A process that writes member after member."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process, self.written = process, list[int]()

    async def wrote(self, count: int) -> None:
        """Wait until it has written so many more members."""
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            for _ in range(count):
                self.written.append(int(await self._process.stdout.readline()))

    async def stop(self) -> None:
        async with asyncio.timeout(PATIENCE):
            said, _ = await self._process.communicate(b"")
        self.written += map(int, said.split())


@asynccontextmanager
async def writing(data: Path) -> AsyncIterator[Writer]:
    process = await start("-m", "tests.crash.backup.writer", data, folder=data.parent, stdin=PIPE, stdout=PIPE)
    writer = Writer(process)
    try:
        yield writer
    finally:
        if process.returncode is None:
            await writer.stop()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder whose database takes a while to copy, though it has no rows yet."""
    migrated_folder(tmp_path / "data")
    with closing(sqlite3.connect(tmp_path / "data" / "cratekeeper.db")) as database, database:
        database.execute("create table ballast (weight blob)")
        database.execute("insert into ballast values (zeroblob(40000000))")
        database.execute("drop table ballast")
    return tmp_path / "data"


async def test_p25_an_online_backup_restores_to_an_equal_state(data: Path, tmp_path: Path) -> None:
    backup, other = tmp_path / "monday.zip", tmp_path / "other"
    async with writing(data) as writer:
        await writer.wrote(5)
    code, printed = await command("backup", backup, "--with-keys", folder=tmp_path, BACKUP_PASSPHRASE=PASSPHRASE)
    assert code == 0, printed
    secret = {"BACKUP_PASSPHRASE": PASSPHRASE}
    code, printed = await command("restore", backup, folder=tmp_path, DATA_DIR=str(other), **secret)
    assert code == 0, printed
    assert state(other) == state(data)
    assert {*writer.written} == {row[0] for row in rows(other / "cratekeeper.db")["member"]}
    assert [name for name, kept in state(other).items() if name.endswith(".db") and not all(kept)] == []
    assert opened_tokens(other) == {member: f"tokens of {member}" for member in writer.written}
    assert [path for path in (backup, *other.rglob("*")) if modes.is_open(path)] == []


def opened_tokens(folder: Path) -> dict[int, str]:
    vault = Vault(load_keys(config.storage({"DATA_DIR": str(folder)})))
    with closing(sqlite3.connect(folder / "cratekeeper.db")) as database:
        sealed = database.execute("select member, tokens from account").fetchall()
    return {member: vault.open(member, SEALED, tokens).decode() for member, tokens in sealed}


async def test_p25_a_backup_made_amid_writes_is_the_state_of_one_moment(data: Path, tmp_path: Path) -> None:
    async with writing(data) as writer:
        await writer.wrote(3)
        for number in range(2):
            before = len(writer.written)
            copied = tmp_path / f"copy-{number}"
            code, printed = await command("backup", tmp_path / "now.zip", folder=tmp_path)
            assert code == 0, printed
            assert (await command("restore", tmp_path / "now.zip", folder=tmp_path, DATA_DIR=str(copied)))[0] == 0
            await writer.wrote(2)
            assert check_moment(copied) >= before
    live = rows(data / "cratekeeper.db")
    for number in range(2):
        restored = rows(tmp_path / f"copy-{number}" / "cratekeeper.db")
        assert len(restored["member"]) < len(live["member"]), "it was written to meanwhile"
        assert [name for name, kept in restored.items() if not {*kept} <= {*live[name]}] == []


def test_p25_what_is_written_to_any_database_during_the_copying_is_in_no_copy(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("cratekeeper.db", "jobs.db")]
    for path in paths:
        with closing(sqlite3.connect(path)) as database:
            database.executescript("PRAGMA journal_mode=WAL; CREATE TABLE row (number); INSERT INTO row VALUES (1);")
    with snapshot._at_one_moment(paths) as reading:
        for path in paths:
            with closing(sqlite3.connect(path, isolation_level=None)) as database:
                database.execute("INSERT INTO row VALUES (2)")
        for database in reading:
            with closing(sqlite3.connect(":memory:")) as copied:
                database.backup(copied)
                assert copied.execute("SELECT number FROM row").fetchall() == [(1,)]


def check_moment(folder: Path) -> int:
    """All tables, jobs and models are as they were after one member's commit; returns how many members there are."""
    kept, jobs = rows(folder / "cratekeeper.db"), rows(folder / "jobs.db")
    count = len(kept["member"])
    members = [FIRST + STEP * number for number in range(count)]
    assert sorted(row[0] for row in kept["member"]) == members
    assert {len(kept[table.name]) for table in TABLES} == {count}
    working = sorted(int(job[0].partition(":")[0]) for job in jobs["workflow_status"])
    assert working in (members, members[:-1]), "a job is there only if its member is"
    assert [member for member in members if not (folder / "models" / f"{model_of(member)}.onnx").exists()] == []
    return count


async def test_keys_are_left_out_unless_asked_for_and_open_with_the_passphrase_only(data: Path, tmp_path: Path) -> None:
    async with writing(data) as writer:
        await writer.wrote(1)
    plain, sealed, other = tmp_path / "plain.zip", tmp_path / "sealed.zip", tmp_path / "other"
    code, printed = await command("backup", plain, folder=tmp_path)
    assert (code, "aren't in it" in printed) == (0, True), printed
    await command("backup", sealed, "--with-keys", folder=tmp_path, BACKUP_PASSPHRASE=PASSPHRASE)
    (key,) = (data / "keys").read_bytes().split()
    for file in (plain, sealed):
        with ZipFile(file) as zipped:
            assert not [name for name in zipped.namelist() if key in zipped.read(name)]
            assert ("keys.sealed" in zipped.namelist()) == (file == sealed)
    aim = {"folder": tmp_path, "DATA_DIR": str(other)}
    code, printed = await command("restore", sealed, **aim, BACKUP_PASSPHRASE="wrong horse")
    assert (code, printed.count("\n"), "passphrase" in printed) == (1, 1, True), printed
    assert not other.exists()
    assert "put them in" in (await command("restore", plain, **aim))[1]
    with pytest.raises(VaultError):
        opened_tokens(other)  # with a key that was just made


@pytest.mark.parametrize("word", ["", "short"])
async def test_keys_need_a_passphrase_worth_the_name(data: Path, tmp_path: Path, word: str) -> None:
    (data / "keys").write_text("not looked at yet")
    (data / "keys").chmod(0o600)
    code, printed = await command("backup", tmp_path / "b", "--with-keys", folder=tmp_path, BACKUP_PASSPHRASE=word)
    assert (code, printed.count("\n"), "passphrase" in printed) == (2, 1, True), printed
    assert not (tmp_path / "b").exists()
