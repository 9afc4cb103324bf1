"""Archive: a backup's one file, a ZIP whose last entry lists all others with their sizes and SHA-256.

Its entries are `cratekeeper.db`, `jobs.db`, `models/…` and perhaps `keys.sealed`; nothing else is read, so nothing is
written outside the folder it's extracted to.
"""

import hashlib
import io
import json
import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from bot import __version__
from bot.errors.backup import DamagedBackup, NewerBackup, NotABackup

FORMAT = 1
MARK, LIST = "cratekeeper-backup", "files.json"  # the first entry and the last
MARK_AT = 30  # bytes; where a ZIP has the name of its first entry
DATABASE, JOBS, KEYS = "cratekeeper.db", "jobs.db", "keys.sealed"
NAME = re.compile(r"cratekeeper\.db|jobs\.db|keys\.sealed|models/\w[\w.-]{0,200}", re.ASCII)
LEVEL = 1  # of compression: a third larger than the best, and six times as fast
PIECE = 2**20  # bytes read at a time
MOST_LIST = 64 * 2**20  # bytes of the list
ODD = (
    *(BadZipFile, zlib.error, struct.error, EOFError),
    *(KeyError, ValueError, TypeError, AttributeError, RuntimeError, OverflowError),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a backup. size: bytes; sha256: of its content, in hexadecimal."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup holds. revision: of the database's schema; version: the Cratekeeper that made it."""

    made: datetime
    revision: str
    version: str
    files: dict[str, Entry]

    @property
    def size(self) -> int:
        """Bytes, once extracted."""
        return sum(entry.size for entry in self.files.values())


class Writing:
    """A backup being written."""

    def __init__(self, zipped: ZipFile) -> None:
        self._zip, self.files = zipped, dict[str, Entry]()
        zipped.writestr(MARK, "")

    def add(self, name: str, path: Path) -> None:
        """Add a file. Raises FileNotFoundError."""
        with path.open("rb") as source:
            self._add(name, source)

    def add_content(self, name: str, content: bytes) -> None:
        """Add a file of this content."""
        self._add(name, io.BytesIO(content))

    def _add(self, name: str, source: IO[bytes]) -> None:
        digest, size = hashlib.sha256(), 0
        with self._zip.open(name, "w", force_zip64=True) as entry:
            while piece := source.read(PIECE):
                digest.update(piece)
                size += len(piece)
                entry.write(piece)
        self.files[name] = Entry(size, digest.hexdigest())

    def finish(self, made: datetime, revision: str) -> Contents:
        """Add the list of what's in it."""
        contents = Contents(made, revision, __version__, self.files)
        self._zip.writestr(LIST, json.dumps({"format": FORMAT, **asdict(contents), "made": made.isoformat()}))
        return contents


@contextmanager
def new(path: Path) -> Iterator[Writing]:
    """Write a backup to a path where there's no file yet."""
    with ZipFile(path, "x", ZIP_DEFLATED, compresslevel=LEVEL) as zipped:
        yield Writing(zipped)


class Reading:
    """A backup that's open. Whatever is read raises DamagedBackup where it isn't what was written."""

    def __init__(self, zipped: ZipFile) -> None:
        self._zip, self.contents = zipped, _contents(zipped)

    def read(self, name: str) -> bytes:
        """Return the content of a small file."""
        return b"".join(self._pieces(name))

    def extract(self, name: str, path: Path) -> None:
        """Write a file to a path."""
        with path.open("wb") as target:
            for piece in self._pieces(name):
                target.write(piece)

    def _pieces(self, name: str) -> Iterator[bytes]:
        """Yield a file's content piece by piece; never more than the list says."""
        listed, digest, size = self.contents.files[name], hashlib.sha256(), 0
        with _damage_named(), self._zip.open(name) as entry:
            while piece := entry.read(PIECE):
                size += len(piece)
                if size > listed.size:
                    raise DamagedBackup
                digest.update(piece)
                yield piece
        if (size, digest.hexdigest()) != (listed.size, listed.sha256):
            raise DamagedBackup


@contextmanager
def opened(path: Path) -> Iterator[Reading]:
    """Open a backup. Raises NotABackup, DamagedBackup, NewerBackup, OSError."""
    if not is_ours(path):
        raise NotABackup(f"{path} isn't a backup made by Cratekeeper")
    with _damage_named():
        zipped = ZipFile(path)
    with zipped:
        yield Reading(zipped)


def is_ours(path: Path) -> bool:
    """Whether a file begins as our backups do."""
    with path.open("rb") as file:
        head = file.read(MARK_AT + len(MARK))
    return head.startswith(b"PK\x03\x04") and head.endswith(MARK.encode())


def _contents(zipped: ZipFile) -> Contents:
    with _damage_named():
        packed = {entry.compress_type for entry in zipped.infolist()}
        if not packed <= {ZIP_STORED, ZIP_DEFLATED} or zipped.getinfo(LIST).file_size > MOST_LIST:
            raise DamagedBackup
        listed = json.loads(zipped.read(LIST))
        if listed["format"] != FORMAT:
            raise NewerBackup
        files = {name: Entry(int(entry["size"]), str(entry["sha256"])) for name, entry in listed["files"].items()}
        contents = Contents(
            datetime.fromisoformat(listed["made"]), str(listed["revision"]), str(listed["version"]), files
        )
        ours = all(map(NAME.fullmatch, files)) and DATABASE in files
        if not ours or sorted([MARK, LIST, *files]) != sorted(zipped.namelist()):
            raise DamagedBackup
    return contents


@contextmanager
def _damage_named() -> Iterator[None]:
    """Raise DamagedBackup for whatever a ZIP or a list that's damaged makes the libraries raise."""
    try:
        yield
    except ODD as error:
        raise DamagedBackup from error
