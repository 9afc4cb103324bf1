"""Imports: make a file of songs a member's library, or add it to what they imported before."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import astuple, dataclass, field, replace
from datetime import datetime
from itertools import islice
from weakref import WeakKeyDictionary

from bot.adapters.store import Store, Tx, personal_data
from bot.adapters.store.account import members, notices
from bot.adapters.store.library import own_features, songs
from bot.core import limits
from bot.core.codes import track_uri
from bot.core.features import bounded
from bot.core.library import tables
from bot.core.notices import NoticeKind
from bot.core.records import Member, Song
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

MOST_NAMED = 10  # bad rows named one by one
LONGEST_NAME = 100  # characters of a file's name that are stored
SLICE = 50  # songs stored per transaction: others write in between
MOMENT = 3  # seconds; whoever waits for longer waits for another process that reads
BEING_READ: WeakKeyDictionary[Store, set[int]] = WeakKeyDictionary()  # members whose file is being read
Fetch = Callable[[], Awaitable[bytes]]
Row = tables.BadRow | tables.NoSong
Named = tuple[str, str | None, tables.Table]  # the file's name in an archive, the playlist that it is, its rows


@dataclass(frozen=True, slots=True)
class Imported:
    """The result of importing a file: songs read, songs in the library now, rows left out and why.

    spoken: rows for episodes and local files. over: songs beyond the limit. linked: the library comes from Spotify, so
    only the songs' features were stored. held: the songs of each playlist that came as a file in an archive, or in
    Spotify's own export. unread: files in it that hold no songs we can read. nameless: songs without a Spotify ID or
    ISRC, where linked: nobody can tell which of their songs they are.
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
    nameless: int = 0


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
        await songs.mark_changed(tx, member, now)
        await members.change(tx, member, importing=None)
        total = await songs.count(tx, member)
    counts = (len(reading.seen), total, reading.with_features, reading.bad, reading.bad_rows, reading.spoken)
    return Imported(*counts, linked, reading.over, reading.held, reading.unread, reading.nameless)


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
            keyed = {song.like.song.song: song for song in await _like(tx, theirs, reading, piece)}
        else:
            keyed = {key: song for song in piece if (key := _at_spotify(song.like.song))}
            reading.nameless += sum(_at_spotify(song.like.song) is None for song in piece)
        said = {key: bounded(song.features) for key, song in keyed.items() if song.features.known}
        reading.with_features += await own_features.add(tx, member, said, limits.SONGS, now)
    reading.since = theirs.created_at


def _at_spotify(song: Song) -> str | None:
    """Return the key by which a song of Spotify's has its features; None if a file names it by title and artists."""
    return track_uri(song.song) or (f"isrc:{song.isrc}" if song.isrc else None)


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
        self.bad_rows = self.spoken = self.with_features = self.over = self.nameless = 0
        self.held: dict[str, list[str]] = {}
        self.unread: list[str] = []
        self._rows = self._rows_of(self._tables(data))

    def next(self) -> list[tables.TableSong]:
        """Return the next songs, each once; an empty list at the end."""
        return list(islice(self._songs(), SLICE))

    def _tables(self, data: bytes) -> list[Named]:
        """Return the tables in a file. Raises BadFile if none can be read."""
        parts, found = archived(self.name, data), list[Named]()
        for part in parts:
            try:
                found.append((part.name, part.playlist, table_of(part.name, part.data)))
            except BadFile:
                self.unread.append(part.name)
        return found or [("", None, table_of(self.name, data))]

    def _rows_of(self, found: Iterable[Named]) -> Iterator[tables.TableSong | Row]:
        for file, playlist, table in found:
            for row in tables.songs_in(table, own_features.SOURCE):
                if isinstance(row, tables.TableSong) and (name := playlist or tables.playlist_named(row.playlist)):
                    self.held.setdefault(name, []).append(row.like.song.song)
                yield replace(row, file=file) if isinstance(row, tables.BadRow) else row

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
