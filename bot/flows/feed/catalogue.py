"""Catalogue: the songs that may be recommended. Opt-in: nobody's likes are in it unless they joined.

Who has not joined sees the operator's files alone; who has sees what the others share, and shares what they like. The
database says what belongs. Memory holds the points: it is read from there once, then follows; and what it names is
looked up in the database before it is shown, so that what was taken out is gone at once.
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.adapters.store import Store, Tx
from bot.adapters.store.account import members
from bot.adapters.store.feed import catalogue
from bot.adapters.store.feed.feed_history import Late
from bot.adapters.store.library import songs
from bot.core.features import SongFeatures
from bot.core.library.merge import Origin
from bot.core.records import Clip, Song
from bot.errors import BadChoice, NoClip, NothingThereYet
from bot.flows.feed.catalogue_index import KEY_BYTES, Points, key
from bot.flows.feed.clips import Clips

MOST_ON_A_PAGE = 100
GONE = "That song is not in the catalogue as you see it. `/feed join` adds what others share to the operator's music."


ONLY_YOURS = "I know that song only from a file of yours, so I can't show it to others."


@dataclass(frozen=True, slots=True)
class Entry:
    """A song of the catalogue. numbers: what is known of it, by name; peak: seconds, where it is known already.

    clip: whether a clip can be cut, for its file is here.
    """

    song: Song
    numbers: Mapping[str, float]
    peak: float | None
    clip: bool

    @property
    def key(self) -> str:
        """What a button carries for it."""
        return key(self.song.song)


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a song, to the member who asks. entry: None where it is their own and not in the catalogue."""

    song: Song
    features: SongFeatures
    entry: Entry | None


@dataclass(frozen=True, slots=True)
class CataloguePage:
    """Some entries, by id; next: what the following page is asked for with, None at the end."""

    entries: tuple[Entry, ...]
    next: str | None


async def show_to_others(tx: Tx, member: int, song: Song, now: datetime) -> None:
    """Have a song named to everybody, also when its file is gone. Raises BadChoice for one that only they describe."""
    if await songs.owned(tx, member, [song.song]):
        raise BadChoice(ONLY_YOURS)
    if await songs.get(tx, song.song) is None:  # a file of the operator's
        await songs.save(tx, [song], now, Origin.OPERATOR)


class Catalogue:
    """Built once. `points.refresh` brings it up to date; the rest reads."""

    def __init__(self, store: Store, clips: Clips, clock: Callable[[], datetime]) -> None:
        self._store, self.points = store, Points(store, clock)
        self._clips = clips

    async def sees_all(self, tx: Tx, member: int) -> bool:
        """Whether the member sees what others share: they joined."""
        known = await members.get(tx, member)
        return known is not None and known.joined

    async def page(self, member: int, after: str | None, count: int, typed: str = "") -> CataloguePage:
        """Return the next entries after the cursor, by id; typed: what their titles contain."""
        count = max(1, min(count, MOST_ON_A_PAGE))
        async with self._store.reading() as tx:
            ids = await catalogue.page(tx, await self.sees_all(tx, member), after or "", count + 1, typed)
            found = await self._entries(tx, ids[:count])
        return CataloguePage(tuple(found.values()), ids[count - 1] if len(ids) > count else None)

    async def entry(self, member: int, song: str) -> Entry:
        """Return one entry. Raises BadChoice for a song that the member cannot see."""
        return (await self.seen(member, [song]))[song]

    async def seen(self, member: int, ids: Sequence[str]) -> dict[str, Entry]:
        """Return entries of songs, in their order. Raises BadChoice where the member can see one of them not."""
        found = await self.visible(member, ids)
        if len(found) < len(set(ids)):
            raise BadChoice(GONE)
        return found

    async def visible(self, member: int, ids: Sequence[str]) -> dict[str, Entry]:
        """Return entries of those of the songs that the member can see at this moment, in their order."""
        async with self._store.reading() as tx:
            still = await catalogue.still(tx, await self.sees_all(tx, member), ids)
            return await self._entries(tx, [song for song in ids if song in still])

    async def about(self, member: int, song: str) -> About:
        """Return what is known of a song of theirs or of the catalogue. Raises BadChoice."""
        entry = (await self.visible(member, [song])).get(song)
        async with self._store.reading() as tx:
            if await songs.is_liked(tx, member, song) and (own := await songs.get(tx, song, member)):
                return About(own, (await songs.features(tx, member, [own]))[song], entry)
            if entry is None:
                raise BadChoice(GONE)
            return About(entry.song, (await catalogue.features(tx, {song: entry.song}))[song], entry)

    async def suggest(self, member: int, typed: str, limit: int) -> list[Song]:
        """Return songs that the member likes or can see, whose title contains what was typed; their own first."""
        async with self._store.reading() as tx:
            own = await songs.search(tx, member, typed, limit)
            others = await catalogue.search(tx, await self.sees_all(tx, member), typed, limit)
        return list({each.song: each for each in (*own, *others)}.values())[:limit]

    async def named(self, key: str) -> str:
        """Return the song that a button's key stands for. Raises BadChoice."""
        async with self._store.reading() as tx:
            song = await catalogue.by_key(tx, key)
        if song is None:
            raise BadChoice(GONE)
        return song

    async def random(self, member: int, late: Late | None = None) -> Entry:
        """Return any entry that the member can see and did not put away. Raises NothingThereYet.

        late: neither one that they like nor one that the feed showed them of late.
        """
        async with self._store.reading() as tx:
            sees_all = await self.sees_all(tx, member)
            starts = (secrets.token_hex(KEY_BYTES), "")  # from the first on, if none is left after it
            drawn = [song for each in starts if (song := await catalogue.draw(tx, sees_all, member, each, late))]
            found = await self._entries(tx, drawn[:1])
        if not found:
            raise NothingThereYet
        return next(iter(found.values()))

    async def clip(self, member: int, song: str) -> Clip:
        """Return a clip from the song's peak on. Raises BadChoice, NoClip where its file is not here, AudioError."""
        await self.entry(member, song)
        async with self._store.reading() as tx:
            path = await catalogue.path_of(tx, song)
            digest = await catalogue.digest_of(tx, path) if path else None
        if path is None or digest is None:
            raise NoClip
        return await self._clips.cut(Path(path), digest)

    async def _entries(self, tx: Tx, ids: Sequence[str]) -> dict[str, Entry]:
        described = await catalogue.described(tx, ids)
        known = await catalogue.features(tx, described)
        found: dict[str, Entry] = {}
        for song in ids:
            if song in described:
                path = await catalogue.path_of(tx, song)
                digest = await catalogue.digest_of(tx, path) if path else None
                peak = await asyncio.to_thread(self._clips.peak, digest) if digest else None
                found[song] = Entry(described[song], known[song].numbers, peak, digest is not None)
        return found
