"""Library: a member's liked songs, read from Spotify or from a file they upload."""

import asyncio
import csv
import hashlib
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.adapters.store import Store, members, songs
from bot.core.features import SongFeatures, column, features_from_row
from bot.core.records import Account, Like, Playlist, Song
from bot.errors import BadFile
from bot.flows.likes import Progress, gone, look, settle
from bot.ports import Likes, Music

MOST_BYTES = 20_000_000  # of an uploaded file; a library of 50,000 songs has about 10 MB
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

    `linked`: the library is the one at Spotify, so that only what is known of the songs was kept.
    """

    songs: int
    total: int
    with_features: int
    bad: list[str] = field(default_factory=list)
    bad_rows: int = 0
    linked: bool = False


async def import_file(store: Store, member: int, name: str, data: bytes, now: datetime) -> Imported:
    """Make an Exportify-style CSV the member's library, or add it to what they imported before.

    Rows without a title are counted and named, the rest is kept. Raises BadFile for what is no such file.
    """
    read = await asyncio.to_thread(_read, name, data)  # 50,000 rows take seconds
    known = {song: each for song, each in read.features.items() if each.known}
    async with store.writing() as tx:
        await members.ensure(tx, member, now)
        linked = await members.account(tx, member) is not None
        if not linked:
            await members.change(tx, member, source="file")
            await songs.like(tx, member, read.likes.values(), now)
        await songs.save_features(tx, member, "csv", known, now)
        total = await songs.count(tx, member)
    return Imported(len(read.likes), total, len(known), read.bad[:MOST_NAMED], len(read.bad), linked)


@dataclass(frozen=True, slots=True)
class _Read:
    likes: dict[str, Like] = field(default_factory=dict)
    features: dict[str, SongFeatures] = field(default_factory=dict)
    bad: list[str] = field(default_factory=list)


def _read(name: str, data: bytes) -> _Read:
    """Read a file row by row. Raises BadFile when there is no song in it."""
    found = _Read()
    for number, row in enumerate(_rows(name, data), start=2):  # line 1 is the header
        try:
            like = _like(row)
        except ValueError as problem:
            found.bad.append(f"line {number}: {problem}")
            continue
        found.likes.setdefault(like.song.song, like)
        found.features[like.song.song] = features_from_row(row, "csv")
    if not found.likes:
        raise BadFile(f"{name} has no song in it that I can read. {'; '.join(found.bad[:3])}".strip())
    return found


def _rows(name: str, data: bytes) -> Iterator[Mapping[str, str]]:
    """Return the rows of a CSV file, by its own column names. Raises BadFile."""
    if len(data) > MOST_BYTES:
        raise BadFile(f"{name} is too large: up to {MOST_BYTES // 1_000_000} MB, please.")
    if b"\0" in data[:4096]:
        raise BadFile(f"{name} is not a CSV file. Exportify (exportify.net) makes one from your Spotify library.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    reader = csv.DictReader(io.StringIO(text, newline=""), restval="")
    found = {column(header) for header in reader.fieldnames or () if header}
    if not found & TITLE or not found & ARTISTS:
        raise BadFile(
            f"{name} has no columns for title and artists (such as “Track Name” and “Artist Name(s)”): "
            f"I found {', '.join(sorted(found)[:8]) or 'none'}."
        )
    return _checked(name, reader)


def _checked(name: str, reader: "csv.DictReader[str]") -> Iterator[Mapping[str, str]]:
    try:
        yield from reader
    except csv.Error as error:
        raise BadFile(f"{name} is broken at line {reader.line_num}: {error}.") from None


HEADER = ("Track URI", "Track Name", "Artist Name(s)", "Album Name", "Added At")  # as Exportify writes them
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # spreadsheets would run what begins so


async def as_csv(store: Store, music: Music, playlist: Playlist) -> tuple[str, bytes]:
    """Return a playlist as a file (name, content) that /library import, Exportify and spreadsheets read."""
    contents = await music.contents(playlist.ref)
    async with store.reading() as tx:
        known = await songs.some(tx, (song for song in contents.songs if song))
    rows = [(known[item.song], item.added_at) for item in contents.items if item.song in known]
    return csv_of(playlist.name, playlist.playlist, rows)


def csv_of(name: str, number: int, rows: Iterable[tuple[Song, datetime | None]]) -> tuple[str, bytes]:
    """Return songs, each with the moment it was added, as such a file."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEADER)
    for song, added_at in rows:
        writer.writerow([_harmless(cell) for cell in _cells(song, added_at)])
    bare = re.sub(r"[^\w-]+", "_", name).strip("_")[:60]
    return f"{bare or 'playlist'}_{number}.csv", text.getvalue().encode("utf-8-sig")


def _cells(song: Song, added_at: datetime | None) -> list[str]:
    moment = added_at.isoformat() if added_at else ""
    return [song.song, song.title, ";".join(song.artists), song.album or "", moment]


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell


TITLE = {"track_name", "name", "title", "song_title"}
ARTISTS = {"artists"}
IDS = ("track_uri", "uri", "track_id", "spotify_id", "id")


def _like(row: Mapping[str, str]) -> Like:
    """Read one row. Raises ValueError, which says what it lacks."""
    plain = {column(header): (text or "").strip() for header, text in row.items() if header and isinstance(text, str)}
    title = next((plain[name] for name in sorted(TITLE) if plain.get(name)), "")
    artists = _names(plain.get("artists", ""))
    if not title:
        raise ValueError("no title")
    if not artists:
        raise ValueError(f"no artist for “{title[:60]}”")
    milliseconds = plain.get("duration_ms", "").partition(".")[0]
    song = Song(
        song=_identity(plain, title, artists),
        title=title,
        artists=artists,
        album=plain.get("album") or None,
        year=int(plain["year"][:4]) if plain.get("year", "")[:4].isdigit() else None,
        duration_ms=int(milliseconds) if milliseconds.isdigit() else None,
        isrc=plain.get("isrc") or None,
    )
    return Like(song, _moment(plain.get("added_at", "")))


def _names(text: str) -> tuple[str, ...]:
    parts = text.split(";" if ";" in text else ",")
    return tuple(part.strip() for part in parts if part.strip())


def _identity(plain: Mapping[str, str], title: str, artists: tuple[str, ...]) -> str:
    """Return the song's Spotify URI where the row has it, else a name made of title and artists."""
    given = next((plain[name] for name in IDS if plain.get(name)), "")
    bare = given.removeprefix("spotify:track:")
    if bare.isalnum() and len(bare) == 22:
        return f"spotify:track:{bare}"
    words = "\n".join((title, *artists)).casefold()
    return f"file:{hashlib.sha256(words.encode()).hexdigest()[:24]}"


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
