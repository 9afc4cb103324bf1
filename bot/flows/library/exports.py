"""Exports: a playlist as a file, in a form that an import reads again."""

import asyncio
import io
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.adapters.store import Store
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import playlists, writes
from bot.core.library import tables
from bot.core.records import Playlist, Song
from bot.core.sorting.writing.relinking import under_our_ids
from bot.flows.sorting.writing import manual_edits
from bot.ports import Music

Added = tuple[Song, datetime | None]  # a song, and when it was added


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
