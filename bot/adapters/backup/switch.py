"""Switch: put what was restored in the place of what was there, wherever the process is killed.

A restore extracts into `restoring`. Renaming that to `restored` is the moment that decides: before it, nothing has
changed, and the next start clears `restoring` away; after it, the next start goes on until all files are in place.
What was there is moved into `restored/before`, which finally becomes a folder with the moment in its name.
"""

import errno
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bot import disk
from bot.adapters.backup import archive, files
from bot.adapters.vault import KEYS
from bot.config import Settings

EXTRACTED, DECIDED, BEFORE = "restoring", "restored", "before"
BESIDE = ("-wal", "-shm", "-journal")  # SQLite's files beside a database; they belong to it alone
MODELS = "models"


def places(settings: Settings) -> dict[str, Path]:
    """Return where each part of a backup belongs, by its name among the extracted files."""
    folder = settings.data_dir
    return {
        archive.DATABASE: settings.database_path,
        archive.JOBS: folder / archive.JOBS,
        MODELS: settings.models_dir,
        KEYS: folder / KEYS,
    }


def is_unfinished(folder: Path) -> bool:
    """Whether a restore into this data folder was cut short, or is under way."""
    return (folder / EXTRACTED).exists() or (folder / DECIDED).exists()


def decide(settings: Settings) -> Path | None:
    """Let the extracted files take their places; return the folder that holds what was there, None if nothing was."""
    extracted, decided = settings.data_dir / EXTRACTED, settings.data_dir / DECIDED
    for path in (*extracted.rglob("*"), extracted):
        disk.sync(path)
    extracted.rename(decided)
    disk.sync(settings.data_dir)
    return settle(settings)


def settle(settings: Settings) -> Path | None:
    """Finish a restore that was decided, and clear away one that wasn't. Only for who holds the folder's lock."""
    shutil.rmtree(settings.data_dir / EXTRACTED, ignore_errors=True)
    decided = settings.data_dir / DECIDED
    if not decided.exists():
        return None
    before = decided / BEFORE
    before.mkdir(exist_ok=True)
    for name, place in places(settings).items():
        if (decided / name).exists():
            _exchange(decided / name, place, before)
    return _end(settings.data_dir, decided)


def _exchange(new: Path, place: Path, before: Path) -> None:
    """Move what's in a place aside, then the new file there. Begun again, it goes on where it was."""
    for old in _there(place):
        aside = before / old.name
        if not aside.exists():
            _move(old, aside)
    if new.is_dir() and place.exists():
        shutil.rmtree(place)
    _move(new, place)


def _there(place: Path) -> Iterator[Path]:
    """Yield what's in a place, and the files that SQLite keeps beside a database."""
    yield from (path for path in (*(Path(f"{place}{end}") for end in BESIDE), place) if path.exists())


def _move(source: Path, target: Path) -> None:
    try:
        source.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _move_to_other_disk(source, target)
    disk.sync(target.parent)


def _move_to_other_disk(source: Path, target: Path) -> None:
    part = target.with_name(f"{target.name}.part")
    if source.is_dir():
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(source, part)
        part.rename(target)
        shutil.rmtree(source)
    else:
        shutil.copy2(source, part)
        files.put(part, target)
        source.unlink()


def _end(folder: Path, decided: Path) -> Path | None:
    """Name the folder of what was there by the moment; remove it if it's empty."""
    before, kept = decided / BEFORE, folder / f"before-restore-{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}"
    if any(before.iterdir()):
        before.rename(kept)
    shutil.rmtree(decided)
    disk.sync(folder)
    return kept if kept.exists() else None
