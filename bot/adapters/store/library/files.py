"""Files of the operator's music folder, as the import keeps them. `recordings` reads them for the songs they are."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import chunks, every, upsert

RECORDING = schema.recording


@dataclass(frozen=True, slots=True)
class Stamp:
    """How a file was when it was last heard. `version`: of the set of features that it was tried with."""

    path: str
    size: int
    mtime_ns: int
    digest: str
    version: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class File:
    """A file as it was heard. `vectors` are packed (core.vectors)."""

    path: str
    size: int
    mtime_ns: int
    digest: str
    at: datetime
    title: str | None = None
    artists: tuple[str, ...] = ()
    album: str | None = None
    year: int | None = None
    duration: float | None = None
    isrc: str | None = None
    mbid: str | None = None
    version: str | None = None
    numbers: dict[str, float] = field(default_factory=dict)
    vectors: bytes | None = None
    error: str | None = None


async def stamps(tx: Tx) -> dict[str, Stamp]:
    """Return what is kept of each file, by path: enough to see whether it changed."""
    columns = (RECORDING.c[name] for name in Stamp.__slots__)
    return {each.path: each for each in await every(tx, Stamp, select(*columns))}


async def with_content(tx: Tx, digest: str, version: str) -> File:
    """Return a file of this content that was heard by a set of features; there is one."""
    query = select(*(RECORDING.c[each.name] for each in fields(File)))
    found, *_ = await every(tx, File, query.where(RECORDING.c.digest == digest, RECORDING.c.version == version))
    return found


async def save(tx: Tx, files: Iterable[File]) -> None:
    """Keep files as they were heard, in place of what was kept of them."""
    for piece in chunks(files):
        await upsert(tx, RECORDING, [_row(each) for each in piece])


async def touch(tx: Tx, path: str, size: int, mtime_ns: int) -> None:
    """Note that a file's content is what it was, though its time is another."""
    await tx.execute(update(RECORDING).where(RECORDING.c.path == path).values(size=size, mtime_ns=mtime_ns))


async def forget(tx: Tx, paths: Iterable[str]) -> None:
    """Let go of files that are no longer there."""
    for piece in chunks(paths):
        await tx.execute(delete(RECORDING).where(RECORDING.c.path.in_(piece)))


def _row(file: File) -> dict[str, Any]:
    return {name: getattr(file, name) for name in File.__slots__} | {"artists": list(file.artists)}
