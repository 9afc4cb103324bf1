"""Uploads: a member uploads a file of one of their songs; its features count for them alone."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from bot.adapters.store import Store
from bot.adapters.store.library import songs
from bot.core.features import SongFeatures, features_heard
from bot.core.records import Song
from bot.errors import StillHearing
from bot.errors.library import ErasedMeanwhile, StillHearingTheirs
from bot.errors.sorting import NotInLibrary
from bot.ports import SoundReader, TemporaryFiles

MOST_BYTES = 25_000_000  # bytes per file; an hour of MP3, four minutes of FLAC
MOST_WAITING = 5  # files at once, including the one being analysed: each is in memory, for two minutes at most
SOURCE = "upload"  # as in core.library.merge.PRECEDENCE


class Uploads:
    """Analyses uploads one after the other, at most one per member at a time."""

    def __init__(self, store: Store, hearing: SoundReader, scratch: TemporaryFiles, most: int = MOST_WAITING) -> None:
        self._store, self._hearing, self._scratch, self._most = store, hearing, scratch, most
        self._under_way: dict[int, asyncio.Task[Song]] = {}

    async def hear(self, member: int, song: str, fetch: Callable[[], Awaitable[bytes]], now: datetime) -> Song:
        """Fetch a member's file and analyse it as `upload` does.

        Also raises StillHearing, before fetching, and ErasedMeanwhile after `forget`.
        """
        if member in self._under_way:
            raise StillHearingTheirs
        if len(self._under_way) >= self._most:
            raise StillHearing
        self._under_way[member] = task = asyncio.create_task(self._fetched(member, song, fetch, now))
        task.add_done_callback(lambda _: self._under_way.pop(member))
        try:
            await asyncio.wait({task})
        finally:
            task.cancel()
        if task.cancelled():
            raise ErasedMeanwhile
        return task.result()

    async def forget(self, member: int) -> None:
        """Stop a member's upload, if one is under way. When this returns, its file is gone."""
        if task := self._under_way.get(member):
            task.cancel()
            await asyncio.wait({task})

    async def _fetched(self, member: int, song: str, fetch: Callable[[], Awaitable[bytes]], now: datetime) -> Song:
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


async def _own(store: Store, member: int, song: str) -> Song:
    async with store.reading() as tx:
        known = await songs.get(tx, song, member)
        liked = await songs.is_liked(tx, member, song)
    if known is None or not liked:
        raise NotInLibrary
    return known
