"""Artefacts: models, priors and clips as named files, in a folder or in a bucket of an S3 server.

Whoever loads one checks it, by the hash in its name or the one it holds. Everything here blocks: callers on an event
loop use a thread.
"""

import os
import shutil
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, TypeVar

from bot import disk
from bot.config import Settings
from bot.ports import Artefacts

T = TypeVar("T")
MODELS, CLIPS, CACHE = "models", "clips", "cache"
MEGABYTE = 2**20  # bytes
MOST_CLIPS = 512 * MEGABYTE  # of all clips together: some 2,000
UNFINISHED = ".new-"  # the start of a file's name while it's being written


class Folder:
    """Files in a folder. most: bytes of all files together; beyond that, the least recently used are deleted."""

    def __init__(self, path: Path, most: int | None = None) -> None:
        self._path, self._most = path, most

    def __str__(self) -> str:
        return str(self._path)

    @property
    def local(self) -> Artefacts:
        return self

    def check(self) -> None:
        """A folder is always there: `put` makes it."""

    def load(self, name: str, parse: Callable[[BinaryIO], T], most: int | None = None, version: str = "") -> T:
        """Return what `parse` makes of a file. Raises OSError, ValueError if it's not a plain file of `most` bytes."""
        path = self._path / name
        about = path.lstat()
        if not stat.S_ISREG(about.st_mode) or (most is not None and about.st_size > most):
            raise ValueError(f"{name} is not a plain file of the right size")
        with path.open("rb") as file:
            made = parse(file)
        if self._most is not None:
            _mark_used(path)
        return made

    def put(self, name: str, content: bytes) -> None:
        """Write a file, whole or not at all. Raises OSError."""
        try:
            disk.write_whole(self._path / name, content)
        except FileNotFoundError:  # a sweep took it while it was being written
            disk.write_whole(self._path / name, content)
        if self._most is not None:
            _mark_used(self._path / name)
            self._make_room(self._most)

    def has(self, name: str) -> bool:
        return (self._path / name).exists()

    def version(self, name: str) -> str:
        """Return what changes with a file's content; empty if there's no file."""
        try:
            about = (self._path / name).lstat()
        except OSError:
            return ""
        return f"{about.st_mtime_ns} {about.st_size}"

    def names(self) -> set[str]:
        """Return the names of all files, including unfinished ones."""
        return {path.name for path in self._path.iterdir()} if self._path.is_dir() else set()

    def delete(self, names: Iterable[str]) -> None:
        for name in names:
            (self._path / name).unlink(missing_ok=True)

    def _make_room(self, most: int) -> None:
        for _, size, path in sorted(self._used(), reverse=True):
            most -= size
            if most < 0:
                path.unlink(missing_ok=True)

    def _used(self) -> Iterator[tuple[int, int, Path]]:
        """Yield when each finished file was used last, its size and its path."""
        for path in self._path.iterdir():
            with suppress(FileNotFoundError):  # another process has just made room
                if not path.name.startswith(UNFINISHED):
                    about = path.stat()
                    yield about.st_mtime_ns, about.st_size, path


def _mark_used(path: Path) -> None:
    now = time.time_ns()  # the file system's own clock may stand still for some milliseconds
    with suppress(FileNotFoundError):
        os.utime(path, ns=(now, now))


def models_of(settings: Settings) -> Artefacts:
    """Return where the models, their cards and the operator's prior are."""
    return _opened(settings, MODELS, None)


def clips_of(settings: Settings) -> Artefacts:
    """Return where the clips are."""
    return _opened(settings, CLIPS, MOST_CLIPS)


def _opened(settings: Settings, kind: str, most: int | None) -> Artefacts:
    if not settings.storage_url:
        return Folder(settings.data_dir / kind, most)
    from bot.adapters.bucket import Bucket  # here, so that only those who use one load its library

    cache = Folder(settings.data_dir / CACHE / kind, settings.storage_cache_mb * MEGABYTE)
    return Bucket(f"{settings.storage_url}/{kind}", _access(settings), cache, most)


def _access(settings: Settings) -> dict[str, str]:
    """Return how to reach the bucket; the library takes missing values from the environment or the machine's role."""
    told = {
        "endpoint": settings.aws_endpoint_url,
        "region": settings.aws_region,
        "access_key_id": settings.aws_access_key_id,
        "secret_access_key": str(settings.aws_secret_access_key),
    }
    return {name: value for name, value in told.items() if value}


def move_in(settings: Settings, models: Artefacts) -> None:
    """Move models from the data folder to the bucket: an older setting or a backup put them there. Raises StorageDown.

    Clips are cut again when they're asked for.
    """
    models.check()
    if not settings.storage_url:
        return
    local = Folder(settings.models_dir)
    for name in sorted(local.names()):
        if not name.startswith(UNFINISHED):
            models.put(name, local.load(name, lambda file: file.read()))
        local.delete([name])
    shutil.rmtree(settings.data_dir / CLIPS, ignore_errors=True)
