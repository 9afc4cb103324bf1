"""If the bot can't start, one line says what's wrong and what to do, with an exit code; the doctor does too."""

import asyncio
import os
import shutil
import signal
import socket
import sqlite3
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from bot.adapters.backup.snapshot import revision
from bot.adapters.home import LARGE, locked
from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.adapters.store.engine import known_revisions
from bot.adapters.store.migration import upgrade
from bot.cli.doctor import examine
from bot.config import parse
from bot.core.records import Account
from bot.errors import AlreadyRuns
from sandbox.process import environment, start
from tests.databases import new_store

pytestmark = pytest.mark.slow

ADA = 4711


def offline() -> dict[str, str]:
    """Settings that contact nobody."""
    return {"DISCORD_TOKEN": "x", "HTTP_PORT": "0", "DISCORD_API_URL": nowhere(), "SPOTIFY_ACCOUNTS_URL": nowhere()}


STREAMS = {"stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.STDOUT}


async def run(folder: Path, **settings: str) -> tuple[int, list[str]]:
    """Run `python -m bot` in a folder. Returns its exit code and the lines it printed."""
    return await ended(await start("-m", "bot", folder=folder, settings={**offline(), **settings}, **STREAMS))


async def run_by(wrapper: Sequence[str], *arguments: str, data: Path) -> tuple[int, list[str]]:
    """Run `python -m bot …` by a program that changes what it may write. Returns the same."""
    command = (*wrapper, sys.executable, "-m", "bot", *arguments)
    settings = environment(data.parent, {**offline(), "DATA_DIR": str(data)})
    return await ended(await asyncio.create_subprocess_exec(*command, cwd=data.parent, env=settings, **STREAMS))


async def ended(process: asyncio.subprocess.Process) -> tuple[int, list[str]]:
    async with asyncio.timeout(60):
        printed = (await process.communicate())[0].decode()
    return process.returncode or 0, printed.splitlines()


Doctor = Callable[..., Awaitable[list[str]]]


@pytest.fixture
def doctor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Doctor:
    """The doctor's lines; run in this process, because starting another takes longer than the checks."""

    async def examined(**settings: str) -> list[str]:
        await examine(parse(environment(tmp_path, {**offline(), **settings})))
        return capsys.readouterr().out.splitlines()

    return examined


def nowhere() -> str:
    """An address on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@pytest.fixture
async def data(tmp_path: Path) -> AsyncIterator[Path]:
    """A data folder with a database of several pages."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    await new_store(folder / "cratekeeper.db").close()
    yield folder


def damage(path: Path) -> None:
    """Overwrite a page in the middle, as a failing disk might."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        for at in range(4096, size, 4096):
            file.seek(at)
            file.write(b"\xa5" * 2048)


@pytest.mark.parametrize("name", ["cratekeeper.db", "jobs.db"])
async def test_a_damaged_database_is_named_in_one_line_and_by_the_doctor(
    tmp_path: Path, data: Path, doctor: Doctor, name: str
) -> None:
    if name == "jobs.db":
        with closing(sqlite3.connect(data / name)) as jobs:
            jobs.executescript("create table a (b); insert into a values (randomblob(9000)); create index c on a (b);")
    damage(data / name)
    code, lines = await run(tmp_path)
    assert code == 1
    assert len(lines) == 1, lines
    assert f"{data / name} is damaged" in lines[0]
    assert "backup" in lines[0]
    (said,) = [line for line in await doctor() if line.startswith("NO  database")]
    assert f"{data / name} is damaged" in said


START = """
import asyncio, os, signal, sys
from bot import app, config

async def begin():
    async with app.assembled(config.parse({"DISCORD_TOKEN": "x", "DATA_DIR": sys.argv[1]}), {}):
        if sys.argv[2] == "dies":
            os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(begin())
"""


async def test_a_large_database_is_checked_after_a_crash_and_a_small_one_always(tmp_path: Path, data: Path) -> None:
    async def starts(how: str) -> tuple[int, list[str]]:
        return await ended(await start("-c", START, data, how, folder=tmp_path, **STREAMS))

    assert await starts("stops") == (0, [])
    with closing(sqlite3.connect(data / "cratekeeper.db")) as database, database:
        database.execute("create table ballast (weight blob)")
        database.execute("insert into ballast values (zeroblob(?))", (LARGE,))
    whole = (data / "cratekeeper.db").read_bytes()
    damaged = whole[:-3_000_000] + b"\xa5" * 8192 + whole[-3_000_000 + 8192 :]
    (data / "cratekeeper.db").write_bytes(damaged)
    assert await starts("stops") == (0, []), "stopped in order, so nobody looks"
    (data / "cratekeeper.db").write_bytes(whole)
    assert (await starts("dies"))[0] == -signal.SIGKILL
    (data / "cratekeeper.db").write_bytes(damaged)
    code, lines = await starts("stops")
    assert code == 1
    assert f"{data / 'cratekeeper.db'} is damaged" in lines[-1]


async def test_a_file_that_is_no_database_is_named(tmp_path: Path, data: Path) -> None:
    (data / "cratekeeper.db").write_bytes(b"no database at all, but long enough to be looked at" * 100)
    code, lines = await run(tmp_path)
    assert (code, len(lines)) == (1, 1)
    assert "is damaged" in lines[0]


async def test_a_missing_key_file_is_named_if_tokens_need_it(
    tmp_path: Path, data: Path, doctor: Doctor, now: datetime
) -> None:
    async with Store(f"sqlite+aiosqlite:///{data / 'cratekeeper.db'}") as store, store.writing() as tx:
        await members.ensure(tx, ADA, now)
        await members.save_account(tx, Account(ADA, "0" * 32, "ada", "Ada", b"sealed", now))
    code, lines = await run(tmp_path)
    assert code == 2
    assert len(lines) == 1, lines
    assert f"{data / 'keys'} is missing" in lines[0]
    assert not (data / "keys").exists()
    (said,) = [line for line in await doctor() if line.startswith("NO  encryption keys")]
    assert f"{data / 'keys'} is missing" in said


async def test_a_file_in_place_of_a_folder_is_named_wherever_a_folder_is_needed(tmp_path: Path, doctor: Doctor) -> None:
    (tmp_path / "data").write_text("a file")
    code, lines = await run(tmp_path)
    assert (code, len(lines)) == (1, 1)
    assert f"{tmp_path / 'data'} isn't a folder" in lines[0]
    wrong = [line for line in await doctor() if line.startswith("NO ") and "isn't a folder" in line]
    assert {line[4:22].strip() for line in wrong} >= {"encryption keys", "disk", "database"}
    assert not any("network" in line for line in wrong)


async def test_a_file_above_the_data_folder_is_named(tmp_path: Path, doctor: Doctor) -> None:
    (tmp_path / "data").write_text("a file")
    lines = await doctor(DATA_DIR=str(tmp_path / "data" / "deeper"))
    said = {line[4:22].strip(): line for line in lines if line.startswith("NO ")}
    for what in ("encryption keys", "disk", "database", "prior"):
        assert f"{tmp_path / 'data'} isn't a folder" in said[what], said[what]
        assert "pretrain" not in said[what]


def mounted_read_only(folder: Path) -> list[str]:
    """A command that runs another one, for which the folder is on a read-only file system."""
    return mounted(folder, "ro")


def mounted(folder: Path, options: str) -> list[str]:
    """A command that runs another one for which a new disk is mounted in a folder."""
    space = ["unshare", "--mount", "--map-root-user", "sh", "-c"]
    return [*space, f'mount -t tmpfs -o {options} tmpfs "$0" && exec "$@"', str(folder)]


async def can_mount(folder: Path) -> bool:
    if not shutil.which("unshare"):
        return False
    command, closed = [*mounted_read_only(folder), "true"], environment(folder)
    process = await asyncio.create_subprocess_exec(*command, cwd=folder, env=closed, **STREAMS)
    return await process.wait() == 0


@pytest.mark.parametrize("name", ["", "deeper"])
async def test_a_read_only_data_folder_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "disk").mkdir()
    if not await can_mount(tmp_path / "disk"):
        pytest.skip("needs Linux's unshare, to mount something")
    data, wrapper = tmp_path / "disk" / name, mounted_read_only(tmp_path / "disk")
    await all_name(wrapper, data, f"{data} is on a read-only file system: mount it writable, or set DATA_DIR")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("size=4k", "the disk with {} is full: make room"),  # for the first file
        ("size=64k", "the disk with {} is full: make room"),  # for the copy of the database
        ("ro", "{} is on a read-only file system: mount it writable, or name another"),
    ],
    ids=["full", "too-small", "read-only"],
)
async def test_a_backups_disk_that_is_full_or_read_only_is_named_and_not_the_data_folder(
    data: Path, tmp_path_factory: pytest.TempPathFactory, options: str, said: str
) -> None:
    disk = tmp_path_factory.mktemp("disk")
    if not await can_mount(disk):
        pytest.skip("needs Linux's unshare, to mount something")
    ran = await run_by(mounted(disk, options), "backup", str(disk / "B.zip"), data=data)
    assert ran == (1, [f"cratekeeper: {said.format(disk)}"])


def without_roots_rights() -> list[str]:
    """A command that runs another one, which may no longer write wherever it likes; empty if this isn't root."""
    return ["setpriv", "--bounding-set", "-dac_override,-dac_read_search,-fowner"] if os.geteuid() == 0 else []


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="root may write anywhere")
async def test_a_data_folder_of_somebody_elses_is_named() -> None:
    with tempfile.TemporaryDirectory() as made:
        data = Path(made) / "data"
        data.mkdir(mode=0o700 if os.geteuid() == 0 else 0o500)
        if os.geteuid() == 0:
            os.chown(data, 1, 1)
        await all_name(without_roots_rights(), data, f"{data} isn't open to the user", "chown it, or set DATA_DIR")


async def all_name(wrapper: Sequence[str], data: Path, *said: str) -> None:
    """The bot's only line, and the doctor's lines about the folder, say so."""
    code, lines = await run_by(wrapper, data=data)
    assert (code, len(lines)) == (1, 1), lines
    _, examined = await run_by(wrapper, "doctor", data=data)
    wrong = {line[4:22].strip(): line for line in examined if line.startswith("NO ")}
    for line in (lines[0], *(wrong[what] for what in ("encryption keys", "disk", "database"))):
        assert all(words in line for words in said), line


async def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        code, lines = await run(tmp_path, HTTP_PORT=port)
    assert code == 1
    assert f"port {port} is in use" in lines[-1]
    assert "Traceback" not in "\n".join(lines)


async def test_the_doctor_of_a_newer_version_says_to_restart_the_older_bot_and_leaves_its_database(
    tmp_path: Path, data: Path, doctor: Doctor
) -> None:
    older = sorted(known_revisions())[0]
    (data / "cratekeeper.db").unlink()
    engine = create_engine(f"sqlite:///{data / 'cratekeeper.db'}")
    with engine.connect() as connection:
        upgrade(connection, older)
    engine.dispose()
    with locked(data / "bot.lock", AlreadyRuns()):
        printed = await doctor(DATA_DIR=str(data))
    assert [line for line in printed if "no such" in line] == []
    assert any("database" in line and "Stop it, or start it again, upgraded." in line for line in printed)
    assert revision(data / "cratekeeper.db") == older


async def test_the_doctor_distinguishes_a_refused_connection_from_an_unknown_host(doctor: Doctor) -> None:
    lines = await doctor(DISCORD_API_URL="https://nobody.invalid/api")
    assert any("Discord token" in line and "can't look up the name nobody.invalid" in line for line in lines)
    assert any("clock" in line and "refuses connections" in line for line in lines)
