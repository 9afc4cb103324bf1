"""The running bot makes a backup a day, keeps the newest ones, and says once if it can't."""

import os
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import config, modes
from bot.adapters.backup import archive
from bot.adapters.backup.create import create
from bot.adapters.backup.daily import AGAIN, EVERY, STAMP, DailyBackups, _thin_out, made_in
from bot.cli.doctor import examine
from tests.databases import migrated_folder

pytestmark = pytest.mark.slow

DAY = timedelta(days=1)
PATIENCE_MS = 200  # the longest that anybody may hold the writer lock (promise P40)


@pytest.fixture
def settings(tmp_path: Path) -> config.Settings:
    migrated_folder(tmp_path / "data")
    return config.parse(
        {
            "DISCORD_TOKEN": "x",
            "DATA_DIR": str(tmp_path / "data"),
            "BACKUP_DIR": str(tmp_path / "backups"),
            "BACKUP_KEEP": "2",
        }
    )


@pytest.fixture
def daily(settings: config.Settings) -> DailyBackups:
    return DailyBackups(settings, os.environ)


async def test_a_backup_is_made_a_day_and_the_newest_stay(
    settings: config.Settings, daily: DailyBackups, now: datetime
) -> None:
    folder = settings.backup_dir
    assert folder is not None
    for day in range(3):
        assert daily.is_due(now + day * DAY)
        await daily.keep_up(now + day * DAY)
        assert not daily.is_due(now + day * DAY + EVERY / 2)
        (folder / "cratekeeper-mine.zip").touch()
    assert list(made_in(folder)) == [now + DAY, now + 2 * DAY]
    assert (folder / "cratekeeper-mine.zip").exists(), "no backup of ours, by its name"
    assert [path for path in (folder, *made_in(folder).values()) if modes.is_open(path)] == []
    for made, path in made_in(folder).items():
        with archive.opened(path) as backup:
            assert backup.contents.made != made, "the one by the process's own clock"
            assert "keys.sealed" not in backup.contents.files


async def test_a_restarted_bot_goes_on_from_the_newest(settings: config.Settings, now: datetime) -> None:
    await DailyBackups(settings, os.environ).keep_up(now)
    again = DailyBackups(settings, os.environ)
    assert again.is_due(now + DAY / 2), "it hasn't looked yet"
    await again.keep_up(now + DAY / 2)
    assert settings.backup_dir is not None
    assert list(made_in(settings.backup_dir)) == [now]
    assert not again.is_due(now + DAY / 2)
    assert again.is_due(now + DAY)
    assert again.is_due(now - DAY), "the clock was put back"


def test_one_from_a_clock_that_ran_ahead_goes_first(tmp_path: Path, now: datetime) -> None:
    for moment in (now, now + timedelta(days=3650)):
        (tmp_path / f"cratekeeper-{moment:{STAMP}}.zip").touch()
    _thin_out(tmp_path, 1, now)
    assert [path.name for path in tmp_path.iterdir()] == [f"cratekeeper-{now:{STAMP}}.zip"]


async def test_a_failure_is_logged_once_and_keeps_the_older_ones(
    settings: config.Settings, daily: DailyBackups, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    await daily.keep_up(now)
    whole = settings.database_path.read_bytes()
    settings.database_path.write_bytes(whole[:8192] + b"\xa5" * 8192 + whole[16384:])
    for hour in range(3):
        await daily.keep_up(now + DAY + hour * AGAIN)
        assert not daily.is_due(now + DAY + hour * AGAIN)
        assert daily.is_due(now + DAY + (hour + 1) * AGAIN)
    (line,) = caplog.messages
    assert f"{settings.database_path} is damaged" in line
    assert settings.backup_dir is not None
    assert list(made_in(settings.backup_dir)) == [now]
    settings.database_path.write_bytes(whole)
    await daily.keep_up(now + DAY + 3 * AGAIN)
    assert "works again" in caplog.messages[-1]
    assert len(made_in(settings.backup_dir)) == 2


async def test_a_folder_that_cannot_be_made_is_a_failure_like_any(
    settings: config.Settings, daily: DailyBackups, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    assert settings.backup_dir is not None
    settings.backup_dir.write_text("in the way")
    await daily.keep_up(now)
    await daily.keep_up(now + AGAIN)
    assert len(caplog.messages) == 1
    assert str(settings.backup_dir) in caplog.messages[0]


async def test_a_backup_that_takes_too_long_is_ended(
    settings: config.Settings, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    await DailyBackups(settings, os.environ, timeout=0.01).keep_up(now)
    assert "took longer" in caplog.messages[0]
    assert settings.backup_dir is not None
    assert made_in(settings.backup_dir) == {}


async def test_a_file_named_like_a_backup_of_no_date_is_left_alone(
    settings: config.Settings, daily: DailyBackups, now: datetime
) -> None:
    assert settings.backup_dir is not None
    settings.backup_dir.mkdir()
    odd = settings.backup_dir / "cratekeeper-2026-13-32T996199Z.zip"
    odd.touch()
    await daily.keep_up(now)
    assert list(made_in(settings.backup_dir)) == [now]
    assert odd.exists()


@pytest.fixture
def large(settings: config.Settings) -> config.Settings:
    """A database of 40 MB, which takes a while to copy and check."""
    with closing(sqlite3.connect(settings.database_path)) as database, database:
        database.execute("create table ballast (number integer primary key, weight blob)")
        database.executemany("insert into ballast (weight) values (randomblob(4000))", ((),) * 10_000)
    return settings


def test_a_backup_holds_up_no_writer(large: config.Settings, tmp_path: Path, now: datetime) -> None:
    written, ended = list[int](), threading.Event()

    def keep_writing() -> None:
        with closing(sqlite3.connect(large.database_path, timeout=PATIENCE_MS / 1000)) as database:
            database.execute("pragma journal_mode = wal")
            while not ended.is_set():
                with database:
                    database.execute("insert into ballast (weight) values ('x')")
                written.append(1)

    with ThreadPoolExecutor(1) as beside:
        writer = beside.submit(keep_writing)
        try:
            for number in range(3):
                before = len(written)
                create(large, tmp_path / f"{number}.zip", now)
                assert len(written) > before + 10
        finally:
            ended.set()
        writer.result()


@pytest.mark.parametrize(
    ("ages", "said"),
    [
        (None, "ok  backups            BACKUP_DIR is empty"),
        ([], "NO  backups            none in"),
        ([1, 30], "ok  backups            2 in"),
        ([27, 80], "NO  backups            2 in"),
        ([80], "the newest 3 days old"),
        ([80, -24], "the newest 3 days old"),
        ([-24], "NO  backups            none in"),
    ],
)
async def test_the_doctor_says_how_old_the_newest_is(
    settings: config.Settings, capsys: pytest.CaptureFixture[str], ages: list[int] | None, said: str
) -> None:
    folder = settings.backup_dir
    assert folder is not None
    for age in ages or []:
        folder.mkdir(exist_ok=True)
        (folder / f"cratekeeper-{datetime.now(UTC) - timedelta(hours=age):{STAMP}}.zip").touch()
    told = {"BACKUP_DIR": str(folder)} if ages is not None else {}
    nowhere = {"DISCORD_API_URL": "http://127.0.0.1:9", "SPOTIFY_ACCOUNTS_URL": "http://127.0.0.1:9"}
    await examine(config.parse({"DISCORD_TOKEN": "x", "DATA_DIR": str(settings.data_dir), **told, **nowhere}))
    assert said in capsys.readouterr().out
