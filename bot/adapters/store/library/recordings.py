"""Recordings: the files of the operator's music folder, and which of them a song is."""

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
BY_OPERATOR = "operator"  # the way of a correction; no matcher overrules it
WRITTEN = ("path", "title", "artists", "album", "duration", "isrc", "mbid")


async def newest(tx: Tx) -> datetime | None:
    """Return when a file was last heard; None while there is none."""
    found: datetime | None = (await tx.execute(select(func.max(RECORDING.c.at)))).scalar_one()
    return found


async def named(tx: Tx) -> dict[str, Naming]:
    """Return what is written on each file that could be heard, by path; others get their turn while it is read."""
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
    """Return what a model goes by of what was heard in files, by path."""
    found: dict[str, SongFeatures] = {}
    for piece in chunks(dict.fromkeys(paths)):
        query = select(RECORDING.c.path, RECORDING.c.numbers, RECORDING.c.vectors)
        for row in await tx.execute(query.where(RECORDING.c.path.in_(piece), RECORDING.c.error.is_(None))):
            found[row.path] = features_heard(row.numbers, unpack(row.vectors))
    return found


async def exists(tx: Tx, path: str) -> bool:
    query = select(RECORDING.c.path).where(RECORDING.c.path == path, RECORDING.c.error.is_(None))
    return (await tx.execute(query)).first() is not None


async def corrections(tx: Tx, songs: Iterable[str]) -> dict[str, str | None]:
    """Return the songs of which the operator said which file they are, or (None) that they are none."""
    found: dict[str, str | None] = {}
    for piece in chunks(songs):
        query = select(MATCH.c.song, MATCH.c.path).where(MATCH.c.song.in_(piece), MATCH.c.way == BY_OPERATOR)
        found |= {row.song: row.path for row in await tx.execute(query)}
    return found


async def save_matches(
    tx: Tx, songs: Iterable[str], matches: Mapping[str, tuple[str, FileMatch]], now: datetime
) -> None:
    """Note which of the songs the matcher found files for; what it found for the others before holds no more."""
    for some in chunks(songs):
        await tx.execute(delete(MATCH).where(MATCH.c.song.in_(some), MATCH.c.way != BY_OPERATOR))
    rows = [
        {"song": song, "path": path, "score": fits.score, "way": fits.way, "at": now}
        for song, (path, fits) in matches.items()
    ]
    for piece in chunks(rows):
        await upsert(tx, MATCH, piece)


async def follow(tx: Tx, old: str, new: str) -> None:
    """Note that the songs of a file that was moved are the file at its new place."""
    await tx.execute(update(MATCH).where(MATCH.c.path == old).values(path=new))


async def correct(tx: Tx, song: str, path: str | None, now: datetime) -> None:
    """Note the operator's word on which file a song is; None: no file is."""
    await upsert(tx, MATCH, {"song": song, "path": path, "score": 1.0, "way": BY_OPERATOR, "at": now})


async def uncorrect(tx: Tx, song: str) -> None:
    """Leave it to the matcher again."""
    await tx.execute(delete(MATCH).where(MATCH.c.song == song))
