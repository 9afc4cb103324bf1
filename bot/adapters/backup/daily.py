"""Daily: the running bot's own backups in BACKUP_DIR, of which the newest BACKUP_KEEP stay.

Each is made by a process of its own, with the command that a person can type, so it holds up nothing in the bot, and
one that's killed leaves nothing that counts.
"""

import asyncio
import logging
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.adapters.backup import upgrades
from bot.config import Settings
from bot.environment import of_bucket, passed_on
from bot.errors import CratekeeperError
from bot.errors.backup import BackupFailed

log = logging.getLogger(__name__)
ROOT = Path(__file__).parents[3]
EVERY = timedelta(days=1)
AGAIN = timedelta(hours=1)  # after a failure
TIMEOUT = 3600.0  # seconds
NAME = re.compile(r"cratekeeper-(\d{4}-\d\d-\d\dT\d{6}Z)\.zip", re.ASCII)
STAMP = "%Y-%m-%dT%H%M%SZ"


def made_in(folder: Path) -> dict[datetime, Path]:
    """Return the daily backups in a folder by when they were made, oldest first. Blocks. Raises OSError."""
    made = ((_moment(path.name), path) for path in folder.iterdir())
    return dict(sorted((moment, path) for moment, path in made if moment))


def _moment(name: str) -> datetime | None:
    stamp = NAME.fullmatch(name)
    with suppress(ValueError):  # digits that are no date
        return datetime.strptime(stamp[1], STAMP).replace(tzinfo=UTC) if stamp else None
    return None


class DailyBackups:
    """Makes a backup once a day. A failure is logged once, however often it's repeated."""

    def __init__(self, settings: Settings, environment: Mapping[str, str], timeout: float = TIMEOUT) -> None:
        own = {
            "DATA_DIR": str(settings.data_dir),
            "DATABASE_URL": settings.database_url,
            "PYTHONPATH": str(ROOT),
        }
        if settings.storage_url:
            own |= of_bucket(environment) | settings.storage_environment
        self._settings, self._environment, self._timeout = settings, passed_on(environment) | own, timeout
        self._due: datetime | None = None
        self._failing = False

    def is_due(self, now: datetime) -> bool:
        """Whether `keep_up` has something to do, or the clock was put back."""
        return self._due is None or not now < self._due <= now + EVERY

    async def keep_up(self, now: datetime) -> None:
        """Make a backup if the newest is a day old, and remove what's too old. Raises nothing but cancellation."""
        self._due = now + EVERY
        try:
            await asyncio.to_thread(upgrades.forget, self._settings, now)
            if self._settings.backup_dir is not None:
                self._due = await self._in_folder(self._settings.backup_dir, now)
            self._note_success()
        except (OSError, CratekeeperError) as error:
            self._due = now + AGAIN
            self._note_failure(error)

    async def _in_folder(self, folder: Path, now: datetime) -> datetime:
        """Make a backup if it's due; return when the next one is."""
        await asyncio.to_thread(folder.mkdir, mode=0o700, exist_ok=True)
        newest = max((moment for moment in await asyncio.to_thread(made_in, folder) if moment <= now), default=None)
        if newest is not None and now < newest + EVERY:
            return newest + EVERY
        await self._make(folder / f"cratekeeper-{now:{STAMP}}.zip")
        await asyncio.to_thread(_thin_out, folder, self._settings.backup_keep, now)
        return now + EVERY

    async def _make(self, file: Path) -> None:
        """Run `backup`. Raises BackupFailed with the process's last line."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "backup", str(file)),
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            _, said = await asyncio.wait_for(process.communicate(), self._timeout)
        except BaseException as stopped:
            process.kill()
            await process.wait()
            if isinstance(stopped, TimeoutError):
                raise BackupFailed(f"it took longer than {self._timeout:.0f} seconds") from None
            raise
        if process.returncode:
            raise BackupFailed((said.decode(errors="replace").strip().splitlines() or ["no word"])[-1])

    def _note_success(self) -> None:
        if self._failing:
            log.warning("the daily backup works again")
        self._failing = False

    def _note_failure(self, error: Exception) -> None:
        if not self._failing:
            log.error("the daily backup wasn't made, and is tried every hour: %s", error)
        self._failing = True


def _thin_out(folder: Path, keep: int, now: datetime) -> None:
    """Remove all but the newest backups. One from the future was made by a clock that ran ahead, so it goes first."""
    made = made_in(folder)
    for moment in sorted(made, key=lambda moment: (moment <= now, moment))[:-keep]:
        made[moment].unlink(missing_ok=True)
