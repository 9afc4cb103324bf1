"""Recordings: the operator's music files, and which song each one matches."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import delete, func, select, update

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import chunks, upsert
from bot.core.features import SongFeatures, features_heard
from bot.core.library.file_match import FileMatch, Naming
from bot.core.vectors import unpack

RECORDING, MATCH = schema.recording, schema.match
BY_OPERATOR = "operator"  # the `way` of a correction; the matcher never overrules it
WRITTEN = ("path", "title", "artists", "album", "duration", "isrc", "mbid")


async def newest(tx: Tx) -> datetime | None:
    """Return when a file was last analysed; None if there is none."""
    last: datetime | None = (await tx.execute(select(func.max(RECORDING.c.at)))).scalar_one()
    return last


async def named(tx: Tx) -> dict[str, Naming]:
    """Return the tags of each analysed file, by path; yields to others while reading."""
    columns = (RECORDING.c[name] for name in WRITTEN)
    rows = await tx.stream(select(*columns).where(RECORDING.c.error.is_(None)).order_by(RECORDING.c.path))
    return {
        row.path: Naming(
            title=row.title or "",
            artists=tuple(row.artists),
            album=row.album,
            seconds=row.duration,
            isrc=row.isrc,
            mbids=frozenset([row.mbid] if row.mbid else []),
        )
        async for row in rows
    }


async def heard(tx: Tx, paths: Iterable[str]) -> dict[str, SongFeatures]:
    """Return the features that models use, of analysed files, by path."""
    features: dict[str, SongFeatures] = {}
    for piece in chunks(dict.fromkeys(paths)):
        query = select(RECORDING.c.path, RECORDING.c.numbers, RECORDING.c.vectors)
        for row in await tx.execute(query.where(RECORDING.c.path.in_(piece), RECORDING.c.error.is_(None))):
            features[row.path] = features_heard(row.numbers, unpack(row.vectors))
    return features


async def exists(tx: Tx, path: str) -> bool:
    query = select(RECORDING.c.path).where(RECORDING.c.path == path, RECORDING.c.error.is_(None))
    return (await tx.execute(query)).first() is not None


async def corrections(tx: Tx, songs: Iterable[str]) -> dict[str, str | None]:
    """Return the songs that the operator assigned to a file, or (None) to no file."""
    paths: dict[str, str | None] = {}
    for piece in chunks(songs):
        query = select(MATCH.c.song, MATCH.c.path).where(MATCH.c.song.in_(piece), MATCH.c.way == BY_OPERATOR)
        paths |= {row.song: row.path for row in await tx.execute(query)}
    return paths


async def save_matches(
    tx: Tx, songs: Iterable[str], matches: Mapping[str, tuple[str, FileMatch]], now: datetime
) -> None:
    """Store which songs the matcher found files for; earlier matches of the others are dropped."""
    for some in chunks(songs):
        await tx.execute(delete(MATCH).where(MATCH.c.song.in_(some), MATCH.c.way != BY_OPERATOR))
    rows = [
        {"song": song, "path": path, "score": fits.score, "way": fits.way, "at": now}
        for song, (path, fits) in matches.items()
    ]
    for piece in chunks(rows):
        await upsert(tx, MATCH, piece)


async def follow(tx: Tx, old: str, new: str) -> None:
    """Move the songs of a renamed file to its new path."""
    await tx.execute(update(MATCH).where(MATCH.c.path == old).values(path=new))


async def correct(tx: Tx, song: str, path: str | None, now: datetime) -> None:
    """Store the operator's choice of a song's file; None: no file."""
    await upsert(tx, MATCH, {"song": song, "path": path, "score": 1.0, "way": BY_OPERATOR, "at": now})


async def uncorrect(tx: Tx, song: str) -> None:
    """Leave it to the matcher again."""
    await tx.execute(delete(MATCH).where(MATCH.c.song == song))
