"""Restoring: refused with one line where it can't be right, and old or new but nothing between when killed (P25)."""

import asyncio
import random
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from zipfile import ZipFile

import pytest

from bot import config
from bot.adapters import home
from bot.adapters.backup import archive
from bot.adapters.backup.create import create
from bot.adapters.backup.restore import restore
from bot.adapters.backup.switch import is_unfinished
from bot.adapters.store import Store
from bot.errors import AlreadyRuns, StoreDamaged
from bot.errors.backup import BackupError, DamagedBackup, DataThere, NewerBackup, NotABackup, NothingToBackUp
from tests.crash.backup import dying
from tests.crash.backup.states import ended, state
from tests.crash.points import ends
from tests.databases import new_store
from tests.filled import fill

ADA, BEN = 1000, 2000


def settings(data: Path) -> config.Settings:
    return config.storage({"DATA_DIR": str(data)})


def filled(data: Path, member: int) -> Path:
    """A data folder with a member in every table, a job of theirs, their model and a key."""
    data.mkdir(mode=0o700)
    asyncio.run(fill_in(new_store(data / "cratekeeper.db"), member))
    with closing(sqlite3.connect(data / "jobs.db")) as jobs, jobs:
        jobs.execute("create table job (member)")
        jobs.execute("insert into job values (?)", (member,))
    (data / "models").mkdir()
    (data / "models" / f"{member}.onnx").write_text("a model")
    (data / "keys").write_text(f"key of {member}")
    (data / "keys").chmod(0o600)
    return data


async def fill_in(store: Store, member: int) -> None:
    async with store.writing() as tx:
        await fill(tx, member, f"word of {member}")
    await store.close()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return filled(tmp_path / "data", ADA)


@pytest.fixture
def backup(data: Path, tmp_path: Path, now: datetime) -> Path:
    create(settings(data), tmp_path / "backup.zip", now)
    return tmp_path / "backup.zip"


def bring_back(data: Path, file: Path, *, replace: bool = False) -> None:
    restore(settings(data), file, str, replace=replace)


def data_of(folder: Path) -> dict[str, object]:
    """What a data folder holds, without what was set aside; its keys aren't in any backup here."""
    return {name: held for name, held in state(folder).items() if "/" not in name or name.startswith("models/")}


def test_p25_a_restore_killed_anywhere_leaves_the_old_state_or_the_new_one(
    data: Path, backup: Path, tmp_path: Path, soak: bool
) -> None:
    old = filled(tmp_path / "old", BEN)
    shutil.copytree(old, tmp_path / "whole")
    assert ended(dying.bring_back, tmp_path / "whole", backup, 0, tmp_path / "passed") == 0
    points = (tmp_path / "passed").read_text().split()
    before, after = data_of(old), {**data_of(data), "keys": data_of(old)["keys"]}
    assert data_of(tmp_path / "whole") == after
    results = []
    for point in range(1, len(points) + 1) if soak else ends(points):
        folder = shutil.copytree(old, tmp_path / f"killed-{point}")
        assert ended(dying.bring_back, folder, backup, point, tmp_path / "passed") == -9
        home.prepare(settings(folder))  # as every start does
        assert not is_unfinished(folder)
        assert data_of(folder) in (before, after)
        results.append(data_of(folder) == after)
        if results[-1]:
            (aside,) = folder.glob("before-restore-*")
            assert state(aside) == {name: kept for name, kept in before.items() if name != "keys"}
    assert {*results} == {False, True}
    assert results == sorted(results), "old up to one moment, and new from then on"


def test_p25_a_backup_killed_anywhere_leaves_the_older_one_and_the_data(
    data: Path, backup: Path, tmp_path: Path, soak: bool, now: datetime
) -> None:
    held, older = state(data), backup.read_bytes()
    assert ended(dying.back_up, data, tmp_path / "other.zip", 0, tmp_path / "passed") == 0
    points = (tmp_path / "passed").read_text().split()
    for point in range(1, len(points) + 1) if soak else ends(points):
        assert ended(dying.back_up, data, backup, point, tmp_path / "passed") == -9
        assert state(data) == held
        bring_back(tmp_path / f"copy-{point}", backup)
        assert data_of(tmp_path / f"copy-{point}") == {name: kept for name, kept in held.items() if name != "keys"}
        backup.write_bytes(older)
    assert len(list(tmp_path.glob(".cratekeeper-backup-*"))) == 1, "each removes what the one before left"
    create(settings(data), backup, now)
    assert not list(tmp_path.glob(".cratekeeper-backup-*"))


def test_a_backup_is_restored_only_where_there_is_no_data_or_it_may_be_replaced(data: Path, backup: Path) -> None:
    held = state(data)
    with pytest.raises(DataThere, match="--replace"):
        bring_back(data, backup)
    assert state(data) == held
    bring_back(data, backup, replace=True)
    assert data_of(data) == held


def test_keys_that_are_there_already_stay(backup: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir(mode=0o700)
    (other / "keys").write_text("brought by hand")
    (other / "keys").chmod(0o600)
    bring_back(other, backup)
    assert (other / "keys").read_text() == "brought by hand"


def test_nothing_is_restored_while_a_bot_runs(data: Path, backup: Path) -> None:
    held = state(data)
    with home.lived_in(settings(data)), pytest.raises(AlreadyRuns):
        bring_back(data, backup, replace=True)
    assert state(data) == held


def refused(data: Path, file: Path, error: type[BackupError]) -> str:
    """Restoring raises the error, in one line, and changes nothing; returns that line."""
    held = state(data)
    with pytest.raises(error) as raised:
        bring_back(data, file, replace=True)
    assert state(data) == held
    assert not is_unfinished(data)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_foreign_file_is_refused(data: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.zip"
    with ZipFile(other, "w") as zipped:
        zipped.writestr("cratekeeper.db", "x")
    for foreign in (other, data / "cratekeeper.db"):
        assert foreign.name in refused(data, foreign, NotABackup)


def test_a_backup_cut_short_anywhere_is_refused(data: Path, backup: Path) -> None:
    whole = backup.read_bytes()
    for kept in (60, len(whole) // 2, len(whole) - 1):
        backup.write_bytes(whole[:kept])
        refused(data, backup, DamagedBackup)


def test_p25_a_backup_with_a_bit_flipped_restores_whole_or_not_at_all(
    data: Path, backup: Path, tmp_path: Path, soak: bool
) -> None:
    """Not every bit matters: in a compressed row of zeros, one may stand for another."""
    whole, rng, refusals, count = backup.read_bytes(), random.Random(25), 0, 1_000 if soak else 60
    held = {name: kept for name, kept in state(data).items() if name != "keys"}
    for number in range(count):
        flipped, place = bytearray(whole), rng.randrange(8 * len(whole))
        flipped[place // 8] ^= 1 << place % 8
        backup.write_bytes(flipped)
        folder = tmp_path / f"flipped-{number}"
        try:
            bring_back(folder, backup)
            assert data_of(folder) == held
        except BackupError:
            refusals += 1
            assert not folder.exists() or data_of(folder) == {}
    assert refusals > count / 2


def remade(backup: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    """Write the backup again, with an honest list, after a change to its files."""
    with ZipFile(backup) as zipped:
        kept = {name: zipped.read(name) for name in zipped.namelist() if name not in (archive.MARK, archive.LIST)}
    change(kept)
    backup.unlink()
    with archive.new(backup) as writing, tempfile.TemporaryDirectory() as made:
        for name, content in kept.items():
            (Path(made) / "file").write_bytes(content)
            writing.add(name, Path(made) / "file")
        writing.finish(datetime.fromisoformat("2026-11-22T12:00:00+00:00"), "0001")


@pytest.mark.parametrize("name", ["../evil", "/evil", "models/../../evil", "models/.hidden", "bot.lock", "models\\x"])
def test_a_backup_that_reaches_outside_the_folder_is_refused(
    data: Path, backup: Path, tmp_path: Path, name: str
) -> None:
    remade(backup, lambda kept: kept.update({name: b"evil"}))
    there = {*tmp_path.rglob("*")}
    refused(data, backup, DamagedBackup)
    assert {path for path in tmp_path.rglob("*") if not path.name.endswith(".lock")} <= there
    assert not Path("/evil").exists()


def test_a_backup_of_a_damaged_database_is_refused(data: Path, backup: Path) -> None:
    def damage(kept: dict[str, bytes]) -> None:
        kept["cratekeeper.db"] = kept["cratekeeper.db"][:8192] + b"\xa5" * 8192 + kept["cratekeeper.db"][16384:]

    remade(backup, damage)
    refused(data, backup, DamagedBackup)


def test_a_backup_with_a_newer_schema_is_refused(data: Path, backup: Path, tmp_path: Path, now: datetime) -> None:
    other = shutil.copytree(data, tmp_path / "newer")
    with closing(sqlite3.connect(other / "cratekeeper.db")) as database, database:
        database.execute("update alembic_version set version_num = '9999'")
    create(settings(other), backup, now)
    assert "Upgrade" in refused(data, backup, NewerBackup)
    with ZipFile(backup) as zipped:
        newer = zipped.read("cratekeeper.db")
    create(settings(data), backup, now)
    remade(backup, lambda kept: kept.update({"cratekeeper.db": newer}))
    refused(data, backup, NewerBackup)


def test_a_damaged_database_is_not_backed_up_and_the_older_backup_stays(
    data: Path, backup: Path, now: datetime
) -> None:
    older = backup.read_bytes()
    with (data / "cratekeeper.db").open("r+b") as file:
        file.seek(8192)
        file.write(b"\xa5" * 8192)
    with pytest.raises(StoreDamaged, match=str(data / "cratekeeper.db")):
        create(settings(data), backup, now)
    assert backup.read_bytes() == older


def test_a_backup_never_replaces_another_file(data: Path, tmp_path: Path, now: datetime) -> None:
    held = state(data)
    for file in (data / "cratekeeper.db", data):
        with pytest.raises(BackupError, match=str(file)):
            create(settings(data), file, now)
    assert state(data) == held
    with pytest.raises(NothingToBackUp):
        create(settings(tmp_path / "nothing"), tmp_path / "b", now)


def test_a_database_elsewhere_is_restored_to_where_it_belongs(backup: Path, data: Path, tmp_path: Path) -> None:
    """On another disk, where there is one: a file can't be renamed to there."""
    with tempfile.TemporaryDirectory(dir=Path(__file__).parent, prefix=".elsewhere-") as elsewhere:
        database = Path(elsewhere) / "c.db"
        url = f"sqlite+aiosqlite:///{database}"
        told = config.storage({"DATA_DIR": str(tmp_path / "other"), "DATABASE_URL": url})
        for replace in (False, True):
            restore(told, backup, str, replace=replace)
            assert state(database.parent)["c.db"] == state(data)["cratekeeper.db"]
            assert {path.name for path in database.parent.iterdir()} <= {"c.db", "c.db.lock", "c.db-wal", "c.db-shm"}
        assert list((tmp_path / "other").glob("before-restore-*/c.db"))
