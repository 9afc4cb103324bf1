"""Catalogue: the songs that may be recommended. Opt-in: it holds nobody's likes unless they joined.

Members who haven't joined see only the operator's files; those who have see what others share, and share their likes.
The database says which songs belong. Memory holds only the points, and every song found there is checked against the
database before it's shown, so a song taken out is gone at once.
"""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.adapters.store import Store, Tx
from bot.adapters.store.account import members
from bot.adapters.store.feed import catalogue
from bot.adapters.store.feed.catalogue import Sound
from bot.adapters.store.feed.feed_history import Late
from bot.adapters.store.library import songs
from bot.core.features import SongFeatures
from bot.core.library.merge import Origin
from bot.core.records import Clip, Song
from bot.errors import NoClip, NothingThereYet
from bot.errors.feed import NotInCatalogue, OnlyYours
from bot.flows.feed.catalogue_index import KEY_BYTES, Points, key
from bot.flows.feed.clips import Clips
from bot.ports import Clock

MOST_ON_A_PAGE = 100


@dataclass(frozen=True, slots=True)
class Entry:
    """A song of the catalogue. numbers: its features by name; highlight: seconds into the song, None if unknown so far.

    clip: whether we have its file, and so can cut a clip.
    """

    song: Song
    numbers: Mapping[str, float]
    highlight: float | None
    clip: bool

    @property
    def key(self) -> str:
        """Return what a button carries to name this song."""
        return key(self.song.song)


@dataclass(frozen=True, slots=True)
class About:
    """What the asking member may know about a song. entry: None if it's theirs alone and not in the catalogue."""

    song: Song
    features: SongFeatures
    entry: Entry | None


@dataclass(frozen=True, slots=True)
class CataloguePage:
    """Some entries in order of id; next: the cursor of the next page, None at the end."""

    entries: tuple[Entry, ...]
    next: str | None


async def show_to_others(tx: Tx, member: int, song: Song, now: datetime) -> None:
    """Keep a song's name for everybody, even if its file goes. Raises OnlyYours if only the member names it."""
    if await songs.owned(tx, member, [song.song]):
        raise OnlyYours
    if await songs.get(tx, song.song) is None:  # one of the operator's files
        await songs.save(tx, [song], now, Origin.OPERATOR)


class Catalogue:
    """`points.refresh` brings the catalogue up to date; everything else reads it."""

    def __init__(self, store: Store, clips: Clips, clock: Clock) -> None:
        self._store, self.points = store, Points(store, clock)
        self._clips = clips

    async def sees_all(self, tx: Tx, member: int) -> bool:
        """Return whether the member sees what others share, because they joined."""
        known = await members.get(tx, member)
        return known is not None and known.joined

    async def page(self, member: int, after: str | None, count: int, typed: str = "") -> CataloguePage:
        """Return the next entries after the cursor, in order of id; typed: what their titles must contain."""
        count = max(1, min(count, MOST_ON_A_PAGE))
        async with self._store.reading() as tx:
            ids = await catalogue.page(tx, await self.sees_all(tx, member), after or "", count + 1, typed)
            entries = await self._entries(tx, ids[:count])
        return CataloguePage(tuple(entries.values()), ids[count - 1] if len(ids) > count else None)

    async def entry(self, member: int, song: str) -> Entry:
        """Return one entry. Raises NotInCatalogue for a song the member can't see."""
        return (await self.seen(member, [song]))[song]

    async def seen(self, member: int, ids: Sequence[str]) -> dict[str, Entry]:
        """Return the songs' entries in the given order. Raises NotInCatalogue if there's one the member can't see."""
        entries = await self.visible(member, ids)
        if len(entries) < len(set(ids)):
            raise NotInCatalogue
        return entries

    async def visible(self, member: int, ids: Sequence[str]) -> dict[str, Entry]:
        """Return entries for those of the songs that the member can see now, in the given order."""
        async with self._store.reading() as tx:
            still = await catalogue.still(tx, await self.sees_all(tx, member), ids)
            return await self._entries(tx, [song for song in ids if song in still])

    async def about(self, member: int, song: str) -> About:
        """Return what we know about a song, the member's own or the catalogue's. Raises NotInCatalogue."""
        entry = (await self.visible(member, [song])).get(song)
        async with self._store.reading() as tx:
            if await songs.is_liked(tx, member, song) and (own := await songs.get(tx, song, member)):
                return About(own, (await songs.features(tx, member, [own]))[song], entry)
            if entry is None:
                raise NotInCatalogue
            return About(entry.song, (await catalogue.features(tx, {song: entry.song}))[song], entry)

    async def suggest(self, member: int, typed: str, limit: int) -> list[Song]:
        """Return songs the member likes or can see whose title contains what they typed; their own first."""
        async with self._store.reading() as tx:
            own = await songs.search(tx, member, typed, limit)
            others = await catalogue.search(tx, await self.sees_all(tx, member), typed, limit)
        return list({song.song: song for song in (*own, *others)}.values())[:limit]

    async def named(self, key: str) -> str:
        """Return the URI of the song with this key. Raises NotInCatalogue."""
        async with self._store.reading() as tx:
            song = await catalogue.by_key(tx, key)
        if song is None:
            raise NotInCatalogue
        return song

    async def random(self, member: int, late: Late | None = None, sound: Sound | None = None) -> Entry:
        """Draw an entry that the member can see and doesn't dislike. Raises NothingThereYet.

        late: leave out their likes and what the feed showed them lately. sound: leave out what can't be heard.
        """
        async with self._store.reading() as tx:
            sees_all = await self.sees_all(tx, member)
            starts = (secrets.token_hex(KEY_BYTES), "")  # wrap around if there's none after it
            drawn = [
                song for start in starts if (song := await catalogue.draw(tx, sees_all, member, start, late, sound))
            ]
            entries = await self._entries(tx, drawn[:1])
        if not entries:
            raise NothingThereYet
        return next(iter(entries.values()))

    async def clip(self, member: int, song: str) -> Clip:
        """Return a clip from the song's highlight.

        Raises NotInCatalogue, NoClip if we don't have its file, AudioError, TooOften.
        """
        await self.entry(member, song)
        async with self._store.reading() as tx:
            path = await catalogue.path_of(tx, song)
            digest = await catalogue.digest_of(tx, path) if path else None
        if path is None or digest is None:
            raise NoClip
        return await self._clips.cut(Path(path), digest, member)

    async def _entries(self, tx: Tx, ids: Sequence[str]) -> dict[str, Entry]:
        described = await catalogue.described(tx, ids)
        known = await catalogue.features(tx, described)
        entries: dict[str, Entry] = {}
        for song in ids:
            if song in described:
                path = await catalogue.path_of(tx, song)
                digest = await catalogue.digest_of(tx, path) if path else None
                highlight = await asyncio.to_thread(self._clips.highlight, digest) if digest else None
                entries[song] = Entry(described[song], known[song].numbers, highlight, digest is not None)
        return entries
