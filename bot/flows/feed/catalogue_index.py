"""Catalogue index: computes each song's point in the space, and keeps the points up to date.

The database says which songs belong, and holds each song's point. Memory holds them as one matrix: loaded when first
needed, and updated with every change from then on.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from bot.adapters.store import Store
from bot.adapters.store.feed import catalogue
from bot.adapters.store.feed.catalogue import Loaded, PlacedSong
from bot.adapters.store.library import recordings
from bot.core.features import SongFeatures
from bot.core.feed.neighbours import Neighbours
from bot.core.feed.space import FITTED_ON, Space, space_of
from bot.core.records import Song
from bot.core.sorting.learning.columns import Vectors
from bot.core.sorting.learning.identities import artist_key
from bot.errors import NothingThereYet
from bot.flows.account.erase import forget_unshared
from bot.ports import Clock

PAGE = 1_000  # songs per transaction
LEAST = 10  # songs with features needed to fit a space
KEY_BYTES = 12  # of a song's key in a button
OUTGROWN = 0.1  # share of a page's songs with features the space lacks; above that it's fitted again


@dataclass(frozen=True, slots=True)
class Index:
    """The current space and the songs in it."""

    number: int
    space: Space
    neighbours: Neighbours


def key(song: str) -> str:
    """Return a song's key for buttons: short enough for Discord, and without a colon."""
    return blake2b(song.encode(), digest_size=KEY_BYTES).hexdigest()


class Points:
    """`refresh` brings the points up to date; `index` returns them from memory."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._refreshing, self._reading = asyncio.Lock(), asyncio.Lock()
        self._index: Index | None = None
        self._outgrown = False

    async def refresh(self) -> int:
        """Add new songs, drop those that no longer belong, and return how many points were computed.

        Works in transactions of PAGE songs: after a crash, the next refresh continues.
        """
        async with self._refreshing:
            gone = await forget_unshared(self._store)
            if self._index is not None:
                self._index.neighbours.drop(gone)
            number, space = await self._fitted()
            measured = await self._measure_songs(number, space) + await self._measure_files(number, space)
            await self._compare()
            return measured

    async def _compare(self) -> None:
        """Reload memory if it holds songs the database no longer has: an erasure removes songs there directly."""
        async with self._store.reading() as tx:
            known = await catalogue.count_known(tx)
        if self._index is not None and len(self._index.neighbours) != known:
            self._index = None

    async def _fitted(self) -> tuple[int, Space | None]:
        """Return the space, fitted again if the catalogue has doubled since, or has features the space lacks."""
        async with self._store.reading() as tx:
            newest, known = await catalogue.newest_space(tx), await catalogue.count_known(tx)
        if newest is not None and not self._outgrown and (known < 2 * newest[2] or newest[2] >= FITTED_ON):
            space = await asyncio.to_thread(_read, newest[1])
            if space is not None:
                return newest[0], space
        return await self._fit(known)

    async def _fit(self, known: int) -> tuple[int, Space | None]:
        async with self._store.reading() as tx:
            drawn = await catalogue.sample(tx, FITTED_ON)
        if len(drawn) < LEAST:
            return 0, None
        space = await asyncio.to_thread(space_of, drawn)
        self._outgrown = False
        async with self._store.writing() as tx:
            number = await catalogue.add_space(tx, space.to_bytes(), max(known, len(drawn)))
        return number, space

    async def _measure_songs(self, number: int, space: Space | None) -> int:
        done, after = 0, ""
        while True:
            async with self._store.reading() as tx:
                page = {song.song: song for song in await catalogue.open_songs(tx, number, after, PAGE)}
                known = await catalogue.features(tx, page)
            if not page:
                return done
            await self._keep(number, space, list(page.values()), known, {})
            done, after = done + len(page), max(page)

    async def _measure_files(self, number: int, space: Space | None) -> int:
        done, after = 0, ""
        while True:
            async with self._store.reading() as tx:
                page = await catalogue.open_files(tx, number, after, PAGE)
                heard = await recordings.heard(tx, page)
            if not page:
                return done
            songs = {song.song: path for path, song in page.items()}
            known = {song: heard.get(path, SongFeatures()) for song, path in songs.items()}
            await self._keep(number, space, list({song.song: song for song in page.values()}.values()), known, songs)
            done, after = done + len(page), max(page)

    async def _keep(
        self,
        number: int,
        space: Space | None,
        songs: Sequence[Song],
        known: Mapping[str, SongFeatures],
        paths: Mapping[str, str],
    ) -> None:
        """Compute the songs' points and keep them: in the database, then in memory if it holds the same space."""
        features = [known[song.song] for song in songs]
        self._outgrown |= space is not None and sum(not space.covers(song) for song in features) > OUTGROWN * len(songs)
        points = await asyncio.to_thread(space.points, features) if space else np.zeros((len(songs), 0), np.float32)
        kept = [_kept(song, point, paths.get(song.song)) for song, point in zip(songs, points, strict=True)]
        async with self._store.writing() as tx:
            kept = await catalogue.keep(tx, kept, number, self._clock())
        index = self._index
        if index is not None and index.number == number:
            placed = [song for song in kept if song.point is not None]
            index.neighbours.drop([song.song for song in kept if song.point is None])
            if placed:
                await asyncio.to_thread(_put, index.neighbours, placed)

    async def index(self) -> Index:
        """Return the songs in memory, loading them from the database first if need be.

        Raises NothingThereYet.
        """
        async with self._reading:
            async with self._store.reading() as tx:
                newest = await catalogue.newest_space(tx)
                if newest is None:
                    raise NothingThereYet
                if self._index is not None and self._index.number == newest[0]:
                    return self._index
                loaded = await catalogue.load(tx, newest[0])
            if (space := await asyncio.to_thread(_read, newest[1])) is None:
                raise NothingThereYet
            self._index = Index(newest[0], space, await asyncio.to_thread(_filled, loaded, space.size))
        return self._index


def _read(definition: bytes) -> Space | None:
    """Return a stored space; None if an older version of the bot fitted it, with columns of another format."""
    try:
        return Space.from_bytes(definition)
    except ValueError:
        return None


def _kept(song: Song, point: Vectors, path: str | None) -> PlacedSong:
    artist = artist_key(song.artists[0]) if song.artists else 0
    return PlacedSong(song.song, key(song.song), path, artist, point if point.any() else None)


def _put(neighbours: Neighbours, placed: Sequence[PlacedSong]) -> None:
    points = np.stack([song.point for song in placed if song.point is not None])
    neighbours.put(
        [song.song for song in placed],
        points,
        [song.artist for song in placed],
        [song.path is not None for song in placed],
    )


def _filled(loaded: Loaded, size: int) -> Neighbours:
    made = Neighbours(size)
    if loaded.songs:
        made.put(loaded.songs, loaded.points, loaded.artists, loaded.free)
    return made
