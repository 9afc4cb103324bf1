"""Uploads: a member uploads a file of one of their songs; its features count for them alone."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from bot.adapters.store import Store
from bot.adapters.store.library import songs
from bot.core.features import SongFeatures, features_heard
from bot.core.records import Song
from bot.errors import StillHearing
from bot.errors.library import StillHearingTheirs
from bot.errors.sorting import NotInLibrary
from bot.ports import SoundReader, TemporaryFiles

MOST_BYTES = 25_000_000  # bytes per file; an hour of MP3, four minutes of FLAC
MOST_WAITING = 5  # files at once, including the one being analysed: each is in memory, for two minutes at most
SOURCE = "upload"  # as in core.library.merge.PRECEDENCE


class Uploads:
    """Analyses uploads one after the other, at most one per member at a time."""

    def __init__(self, store: Store, hearing: SoundReader, scratch: TemporaryFiles, most: int = MOST_WAITING) -> None:
        self._store, self._hearing, self._scratch, self._most = store, hearing, scratch, most
        self._members: set[int] = set()

    async def hear(self, member: int, song: str, fetch: Callable[[], Awaitable[bytes]], now: datetime) -> Song:
        """Fetch a member's file and analyse it as `upload` does. Also raises StillHearing, before fetching."""
        with self._in_line(member):
            return await self.upload(member, song, await fetch(), now)

    async def upload(self, member: int, song: str, data: bytes, now: datetime) -> Song:
        """Analyse the file in a separate process, store its features but not the file, and return the song.

        Raises NotInLibrary if the member doesn't like the song, AudioError if the file can't be analysed.
        """
        own = await _own(self._store, member, song)
        features = await self._features(data)
        async with self._store.writing() as tx:
            if not await songs.is_liked(tx, member, song):  # erased or unlinked during the analysis
                raise NotInLibrary
            await songs.save_features(tx, member, SOURCE, {song: features}, now)
        return own

    async def _features(self, data: bytes) -> SongFeatures:
        with await asyncio.to_thread(self._scratch.holding, data) as file:
            heard = await self._hearing.analyse_apart(file)  # whatever it does to the process, no other file goes there
        return features_heard(heard.numbers, heard.vectors)

    @contextmanager
    def _in_line(self, member: int) -> Iterator[None]:
        if member in self._members:
            raise StillHearingTheirs
        if len(self._members) >= self._most:
            raise StillHearing
        self._members.add(member)
        try:
            yield
        finally:
            self._members.remove(member)


async def _own(store: Store, member: int, song: str) -> Song:
    async with store.reading() as tx:
        known = await songs.get(tx, song, member)
        liked = await songs.is_liked(tx, member, song)
    if known is None or not liked:
        raise NotInLibrary
    return known
