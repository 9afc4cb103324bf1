"""AcousticBrainz: Essentia's analyses by MusicBrainz recording, from the dumps of the closed project.

https://acousticbrainz.org/download (June 2022, CC0). The dumps are read once (`fill`) into a local index:
`….tar.zst` or `….tar.*` as published, or their contents: the three CSV files of low-level features (…-lowlevel.csv,
…-rhythm.csv, …-tonal.csv; mbid, submission_offset, then a column for each feature), or JSON files named
`mbid-offset.json`, of low-level or of high-level features. Of several submissions the first (offset 0) counts.
"""

import asyncio
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from uuid import UUID

from bot.adapters.sources.dumps import DumpEntry, entries
from bot.core.features import SongFeatures
from bot.ports import LookupResult, Needs, Subject

NAME = "acousticbrainz"
ROWS = 5_000  # entries per transaction; about 2 MB of memory
SCHEMA = """
CREATE TABLE IF NOT EXISTS heard (mbid BLOB PRIMARY KEY, numbers TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS filled (
    file TEXT PRIMARY KEY, size INTEGER NOT NULL, entries INTEGER NOT NULL, ended_at INTEGER -- seconds since 1970
);
"""
KEEP = (
    "INSERT INTO heard VALUES (?, ?) ON CONFLICT (mbid) DO UPDATE SET numbers = json_patch(numbers, excluded.numbers)"
)


@dataclass(frozen=True, slots=True)
class Filled:
    """Progress through a dump: entries so far, including those skipped at the start."""

    file: str
    entries: int


class AcousticBrainz:
    """Implements `ports.FeatureSource` over the index that `fill` makes; without one it knows nothing."""

    name, batch = NAME, 200
    needs: Needs = "recording"

    def __init__(self, index: Path) -> None:
        self._index = index

    async def since(self) -> datetime | None:
        return await asyncio.to_thread(self._changed)

    def _changed(self) -> datetime | None:
        """Return when a dump was last read completely; changing it per batch would repeat all lookups."""
        if not self._index.exists():
            return None
        with closing(_reading(self._index)) as index:
            (ended,) = index.execute("SELECT max(ended_at) FROM filled").fetchone()
        return datetime.fromtimestamp(ended, UTC) if ended else None

    async def look_up(self, subjects: Sequence[Subject]) -> Mapping[str, LookupResult]:
        return await asyncio.to_thread(self._find, subjects)

    def _find(self, subjects: Sequence[Subject]) -> dict[str, LookupResult]:
        known = {}
        with closing(_reading(self._index)) as index:
            for subject in subjects:
                if numbers := _numbers(index, subject.ids.get("recording", ())):
                    known[subject.song.song] = LookupResult(SongFeatures(numbers))
        return known


def _reading(index: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{index.absolute().as_uri()}?mode=ro", uri=True)


def _numbers(index: sqlite3.Connection, recordings: Iterable[str]) -> dict[str, float]:
    for recording in recordings:
        row = index.execute("SELECT numbers FROM heard WHERE mbid = ?", (UUID(recording).bytes,)).fetchone()
        if row is not None:
            numbers: dict[str, float] = json.loads(row[0])
            return numbers
    return {}


def fill(index: Path, dump: Path, now: datetime) -> Iterator[Filled]:
    """Read a dump into the index in batches, yielding after each. Continues an interrupted one.

    Raises NotADump, NoZstd.
    """
    with closing(sqlite3.connect(index, isolation_level=None)) as connection:
        connection.executescript("PRAGMA journal_mode = WAL;" + SCHEMA)
        size = dump.stat().st_size
        done = _done(connection, dump.name, size)
        waiting = islice(entries(dump), done, None)
        while batch := list(islice(waiting, ROWS)):
            done += len(batch)
            _keep(connection, batch, Filled(dump.name, done), size)
            yield Filled(dump.name, done)
        ended = (dump.name, size, done, int(now.timestamp()))
        connection.execute("INSERT OR REPLACE INTO filled VALUES (?, ?, ?, ?)", ended)


def _done(index: sqlite3.Connection, file: str, size: int) -> int:
    """Return how many entries of this very file are in the index."""
    row = index.execute("SELECT entries FROM filled WHERE file = ? AND size = ?", (file, size)).fetchone()
    return int(row[0]) if row else 0


def _keep(index: sqlite3.Connection, batch: Sequence[DumpEntry], filled: Filled, size: int) -> None:
    rows = [(entry.mbid.bytes, json.dumps(entry.numbers)) for entry in batch if entry.numbers]
    index.execute("BEGIN IMMEDIATE")
    index.executemany(KEEP, rows)
    index.execute("INSERT OR REPLACE INTO filled VALUES (?, ?, ?, NULL)", (filled.file, size, filled.entries))
    index.execute("COMMIT")
