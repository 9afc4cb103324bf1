"""Library: a member's liked songs, read from Spotify or from a file they upload."""

import asyncio
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from bot.adapters.store import Store, members, playlists, songs, writes
from bot.core import tables
from bot.core.features import SongFeatures
from bot.core.markup import escape
from bot.core.records import Account, Like, Playlist, Song
from bot.errors import BadFile
from bot.flows.likes import Progress, gone, look, settle
from bot.ports import Likes, Music

MOST_NAMED = 10  # bad rows that are told one by one


@dataclass(frozen=True, slots=True)
class Synced:
    """What a look at the likes brought. `calls` is what it cost."""

    total: int
    new: int
    gone: int
    calls: int


async def sync(store: Store, likes: Likes, account: Account, now: datetime, progress: Progress) -> Synced:
    """Bring the library up to date: one call when nothing changed, ceil(N / 50) for a first sync of N songs.

    After the first sync, what is new is also `fresh`: it waits for the watch, through a crash as well. What is missing
    from Spotify's list is only let go of at a second look (promise P41).
    """
    async with store.reading() as tx:
        known = await songs.liked(tx, account.member)
    found = await look(store, likes, account, known, now, progress)
    missing = set() if found.unchanged else known.keys() - found.seen
    lost = await gone(likes, account, missing, len(known))
    doubtful = not found.unchanged and (found.rows != found.total or lost != missing)
    await settle(store, account, found, lost, now, doubtful=doubtful)
    total = len(known) + found.new - len(lost) if found.total is None else found.total
    return Synced(total, found.new, len(lost), found.calls)


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file brought: songs read, songs in the library now, rows that were no song and why.

    spoken: rows for episodes and for files on somebody's disk. linked: the library is the one at Spotify, so that only
    what is known of the songs was kept.
    """

    songs: int
    total: int
    with_features: int
    bad: list[str] = field(default_factory=list)
    bad_rows: int = 0
    spoken: int = 0
    linked: bool = False


async def import_file(store: Store, member: int, name: str, data: bytes, now: datetime) -> Imported:
    """Make a file of songs (`core.tables`) the member's library, or add it to what they imported before.

    Rows without a title are counted and named, the rest is kept. Raises BadFile for what is no such file.
    """
    read = await asyncio.to_thread(_read, name, data)  # 50,000 rows take seconds
    known = {song: each for song, each in read.features.items() if each.known}
    async with store.writing() as tx:
        await members.ensure(tx, member, now)
        linked = await members.account(tx, member) is not None
        if not linked:
            await members.change(tx, member, source="file")
            await songs.bring(tx, member, read.likes.values())
        await songs.save_features(tx, member, "csv", known, now)
        total = await songs.count(tx, member)
    return Imported(len(read.likes), total, len(known), read.bad[:MOST_NAMED], len(read.bad), read.spoken, linked)


@dataclass(slots=True)
class _Read:
    likes: dict[str, Like] = field(default_factory=dict)
    features: dict[str, SongFeatures] = field(default_factory=dict)
    bad: list[str] = field(default_factory=list)
    spoken: int = 0


def _read(name: str, data: bytes) -> _Read:
    """Read a file row by row. Raises BadFile when there is no song in it."""
    found = _Read()
    for row in tables.songs_in(table_of(name, data), "csv"):
        if isinstance(row, tables.BadRow):
            found.bad.append(str(row))
        elif isinstance(row, tables.NoSong):
            found.spoken += 1
        else:
            found.likes.setdefault(row.like.song.song, row.like)
            found.features[row.like.song.song] = row.features
    if not found.likes:
        raise BadFile(
            f"{escape(name)} has no song in it that I can read. {'; '.join(map(escape, found.bad[:3]))}".strip()
        )
    return found


def table_of(name: str, data: bytes) -> tables.Table:
    """Return a member's file as a table of songs. Raises BadFile, which says what it is instead."""
    if len(data) > tables.MOST_BYTES:
        raise BadFile(f"{escape(name)} is too large: up to {tables.MOST_BYTES // 1_000_000} MB, please.")
    try:
        found = tables.Table(data)
    except tables.NotATable as problem:
        raise BadFile(f"{escape(name)} {escape(str(problem), 400)}") from None
    if not tables.names_songs(found):
        headers = ", ".join(escape(header, 40) for header in found.headers[:8] if header)
        raise BadFile(
            f"{escape(name)} has no columns for title and artists (such as “Track Name” and “Artist Name(s)”): "
            f"I found {headers or 'none'}."
        )
    return found


async def as_csv(store: Store, music: Music, playlist: Playlist) -> tuple[str, bytes]:
    """Return a playlist as a file (name, content) that /library import, Exportify and spreadsheets read."""
    contents = await music.contents(playlist.ref)
    async with store.reading() as tx:
        known = await songs.some(tx, (song for song in contents.songs if song), playlist.member)
    rows = [(known[item.song], item.added_at) for item in contents.items if item.song in known]
    return csv_of(playlist.name, playlist.playlist, rows)


async def missing_in_export(store: Store, member: int) -> str | None:
    """Return why songs may be missing in the files: "writing" while a write is under way, "empty" where none stand."""
    async with store.reading() as tx:
        if await writes.unfinished(tx, member):
            return "writing"
        kept = await playlists.of_member(tx, member)
        return None if any([await playlists.items(tx, each.playlist) for each in kept]) else "empty"


def csv_of(name: str, number: int, rows: Iterable[tuple[Song, datetime | None]]) -> tuple[str, bytes]:
    """Return songs, each with the moment it was added, as such a file."""
    text = io.StringIO(newline="")
    tables.write(text, tables.OURS, (_cells(song, added_at) for song, added_at in rows))
    bare = re.sub(r"[^\w-]+", "_", name).strip("_")[:60]
    return f"{bare or 'playlist'}_{number}.csv", text.getvalue().encode("utf-8-sig")


def _cells(song: Song, added_at: datetime | None) -> list[str]:
    moment = added_at.isoformat() if added_at else ""
    return [song.song, song.title, tables.joined(song.artists), song.album or "", moment]
