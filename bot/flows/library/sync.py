"""Library: a member's liked songs, read from Spotify or from a file they upload."""

import asyncio
import io
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from weakref import WeakKeyDictionary

from bot.adapters.store import Store, Tx, personal_data
from bot.adapters.store.account import members
from bot.adapters.store.library import own_features, songs
from bot.adapters.store.sorting import playlists, writes
from bot.core import limits
from bot.core.features import bounded
from bot.core.library import tables
from bot.core.markup import escape
from bot.core.records import Account, Member, Playlist, Song
from bot.core.stand_ins import under_our_ids
from bot.errors import BadChoice, BadFile
from bot.flows.library.likes import PAGE, Progress, gone, look, settle, unwatched
from bot.flows.sorting import manual_edits
from bot.ports import Likes, Music

MOST_NAMED = 10  # bad rows that are told one by one
SLICE = 50  # songs that are kept in one transaction: others write between two of them
BEING_READ: WeakKeyDictionary[Store, set[int]] = WeakKeyDictionary()  # members whose file is read just now
ERASED = "Your data was deleted while I read your file, so nothing of it is kept."
Fetch = Callable[[], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Synced:
    """What a look at the likes brought. `calls` is what it cost."""

    total: int
    new: int
    gone: int
    calls: int


async def sync(store: Store, likes: Likes, account: Account, now: datetime, progress: Progress = unwatched) -> Synced:
    """Bring the library up to date: one call when nothing changed, ceil(N / 50) for a first sync of N songs.

    After the first sync, what is new is also `fresh`: it waits for the watch, through a crash as well. What is missing
    from Spotify's list is only let go of at a second look (promise P41).
    """
    async with store.reading() as tx:
        known = await songs.liked(tx, account.member)
    found = await look(store, likes, account, known, now, progress)
    missing = set() if found.unchanged else known.keys() - found.seen
    lost = await gone(likes, account, missing, len(known))
    doubtful = not found.unchanged and (found.rows != _readable(found.total) or lost != missing)
    await settle(store, account, found, lost, now, doubtful=doubtful)
    total = len(known) + found.new - len(lost) if found.total is None else found.total
    return Synced(total, found.new, len(lost), found.calls)


def _readable(total: int | None) -> int | None:
    """How many rows of Spotify's list a full look reads."""
    return None if total is None else min(total, -(-limits.SONGS // PAGE) * PAGE)


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file brought: songs read, songs in the library now, rows that were no song and why.

    spoken: rows for episodes and for files on somebody's disk. over: songs that there was no room for. linked: the
    library is the one at Spotify, so that only what is known of the songs was kept.
    """

    songs: int
    total: int
    with_features: int
    bad: list[str] = field(default_factory=list)
    bad_rows: int = 0
    spoken: int = 0
    linked: bool = False
    over: int = 0


async def import_file(store: Store, member: int, name: str, data: bytes, now: datetime) -> Imported:
    """Make a file of songs (`core.tables`) the member's library, or add it to what they imported before.

    Read and kept slice by slice, so that nobody waits for it. Cut short, the part that was kept stays, and importing
    the file again adds the rest. Rows without a title are counted and named, the rest is kept. Raises BadFile for what
    is no such file, BadChoice while another file of theirs is read, or when they were erased meanwhile.
    """

    async def given() -> bytes:
        return data

    return await import_fetched(store, member, name, given, now)


async def import_fetched(store: Store, member: int, name: str, fetch: Fetch, now: datetime) -> Imported:
    """Fetch a file, and do what `import_file` does. Refused before it is fetched while another one is being read."""
    with _one_at_a_time(store, member):
        async with store.reading() as tx:
            theirs = await members.get(tx, member)
        since = theirs.created_at if theirs is not None else None
        return await _import(store, member, since, await asyncio.to_thread(_Reading, name, await fetch()), now)


@contextmanager
def _one_at_a_time(store: Store, member: int) -> Iterator[None]:
    reading = BEING_READ.setdefault(store, set())
    if member in reading:
        raise BadChoice("I'm still reading the file you sent before. Send this one when I've answered.")
    if len(reading) >= limits.IMPORTS_AT_ONCE:
        raise BadChoice(f"I'm reading {limits.IMPORTS_AT_ONCE} files of other members. Send yours again in a minute.")
    reading.add(member)
    try:
        yield
    finally:
        reading.remove(member)


async def _import(store: Store, member: int, since: datetime | None, reading: "_Reading", now: datetime) -> Imported:
    """since: when the member was first heard of, None for who is new."""
    while piece := await asyncio.to_thread(reading.next):
        since = await _keep(store, member, since, reading, piece, now)
    if not reading.seen:
        named = "; ".join(map(escape, reading.bad[:3]))
        raise BadFile(f"{escape(reading.name)} has no song in it that I can read. {named}".strip())
    async with store.writing() as tx:
        linked = await members.account(tx, member) is not None
        await songs.tell(tx, member, now)
        total = await songs.count(tx, member)
    counts = (len(reading.seen), total, reading.with_features, reading.bad, reading.bad_rows, reading.spoken)
    return Imported(*counts, linked, reading.over)


async def _keep(
    store: Store,
    member: int,
    since: datetime | None,
    reading: "_Reading",
    piece: Sequence[tables.TableSong],
    now: datetime,
) -> datetime:
    """Keep a slice; return when its member was first heard of."""
    async with store.writing() as tx:
        theirs = await members.ensure(tx, member, now) if since is None else await members.get(tx, member)
        if (
            theirs is None
            or theirs.created_at != (since or theirs.created_at)
            or await personal_data.is_going(tx, member)
        ):
            raise BadChoice(ERASED)
        if await members.account(tx, member) is None:
            piece = await _like(tx, theirs, reading, piece)
        said = {each.like.song.song: bounded(each.features) for each in piece if each.features.known}
        reading.with_features += await own_features.add(tx, member, said, limits.SONGS, now)
    return theirs.created_at


async def _like(
    tx: Tx, theirs: Member, reading: "_Reading", piece: Sequence[tables.TableSong]
) -> Sequence[tables.TableSong]:
    """Add songs to the library as far as there is room; return those that are in it now."""
    member = theirs.member
    held = await songs.liked_of(tx, member, (each.like.song.song for each in piece))
    room = limits.SONGS - await songs.count(tx, member)
    new = [each for each in piece if each.like.song.song not in held]
    reading.over += max(0, len(new) - room)
    over = {each.like.song.song for each in new[max(0, room) :]}
    kept = [each for each in piece if each.like.song.song not in over]
    if theirs.source != "file":
        await members.change(tx, member, source="file")
    await songs.bring(tx, member, (each.like for each in kept))
    return kept


class _Reading:
    """A file that is read slice by slice, and what has come of it so far. Raises BadFile."""

    def __init__(self, name: str, data: bytes) -> None:
        self.name, self.seen = name, set[str]()
        self.bad: list[str] = []
        self.bad_rows = self.spoken = self.with_features = self.over = 0
        self._rows = tables.songs_in(table_of(name, data), own_features.SOURCE)

    def next(self) -> list[tables.TableSong]:
        """Return the next songs, none twice; an empty list at the end."""
        return list(islice(self._songs(), SLICE))

    def _songs(self) -> Iterator[tables.TableSong]:
        for row in self._rows:
            if isinstance(row, tables.BadRow):
                self.bad_rows += 1
                self.bad += [str(row)] if len(self.bad) < MOST_NAMED else []
            elif isinstance(row, tables.NoSong):
                self.spoken += 1
            elif row.like.song.song not in self.seen:
                self.seen.add(row.like.song.song)
                yield row


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
    contents = await music.contents(playlist.ref, await manual_edits.kept(store, playlist))
    async with store.reading() as tx:
        items = under_our_ids(contents.items, await writes.shown_as(tx, playlist.playlist))
        known = await songs.some(tx, (item.song for item in items if item.song), playlist.member)
    rows = [(known[item.song], item.added_at) for item in items if item.song in known]
    return csv_of(playlist.name, playlist.playlist, rows)


async def missing_in_export(store: Store, member: int) -> str | None:
    """Return why songs may be missing in the files: "writing" while a write is under way, "empty" where none stand."""
    async with store.reading() as tx:
        if await writes.unfinished(tx, member):
            return "writing"
        kept = await playlists.of_member(tx, member)
        return None if any([await playlists.count_items(tx, each.playlist) for each in kept]) else "empty"


def csv_of(name: str, number: int, rows: Iterable[tuple[Song, datetime | None]]) -> tuple[str, bytes]:
    """Return songs, each with the moment it was added, as such a file."""
    text = io.StringIO(newline="")
    tables.write(text, tables.OURS, (_cells(song, added_at) for song, added_at in rows))
    bare = re.sub(r"[^\w-]+", "_", name).strip("_")[:60]
    return f"{bare or 'playlist'}_{number}.csv", text.getvalue().encode("utf-8-sig")


def _cells(song: Song, added_at: datetime | None) -> list[str]:
    moment = added_at.isoformat() if added_at else ""
    return [song.song, song.title, tables.joined(song.artists), song.album or "", moment]
