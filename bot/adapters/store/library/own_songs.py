"""Own songs: how a member's files describe songs, used for that member alone and only where no better source does.

A row is deleted when the song that everybody sees says as much, or when its member no longer has the song.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, or_, select
from sqlalchemy.sql.selectable import FromClause

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import chunks, every, record, upsert
from bot.core.records import Song

SONG, OWN, FEATURE, LOOKUP = schema.song, schema.own_song, schema.feature, schema.lookup
BROUGHT = ("upload", "csv")  # sources of features from a member's own files
HOLDERS = (
    *(schema.liked, schema.content, schema.edit, schema.prompt, schema.card),
    *(schema.answer, schema.change, schema.shown),
)


def as_seen(ids: FromClause, member: int) -> Select[Any]:
    """Select those of `ids` (with a column `song`) that the member knows, as they see them."""
    own = and_(OWN.c.song == ids.c.song, OWN.c.member == member)
    joined = ids.outerjoin(SONG, SONG.c.song == ids.c.song).outerjoin(OWN, own)
    columns: list[Any] = [seen(name).label(name) for name in Song.__slots__]
    return select(*columns).select_from(joined).where(or_(SONG.c.song.is_not(None), OWN.c.song.is_not(None)))


def seen(name: str) -> ColumnElement[object]:
    """Return a song's field in `as_seen`: everybody's value, else the member's own."""
    return func.coalesce(SONG.c[name], OWN.c[name])


async def bring(tx: Tx, member: int, songs: Iterable[Song]) -> None:
    """Store a member's file's songs. Values of an earlier file are filled in, not replaced."""
    for piece in chunks(songs):
        ids = [song.song for song in piece]
        shared = {song.song: song for song in await every(tx, Song, select(SONG).where(SONG.c.song.in_(ids)))}
        mine = select(OWN).where(OWN.c.member == member, OWN.c.song.in_(ids))
        before = {song.song: song for song in await every(tx, Song, mine)}
        said = [before[song.song].filled_from(song) if song.song in before else song for song in piece]
        new = [song for song in said if _adds(song, shared.get(song.song)) and before.get(song.song) != song]
        await upsert(tx, OWN, [{"member": member, **columns(song)} for song in new])


def columns(song: Song) -> dict[str, object]:
    return {name: getattr(song, name) for name in Song.__slots__} | {"artists": list(song.artists)}


def _adds(own: Song, shared: Song | None) -> bool:
    return shared is None or shared.filled_from(own) != shared


async def promoted(tx: Tx, songs: Iterable[Song]) -> None:
    """Everybody sees these songs from now on: drop what members' files no longer add, and lookups based on it."""
    for piece in chunks(songs):
        shared = {song.song: song for song in piece}
        for row in (await tx.execute(select(OWN).where(OWN.c.song.in_(shared)))).all():
            await _forget_asked(tx, row.member, row.song)
            if not _adds(record(Song, row), shared[row.song]):
                await tx.execute(delete(OWN).where(OWN.c.member == row.member, OWN.c.song == row.song))


async def _forget_asked(tx: Tx, member: int, song: str) -> None:
    asked = (FEATURE.c.owner == member, FEATURE.c.song == song, FEATURE.c.source.not_in(BROUGHT))
    await tx.execute(delete(FEATURE).where(*asked))
    await tx.execute(delete(LOOKUP).where(LOOKUP.c.owner == member, LOOKUP.c.song == song))


def _held() -> ColumnElement[bool]:
    """Whether the row's member still has the song."""
    same = (and_(table.c.member == OWN.c.member, table.c.song == OWN.c.song) for table in HOLDERS)
    return or_(*(exists().where(query) for query in same))


async def unused(tx: Tx, limit: int) -> list[tuple[int, str]]:
    """Return (member, song) of rows whose member no longer has the song."""
    rows = await tx.execute(select(OWN.c.member, OWN.c.song).where(~_held()).limit(limit))
    return [(row.member, row.song) for row in rows]


async def forget(tx: Tx, pairs: Iterable[tuple[int, str]]) -> None:
    """Delete the rows whose member no longer has the song, and lookups based on them."""
    for member, song in pairs:
        here = (OWN.c.member == member, OWN.c.song == song)
        if (await tx.execute(delete(OWN).where(*here, ~_held()))).rowcount:
            await _forget_asked(tx, member, song)
