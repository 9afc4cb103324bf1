"""The data folder: closed to others, and one bot at a time (promise P36)."""

import asyncio
import os
import shutil
import signal
import stat
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot import config, modes
from bot.__main__ import main
from bot.adapters import home
from bot.adapters.scratch import Scratch
from bot.adapters.store import Store
from bot.adapters.vault import load_keys
from bot.errors import AlreadyRuns, SettingsError
from sandbox.process import start

HOLD = """
import sys
from bot import config
from bot.adapters import home
with home.lived_in(config.without_chat({"DATA_DIR": sys.argv[1], "DATABASE_URL": sys.argv[2]})):
    print("held", flush=True)
    sys.stdin.read()
"""
NO_MODES = """
import os, sys
from pathlib import Path

def without_modes(look):
    return lambda path, **how: os.stat_result((look(path, **how).st_mode | 0o777, *look(path, **how)[1:]))

Path.stat, Path.lstat, Path.chmod = without_modes(Path.stat), without_modes(Path.lstat), lambda path, mode: None

from bot import config
from bot.adapters import home, vault
settings = config.without_chat({"DATA_DIR": sys.argv[1]})
for _ in range(2):
    home.prepare(settings)
    vault.load_keys(settings)
"""


def settings(folder: Path, database: Path | None = None) -> config.Settings:
    url = f"sqlite+aiosqlite:///{database}" if database else ""
    return config.without_chat({"DATA_DIR": str(folder), "DATABASE_URL": url})


def open_to_others(*paths: Path) -> list[str]:
    return [path.name for path in paths if path.stat().st_mode & modes.OTHERS]


@pytest.mark.parametrize("command", ["migrate-store --to sqlite+aiosqlite:///{}/new.db", "backup {}/new.zip"])
def test_a_folder_that_is_missing_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    gone, env = tmp_path / "gone", {"DATA_DIR": str(tmp_path / "data")}
    assert main(["keys", "rotate"], env) == 0
    assert main(command.format(gone).split(), env) == 1
    assert capsys.readouterr().err == f"cratekeeper: {gone} is missing\n"


@pytest.fixture
def lived(tmp_path: Path) -> Path:
    """A data folder as an older Cratekeeper left it with umask 022."""
    folder = tmp_path / "data"
    (folder / "models").mkdir(parents=True)
    (folder / "backups" / "2026").mkdir(parents=True)
    for name in ("cratekeeper.db", "cratekeeper.db-wal", "jobs.db", "monday.bak", "models/a.onnx", "backups/2026/b.db"):
        (folder / name).write_text("members' own")
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder


def test_p36_an_open_data_folder_is_closed_with_everything_in_it(lived: Path) -> None:
    home.prepare(settings(lived))
    assert open_to_others(lived, *lived.rglob("*")) == []
    assert (lived / "cratekeeper.db").read_text() == "members' own"


def test_p36_a_database_elsewhere_is_closed_without_touching_other_files(tmp_path: Path) -> None:
    database, other = tmp_path / "elsewhere.db", tmp_path / "other"
    for path in (database, Path(f"{database}-wal"), other):
        path.write_text("")
        path.chmod(0o644)
    tmp_path.chmod(0o755)
    home.prepare(settings(tmp_path / "data", database))
    assert open_to_others(database, Path(f"{database}-wal"), other, tmp_path) == ["other", tmp_path.name]


def test_p36_an_open_folder_with_other_files_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "music.ogg").write_text("")
    tmp_path.chmod(0o755)
    with pytest.raises(SettingsError, match="DATA_DIR"):
        home.prepare(settings(tmp_path))
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_p36_open_keys_are_refused_and_not_closed_silently(lived: Path) -> None:
    (lived / "keys").write_text("key")
    (lived / "keys").chmod(0o644)
    home.prepare(settings(lived))
    with pytest.raises(SettingsError, match="rotate the keys"):
        load_keys(settings(lived))


def test_links_in_the_data_folder_are_not_followed(lived: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("")
    outside.chmod(0o644)
    (lived / "models" / "link").symlink_to(outside)
    (lived / "dangling").symlink_to(tmp_path / "nowhere")
    home.prepare(settings(lived))
    assert open_to_others(outside) == ["outside"]


@pytest.mark.parametrize("name", ["scratch", "models", "clips", "backups"])
def test_a_link_to_a_folder_leaves_its_target_unchanged(lived: Path, tmp_path: Path, name: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "mine").write_text("mine")
    (outside / "mine").chmod(0o644)
    shutil.rmtree(lived / name, ignore_errors=True)
    (lived / name).symlink_to(outside)
    home.prepare(settings(lived))
    Scratch(lived).holding(b"a member's").close()
    assert open_to_others(outside / "mine") == ["mine"]


def test_a_link_in_place_of_the_lock_is_not_followed(lived: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("mine")
    (lived / home.LOCK).symlink_to(outside)
    with pytest.raises(OSError, match=home.LOCK), home.lived_in(settings(lived)):
        pass
    assert outside.read_text() == "mine"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to make a folder of somebody else's")
def test_p36_somebody_elses_open_folder_is_refused() -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        folder.chmod(0o755)
        (folder / "models").mkdir()
        os.chown(folder, 12345, 12345)
        process = os.fork()
        if process == 0:
            os._exit(refused_as_somebody(folder))
        assert os.waitpid(process, 0)[1] == 0


def refused_as_somebody(folder: Path) -> int:
    os.setuid(54321)
    try:
        home.prepare(settings(folder))
    except SettingsError:
        return 0
    return 1


@pytest.mark.slow
async def test_a_file_system_without_modes_is_reported_once_and_accepted(lived: Path) -> None:
    (lived / "keys").write_text("key")
    process = await start("-c", NO_MODES, lived, folder=lived.parent, stderr=asyncio.subprocess.PIPE)
    _, said = await process.communicate()
    assert process.returncode == 0, said.decode()
    assert said.decode().count("without modes") == len(said.decode().splitlines()) == 1


@asynccontextmanager
async def holder(folder: Path, told: config.Settings) -> AsyncIterator[asyncio.subprocess.Process]:
    streams = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE}
    process = await start("-c", HOLD, told.data_dir, told.database_url, folder=folder, **streams)
    assert process.stdout is not None
    assert await process.stdout.readline() == b"held\n"
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.slow
async def test_a_second_bot_is_refused_until_the_first_is_gone_however_it_ended(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    database = tmp_path / "shared.db"
    async with holder(tmp_path, settings(one, database)) as first:
        for second in (settings(one), settings(other, database)):
            with pytest.raises(AlreadyRuns), home.lived_in(second):
                pass
        assert home.is_lived_in(settings(one))
        assert not home.is_lived_in(settings(other))
        async with Store(settings(one, database).database_url) as store:
            with pytest.raises(AlreadyRuns, match="older"):
                await home.migrate(store, settings(one, database))
        first.send_signal(signal.SIGKILL)
        await first.wait()
        with home.lived_in(settings(one, database)):
            pass


@pytest.mark.slow
async def test_p36_files_created_with_an_open_umask_are_closed_from_the_start(tmp_path: Path) -> None:
    file = tmp_path / "features.csv"
    file.write_text("isrc,energy\nQZAAA2500001,0.5\n")
    process = await start("-m", "bot", "import", "features", file, folder=tmp_path, umask=0o022)
    assert await process.wait() == 0
    data = tmp_path / "data"
    assert "cratekeeper.db" in {path.name for path in data.iterdir()}
    assert open_to_others(data, *data.rglob("*")) == []
