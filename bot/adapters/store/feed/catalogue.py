"""Catalogue: which songs belong in it is derived from likes and files each time, never stored on its own.

A song belongs while somebody who joined likes it; a file of the operator's while it is none of those songs. Whose a
song is stands nowhere in here.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.feed.feed_history import Late, of_late
from bot.adapters.store.library import recordings, songs
from bot.adapters.store.rows import added, chunks, count, every, in_turns, upsert
from bot.core.features import SongFeatures
from bot.core.records import Song
from bot.core.sorting.learning.columns import Vectors
from bot.core.vectors import NUMBER

ENTRY, SPACE, SONG, FEATURE = schema.entry, schema.space, schema.song, schema.feature
RECORDING, MATCH, LOOKUP = schema.recording, schema.match, schema.lookup
LOCAL = "local:"  # before the digest of a file that is no song of anybody's


@dataclass(frozen=True, slots=True)
class PlacedSong:
    """A song to store in the catalogue. point: (k,), None if we know nothing about its sound."""

    song: str
    key: str
    path: str | None
    artist: int
    point: Vectors | None


@dataclass(frozen=True, slots=True)
class Sound:
    """What can be heard: songs we have a file of; with `previews`, also those that a preview service may have.

    sources: names of the lookups that note, until when, that it has nothing; now: when it would be asked.
    """

    previews: bool
    sources: Sequence[str]
    now: datetime


@dataclass(frozen=True, slots=True)
class Loaded:
    """Songs with a point, by row: points (n, k); free: whether they're the operator's own files."""

    songs: Sequence[str]
    points: Vectors
    artists: Sequence[int]
    free: Sequence[bool]


def _is_shared(song: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether someone who joined likes the song."""
    return songs.shared().where(schema.liked.c.song == song).exists()


def _is_file() -> ColumnElement[bool]:
    """Whether a recording is an entry of its own: it could be analysed, and isn't a shared song."""
    taken = exists().where(MATCH.c.path == RECORDING.c.path, _is_shared(MATCH.c.song))
    return and_(RECORDING.c.error.is_(None), ~taken)


def _local() -> ColumnElement[str]:
    song: ColumnElement[str] = LOCAL + func.substr(RECORDING.c.digest, 1, 32)
    return song


def _belongs(everything: bool = True) -> ColumnElement[bool]:
    """Whether an entry still belongs; without `everything`, only files do."""
    itself = exists().where(RECORDING.c.path == ENTRY.c.path, _local() == ENTRY.c.song, _is_file())
    own = and_(ENTRY.c.path.is_not(None), itself)
    return or_(own, and_(ENTRY.c.path.is_(None), _is_shared(ENTRY.c.song))) if everything else own


def _is_heard(sound: Sound) -> ColumnElement[bool]:
    """Whether an entry can be heard."""
    file = or_(ENTRY.c.path.is_not(None), exists().where(MATCH.c.song == ENTRY.c.song))
    named = exists().where(SONG.c.song == ENTRY.c.song, SONG.c.isrc.is_not(None))
    asked = (LOOKUP.c.owner == schema.OPERATOR, LOOKUP.c.song == ENTRY.c.song, LOOKUP.c.source.in_(sound.sources))
    nothing = exists().where(*asked, LOOKUP.c.due > sound.now)
    return or_(file, and_(named, ~nothing)) if sound.previews else file


async def newest_space(tx: Tx) -> tuple[int, bytes, int] | None:
    """Return the current space: its number, its definition, and how many songs it was fitted on."""
    query = select(SPACE.c.space, SPACE.c.definition, SPACE.c.songs).order_by(SPACE.c.space.desc()).limit(1)
    row = (await tx.execute(query)).first()
    return None if row is None else (row.space, row.definition, row.songs)


async def add_space(tx: Tx, definition: bytes, fitted_for: int) -> int:
    """Store a space in place of earlier ones, and return its number."""
    number = await added(tx, SPACE, {"definition": definition, "songs": fitted_for})
    await tx.execute(delete(SPACE).where(SPACE.c.space < number))
    return number


async def count_known(tx: Tx) -> int:
    """Return how many songs have a point."""
    return await count(tx, ENTRY.c.point.is_not(None))


async def open_songs(tx: Tx, space: int, after: str, limit: int) -> list[Song]:
    """Return songs that belong and have no point in this space, or new features since; by id, from `after`."""
    keys = (SONG.c.song, "isrc:" + SONG.c.isrc)
    newer = exists().where(
        FEATURE.c.owner == schema.OPERATOR, or_(*(FEATURE.c.song == key for key in keys)), FEATURE.c.at > ENTRY.c.at
    )
    query = select(SONG).outerjoin(ENTRY, ENTRY.c.song == SONG.c.song).where(_is_shared(SONG.c.song))
    still = or_(ENTRY.c.song.is_(None), ENTRY.c.space != space, newer)
    return await every(tx, Song, query.where(SONG.c.song > after, still).order_by(SONG.c.song).limit(limit))


async def open_files(tx: Tx, space: int, after: str, limit: int) -> dict[str, Song]:
    """Return files that have no point in this space, or new features since; by path, from `after`."""
    joined = select(RECORDING).outerjoin(ENTRY, ENTRY.c.song == _local()).where(_is_file())
    still = or_(ENTRY.c.song.is_(None), ENTRY.c.space != space, RECORDING.c.at > ENTRY.c.at)
    query = joined.where(RECORDING.c.path > after, still).order_by(RECORDING.c.path).limit(limit)
    return {row.path: _as_song(row) for row in await tx.execute(query)}


async def sample(tx: Tx, limit: int) -> list[SongFeatures]:
    """Return the features of some songs of the catalogue, drawn at random."""
    drawn = select(SONG).where(_is_shared(SONG.c.song)).order_by(func.random()).limit(limit)
    known = await songs.features(tx, schema.OPERATOR, await every(tx, Song, drawn))
    files = select(RECORDING.c.path).where(_is_file()).order_by(func.random()).limit(limit)
    heard = await recordings.heard(tx, (await tx.execute(files)).scalars())
    described = [song for song in (*known.values(), *heard.values()) if song.known]
    return random.sample(described, min(limit, len(described)))


async def keep(tx: Tx, kept: Sequence[PlacedSong], space: int, now: datetime) -> list[PlacedSong]:
    """Store songs, and return those stored: not those whose member left or was erased while they were measured."""
    still: set[str] = set()
    for piece in chunks(song.song for song in kept if song.path is None):
        still |= set((await tx.execute(songs.shared().where(schema.liked.c.song.in_(piece)))).scalars())
    held = [song for song in kept if song.path is not None or song.song in still]
    for some in chunks(held):
        await upsert(tx, ENTRY, [_row(song) | {"space": space, "at": now} for song in some])
    return held


def _row(kept: PlacedSong) -> dict[str, Any]:
    point = None if kept.point is None else np.asarray(kept.point, NUMBER).tobytes()
    return {"song": kept.song, "key": kept.key, "path": kept.path, "artist": kept.artist, "point": point}


async def strangers(tx: Tx) -> list[str]:
    """Return the songs that no longer belong to the catalogue."""
    return [song async for song in in_turns((await tx.execute(select(ENTRY.c.song).where(~_belongs()))).scalars())]


async def forget(tx: Tx, ids: Iterable[str]) -> None:
    """Delete those of the songs that no longer belong to the catalogue."""
    for piece in chunks(ids):
        await tx.execute(delete(ENTRY).where(ENTRY.c.song.in_(piece), ~_belongs()))


async def load(tx: Tx, space: int) -> Loaded:
    """Return all songs with a point in this space."""
    columns = (ENTRY.c.song, ENTRY.c.point, ENTRY.c.artist, ENTRY.c.path.is_not(None).label("free"))
    known = await tx.execute(select(*columns).where(ENTRY.c.space == space, ENTRY.c.point.is_not(None)))
    rows = [row async for row in in_turns(known)]
    points = np.frombuffer(b"".join(row.point for row in rows), NUMBER).astype(np.float32, copy=False)
    return Loaded(
        [row.song for row in rows],
        points.reshape(len(rows), -1) if rows else np.zeros((0, 0), np.float32),
        [row.artist for row in rows],
        [bool(row.free) for row in rows],
    )


async def page(tx: Tx, everything: bool, after: str, limit: int, typed: str = "") -> list[str]:
    """Return songs that belong, by id, from `after`; without `everything`, only files.

    typed: what their titles contain, in upper or lower case.
    """
    query = select(ENTRY.c.song).where(_belongs(everything), ENTRY.c.song > after).order_by(ENTRY.c.song)
    if typed:
        query = query.where(_is_titled(typed))
    return list((await tx.execute(query.limit(limit))).scalars())


def _is_titled(typed: str) -> ColumnElement[bool]:
    song = exists().where(SONG.c.song == ENTRY.c.song, SONG.c.title.icontains(typed, autoescape=True))
    file = exists().where(RECORDING.c.path == ENTRY.c.path, RECORDING.c.title.icontains(typed, autoescape=True))
    return or_(song, file)


async def draw(
    tx: Tx, everything: bool, member: int, start: str, late: Late | None = None, sound: Sound | None = None
) -> str | None:
    """Return the first song from the key `start` on that belongs and that the member doesn't dislike.

    Keys are hashes, so a random key picks a song nearly at random, without reading them all. late: leave out their
    likes and what the feed showed them lately; sound: leave out what can't be heard.
    """
    refused = select(schema.dislike.c.song).where(schema.dislike.c.member == member)
    query = select(ENTRY.c.song).where(ENTRY.c.key >= start, ENTRY.c.song.not_in(refused), _belongs(everything))
    if late is not None:
        held = select(schema.liked.c.song).where(schema.liked.c.member == member)
        query = query.where(ENTRY.c.song.not_in(of_late(member, late)), ENTRY.c.song.not_in(held))
    if sound is not None:
        query = query.where(_is_heard(sound))
    return (await tx.execute(query.order_by(ENTRY.c.key).limit(1))).scalar_one_or_none()


async def strangers_to(tx: Tx, members: Sequence[int], limit: int) -> list[str]:
    """Return songs that have a point and that none of the members likes: the same each time, as if drawn at random."""
    theirs = select(schema.liked.c.song).where(schema.liked.c.member.in_(members))
    query = select(ENTRY.c.song).where(ENTRY.c.point.is_not(None), ENTRY.c.song.not_in(theirs), _belongs())
    return list((await tx.execute(query.order_by(ENTRY.c.key).limit(limit))).scalars())


async def still(tx: Tx, everything: bool, ids: Sequence[str]) -> set[str]:
    """Return those of the songs that belong right now, whatever memory says."""
    return set((await tx.execute(select(ENTRY.c.song).where(ENTRY.c.song.in_(ids), _belongs(everything)))).scalars())


async def heard(tx: Tx, ids: Sequence[str], sound: Sound) -> set[str]:
    """Return those of the songs that can be heard."""
    return set((await tx.execute(select(ENTRY.c.song).where(ENTRY.c.song.in_(ids), _is_heard(sound)))).scalars())


async def by_key(tx: Tx, key: str) -> str | None:
    return (await tx.execute(select(ENTRY.c.song).where(ENTRY.c.key == key))).scalar_one_or_none()


async def search(tx: Tx, everything: bool, typed: str, limit: int) -> list[Song]:
    """Return songs of the catalogue whose title contains what was typed; for autocomplete."""
    shared = select(SONG).join(ENTRY, ENTRY.c.song == SONG.c.song).where(_belongs(everything))
    titled = shared.where(SONG.c.title.icontains(typed, autoescape=True)).order_by(SONG.c.title)
    named = await every(tx, Song, titled.limit(limit))
    files = select(RECORDING).where(_is_file(), RECORDING.c.title.icontains(typed, autoescape=True))
    named += [_as_song(row) for row in await tx.execute(files.order_by(RECORDING.c.title).limit(limit))]
    return named[:limit]


async def described(tx: Tx, ids: Sequence[str], member: int = schema.OPERATOR) -> dict[str, Song]:
    """Return the songs' names, for everybody or a member; files by their tags."""
    named = await songs.some(tx, ids, member)
    local = [song for song in ids if song.startswith(LOCAL)]
    query = select(RECORDING, ENTRY.c.song).join(ENTRY, ENTRY.c.path == RECORDING.c.path)
    return named | {row.song: _as_song(row) for row in await tx.execute(query.where(ENTRY.c.song.in_(local)))}


async def features(tx: Tx, described: Mapping[str, Song]) -> dict[str, SongFeatures]:
    """Return the songs' features that everybody may see, files included."""
    others = [song for song in described.values() if not song.song.startswith(LOCAL)]
    known = await songs.features(tx, schema.OPERATOR, others)
    paths = {song: path for song in described if song.startswith(LOCAL) and (path := await path_of(tx, song))}
    heard = await recordings.heard(tx, paths.values())
    return known | {song: heard.get(path, SongFeatures()) for song, path in paths.items()}


async def path_of(tx: Tx, song: str) -> str | None:
    """Return the operator's file of a song, None if there's none."""
    table = ENTRY if song.startswith(LOCAL) else MATCH
    path: str | None = (await tx.execute(select(table.c.path).where(table.c.song == song))).scalar_one_or_none()
    return path


async def digest_of(tx: Tx, path: str) -> str | None:
    """Return the digest of a file's content when it was analysed."""
    return (await tx.execute(select(RECORDING.c.digest).where(RECORDING.c.path == path))).scalar_one_or_none()


def _as_song(row: Any) -> Song:
    return Song(
        song=LOCAL + row.digest[:32],
        title=row.title or PurePath(row.path).stem,
        artists=tuple(row.artists),
        album=row.album,
        year=row.year,
        duration_ms=round(1000 * row.duration) if row.duration else None,
    )
