"""Files: the operator's music folder as the import stored it. `recordings` reads the files for the songs they match."""

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
    """A file's state when it was last analysed. `version`: of the feature set."""

    path: str
    size: int
    mtime_ns: int
    digest: str
    version: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class File:
    """An analysed file. `vectors` are packed (core.vectors)."""

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
    """Return each stored file's stamp by path, for seeing whether it changed."""
    columns = (RECORDING.c[name] for name in Stamp.__slots__)
    return {stamp.path: stamp for stamp in await every(tx, Stamp, select(*columns))}


async def with_content(tx: Tx, digest: str, version: str) -> File:
    """Return a file with this content analysed for this feature set. There must be one."""
    query = select(*(RECORDING.c[column.name] for column in fields(File)))
    file, *_ = await every(tx, File, query.where(RECORDING.c.digest == digest, RECORDING.c.version == version))
    return file


async def save(tx: Tx, files: Iterable[File]) -> None:
    """Store analysed files, replacing what was stored of them."""
    for piece in chunks(files):
        await upsert(tx, RECORDING, [_row(file) for file in piece])


async def touch(tx: Tx, path: str, size: int, mtime_ns: int) -> None:
    """Record a file's new time; its content is unchanged."""
    await tx.execute(update(RECORDING).where(RECORDING.c.path == path).values(size=size, mtime_ns=mtime_ns))


async def forget(tx: Tx, paths: Iterable[str]) -> None:
    """Delete files that no longer exist."""
    for piece in chunks(paths):
        await tx.execute(delete(RECORDING).where(RECORDING.c.path.in_(piece)))


def _row(file: File) -> dict[str, Any]:
    return {name: getattr(file, name) for name in File.__slots__} | {"artists": list(file.artists)}
