"""Sync: read a member's liked songs from Spotify, or from a file they upload."""

import asyncio
import io
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import astuple, dataclass, field
from datetime import datetime
from itertools import islice
from weakref import WeakKeyDictionary

from bot.adapters.store import Store, Tx, personal_data
from bot.adapters.store.account import members, notices
from bot.adapters.store.library import own_features, songs
from bot.adapters.store.sorting import playlists, writes
from bot.core import limits
from bot.core.features import bounded
from bot.core.library import tables
from bot.core.notices import NoticeKind
from bot.core.records import Account, Member, Playlist, Song
from bot.core.sorting.writing.stand_ins import under_our_ids
from bot.errors import BadFile
from bot.errors.library import (
    ErasedMeanwhile,
    FileTooLarge,
    ForeignFile,
    ManyImports,
    NoSongColumns,
    NoSongsInFile,
    StillReadingFile,
)
from bot.flows.library.likes import Progress, StoredLibrary, gone, read_likes, settle, unwatched
from bot.flows.sorting.writing import manual_edits
from bot.ports import Likes, Music

MOST_NAMED = 10  # bad rows named one by one
LONGEST_NAME = 100  # characters of a file's name that are stored
SLICE = 50  # songs stored per transaction: others write in between
MOMENT = 3  # seconds; whoever waits for longer waits for another process that reads
BEING_READ: WeakKeyDictionary[Store, set[int]] = WeakKeyDictionary()  # members whose file is being read
Added = tuple[Song, datetime | None]  # a song, and when it was added
Fetch = Callable[[], Awaitable[bytes]]
Row = tables.BadRow | tables.NoSong


@dataclass(frozen=True, slots=True)
class Synced:
    """The result of a sync. `calls`: requests it took."""

    total: int
    new: int
    gone: int
    calls: int


async def sync(store: Store, likes: Likes, account: Account, now: datetime, progress: Progress = unwatched) -> Synced:
    """Bring the library up to date: one call if nothing changed, ceil(N / 50) for a first sync of N songs.

    After the first sync, new songs are also `fresh`: they wait to be sorted, even across a crash. Songs missing from
    Spotify's list are only removed once a second sync confirms it (promise P41).
    """
    async with store.reading() as tx:
        library = StoredLibrary(account, await songs.liked(tx, account.member))
    seen = await read_likes(store, likes, library, now, progress)
    lost = await gone(likes, library, seen)
    await settle(store, library, seen, lost, now)
    total = len(library.songs) + seen.new - len(lost) if seen.total is None else seen.total
    return Synced(total, seen.new, len(lost), seen.calls)


@dataclass(frozen=True, slots=True)
class Imported:
    """The result of importing a file: songs read, songs in the library now, rows left out and why.

    spoken: rows for episodes and local files. over: songs beyond the limit. linked: the library comes from Spotify, so
    only the songs' features were stored. held: the songs of each playlist that came as a file in an archive. unread:
    files in it that hold no songs we can read.
    """

    songs: int
    total: int
    with_features: int
    bad: Sequence[tables.BadRow] = ()
    bad_rows: int = 0
    spoken: int = 0
    linked: bool = False
    over: int = 0
    held: Mapping[str, Sequence[str]] = field(default_factory=dict)
    unread: Sequence[str] = ()


async def import_file(store: Store, member: int, name: str, data: bytes, now: datetime) -> Imported:
    """Make a file of songs (`core.library.tables`) the member's library, or add it to earlier imports.

    It's read and stored in slices, so nobody waits for it. If interrupted, the stored part stays, the next start tells
    the member, and importing again adds the rest. Rows without a title are counted and named. Raises BadFile if it
    isn't such a file, StillReadingFile while another of the member's files is being read, ErasedMeanwhile if the member
    was erased during it.
    """

    async def given() -> bytes:
        return data

    return await import_fetched(store, member, name, given, now)


async def import_fetched(store: Store, member: int, name: str, fetch: Fetch, now: datetime) -> Imported:
    """Fetch a file and import it as `import_file` does. Refused before fetching while another one is being read."""
    with _one_at_a_time(store, member):
        async with _alone(store, member):
            async with store.reading() as tx:
                theirs = await members.get(tx, member)
            reading = await asyncio.to_thread(_Reading, name, await fetch())
            reading.since = theirs.created_at if theirs is not None else None
            return await _import(store, member, reading, now)


async def tell_interrupted(store: Store, now: datetime) -> None:
    """Tell members whose import a crash or a full disk interrupted, once each; not while any process still reads it."""
    async with store.reading() as tx:
        begun = await members.importing(tx)
    for member in begun:
        with suppress(StillReadingFile):
            async with _alone(store, member), store.writing() as tx:
                if file := (await members.importing(tx)).get(member):
                    await members.change(tx, member, importing=None)
                    await notices.add(tx, member, NoticeKind.INTERRUPTED, {"file": file}, now)


@asynccontextmanager
async def _alone(store: Store, member: int) -> AsyncIterator[None]:
    """Keep the member's other files from being read meanwhile. Raises StillReadingFile if any process reads one."""
    async with AsyncExitStack() as held:
        try:
            async with asyncio.timeout(MOMENT):
                await held.enter_async_context(store.lock(("import", member)))
        except TimeoutError:
            raise StillReadingFile from None
        yield


@contextmanager
def _one_at_a_time(store: Store, member: int) -> Iterator[None]:
    reading = BEING_READ.setdefault(store, set())
    if member in reading:
        raise StillReadingFile
    if len(reading) >= limits.IMPORTS_AT_ONCE:
        raise ManyImports(limits.IMPORTS_AT_ONCE)
    reading.add(member)
    try:
        yield
    finally:
        reading.remove(member)


async def _import(store: Store, member: int, reading: "_Reading", now: datetime) -> Imported:
    """Read and store a file."""
    while piece := await asyncio.to_thread(reading.next):
        await _keep(store, member, reading, piece, now)
    if not reading.seen:
        raise NoSongsInFile(reading.name, *(astuple(reading.bad[0]) if reading.bad else ()))
    async with store.writing() as tx:
        linked = await members.account(tx, member) is not None
        await songs.tell(tx, member, now)
        await members.change(tx, member, importing=None)
        total = await songs.count(tx, member)
    counts = (len(reading.seen), total, reading.with_features, reading.bad, reading.bad_rows, reading.spoken)
    return Imported(*counts, linked, reading.over, reading.held, reading.unread)


async def _keep(
    store: Store, member: int, reading: "_Reading", piece: Sequence[tables.TableSong], now: datetime
) -> None:
    """Store a slice. Raises ErasedMeanwhile if its member isn't the one who began."""
    since = reading.since
    async with store.writing() as tx:
        theirs = await members.ensure(tx, member, now) if since is None else await members.get(tx, member)
        if (
            theirs is None
            or theirs.created_at != (since or theirs.created_at)
            or await personal_data.is_going(tx, member)
        ):
            raise ErasedMeanwhile
        await members.change(tx, member, importing=reading.name[:LONGEST_NAME])
        if await members.account(tx, member) is None:
            piece = await _like(tx, theirs, reading, piece)
        said = {song.like.song.song: bounded(song.features) for song in piece if song.features.known}
        reading.with_features += await own_features.add(tx, member, said, limits.SONGS, now)
    reading.since = theirs.created_at


async def _like(
    tx: Tx, theirs: Member, reading: "_Reading", piece: Sequence[tables.TableSong]
) -> Sequence[tables.TableSong]:
    """Add songs to the library while there's room; return those that are in it now."""
    member = theirs.member
    held = await songs.liked_of(tx, member, (song.like.song.song for song in piece))
    room = limits.SONGS - await songs.count(tx, member)
    new = [song for song in piece if song.like.song.song not in held]
    reading.over += max(0, len(new) - room)
    over = {song.like.song.song for song in new[max(0, room) :]}
    kept = [song for song in piece if song.like.song.song not in over]
    if theirs.source != "file":
        await members.change(tx, member, source="file")
    await songs.bring(tx, member, (song.like for song in kept))
    return kept


class _Reading:
    """A file being read in slices, and the counts so far. Raises BadFile.

    since: when its member was first stored; None before they are.
    """

    def __init__(self, name: str, data: bytes) -> None:
        self.name, self.seen = name, set[str]()
        self.since: datetime | None = None
        self.bad: list[tables.BadRow] = []
        self.bad_rows = self.spoken = self.with_features = self.over = 0
        self.held: dict[str, list[str]] = {}
        self.unread: list[str] = []
        self._rows = self._rows_of(self._tables(data))

    def next(self) -> list[tables.TableSong]:
        """Return the next songs, each once; an empty list at the end."""
        return list(islice(self._songs(), SLICE))

    def _tables(self, data: bytes) -> list[tuple[str | None, tables.Table]]:
        """Return the tables in a file, each with the playlist that it is. Raises BadFile if none can be read."""
        parts, found = archived(self.name, data), list[tuple[str | None, tables.Table]]()
        for part in parts:
            try:
                found.append((part.playlist, table_of(part.name, part.data)))
            except BadFile:
                self.unread.append(part.name)
        return found or [(None, table_of(self.name, data))]

    def _rows_of(self, found: Iterable[tuple[str | None, tables.Table]]) -> Iterator[tables.TableSong | Row]:
        for playlist, table in found:
            for row in tables.songs_in(table, own_features.SOURCE):
                if playlist is not None and isinstance(row, tables.TableSong):
                    self.held.setdefault(playlist, []).append(row.like.song.song)
                yield row

    def _songs(self) -> Iterator[tables.TableSong]:
        for row in self._rows:
            if isinstance(row, tables.BadRow):
                self.bad_rows += 1
                self.bad += [row] if len(self.bad) < MOST_NAMED else []
            elif isinstance(row, tables.NoSong):
                self.spoken += 1
            elif row.like.song.song not in self.seen:
                self.seen.add(row.like.song.song)
                yield row


def archived(name: str, data: bytes) -> list[tables.Part]:
    """Return the files in an archive, none if it isn't one. Raises FileTooLarge if they unpack to too much."""
    try:
        return tables.parts(data, tables.MOST_BYTES)
    except tables.TooMuch:
        raise FileTooLarge(name, tables.MOST_BYTES // 1_000_000) from None


def table_of(name: str, data: bytes) -> tables.Table:
    """Return a member's file as a table of songs. Raises FileTooLarge, ForeignFile, NoSongColumns."""
    if len(data) > tables.MOST_BYTES:
        raise FileTooLarge(name, tables.MOST_BYTES // 1_000_000)
    try:
        table = tables.Table(tables.as_csv(data) or data)
    except tables.NotATable as problem:
        raise ForeignFile(name, problem.kind) from None
    if not tables.names_songs(table):
        raise NoSongColumns(name, ", ".join(header[:40] for header in table.headers[:8] if header))
    return table


@dataclass(frozen=True, slots=True)
class Exported:
    """A playlist as a file, and how many of its songs it lacks: we know the titles of liked songs only."""

    name: str
    data: bytes
    unnamed: int


async def exported(store: Store, music: Music, playlist: Playlist, form: str = "csv") -> Exported:
    """Return a playlist as a file in one of FORMATS, each of which /library import reads as the same songs."""
    contents = await music.contents(playlist.ref, await manual_edits.kept(store, playlist))
    async with store.reading() as tx:
        items = under_our_ids(contents.items, await writes.shown_as(tx, playlist.playlist))
        known = await songs.some(tx, (item.song for item in items if item.song), playlist.member)
    rows = [(known[item.song], item.added_at) for item in items if item.song in known]
    unnamed = sum(item.song is not None for item in items) - len(rows)
    return Exported(*await asyncio.to_thread(FORMATS[form], playlist.name, playlist.playlist, rows), unnamed)


async def missing_in_export(store: Store, member: int) -> str | None:
    """Return why exports may lack songs: "writing" during a write, "empty" if nothing is stored, else None."""
    async with store.reading() as tx:
        if await writes.unfinished(tx, member):
            return "writing"
        kept = await playlists.of_member(tx, member)
        return None if any([await playlists.count_items(tx, playlist.playlist) for playlist in kept]) else "empty"


def csv_of(name: str, number: int, rows: Iterable[Added]) -> tuple[str, bytes]:
    """Return songs, each with the moment it was added, as a CSV file (name, content)."""
    text = io.StringIO(newline="")
    tables.write(text, tables.OURS, (_cells(song, added_at) for song, added_at in rows))
    return f"{_file_name(name, number)}.csv", text.getvalue().encode("utf-8-sig")


def m3u8_of(name: str, number: int, rows: Iterable[Added]) -> tuple[str, bytes]:
    return f"{_file_name(name, number)}.m3u8", tables.m3u8(name, (song for song, _added in rows)).encode()


def jspf_of(name: str, number: int, rows: Iterable[Added]) -> tuple[str, bytes]:
    return f"{_file_name(name, number)}.jspf", tables.jspf(name, (song for song, _added in rows)).encode()


FORMATS: Mapping[str, Callable[[str, int, Iterable[Added]], tuple[str, bytes]]] = {
    "csv": csv_of,  # Exportify and spreadsheets read it as well
    "m3u8": m3u8_of,
    "jspf": jspf_of,
}


def _file_name(name: str, number: int) -> str:
    bare = re.sub(r"[^\w-]+", "_", name).strip("_")[:60]
    return f"{bare or 'playlist'}_{number}"


def _cells(song: Song, added_at: datetime | None) -> list[str]:
    moment = added_at.isoformat() if added_at else ""
    return [song.song, song.title, tables.joined(song.artists), song.album or "", moment]
