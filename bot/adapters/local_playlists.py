"""Local playlists: of members without Spotify, or from before they linked it. The bot stores and exports them."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from bot.adapters.store import Store, Tx
from bot.adapters.store.library import songs as library
from bot.adapters.store.sorting import contents, playlists
from bot.core.records import LOCAL, Item, Like, Playlist, Song
from bot.errors.spotify import PlaylistGone
from bot.ports import Clock, Contents, ListedPlaylist, Music


class LocalPlaylists:
    """`ports.Music` over the store."""

    def __init__(self, store: Store, member: int, clock: Clock) -> None:
        self._store, self._member, self._clock = store, member, clock

    async def playlists(self) -> list[ListedPlaylist]:
        async with self._store.reading() as tx:
            kept = await playlists.of_member(tx, self._member)
            return [
                ListedPlaylist(playlist.ref, playlist.name, await playlists.count_items(tx, playlist.playlist), None)
                for playlist in kept
            ]

    async def create(self, name: str, mark: str = "") -> ListedPlaylist:
        return ListedPlaylist(LOCAL + secrets.token_hex(8), name, 0, None, mark)

    async def listed(self, playlists: Sequence[str]) -> frozenset[str]:
        return frozenset(playlists)

    async def contents(self, playlist: str, known: Contents | None = None) -> Contents:
        async with self._store.reading() as tx:
            kept = await playlists.by_ref(tx, self._member, playlist)
            return Contents(tuple(await playlists.items(tx, kept.playlist)) if kept else (), None)

    async def add(self, playlist: str, songs: Sequence[str], position: int | None) -> None:
        async with contents.alone(self._store, self._member):
            async with self._store.reading() as tx:
                kept, items = await self._open(tx, playlist)
                known = await library.some(tx, songs, self._member)
            at = len(items) if position is None else position
            items[at:at] = [_item(song, known.get(song), self._clock()) for song in songs]
            await contents.remember(self._store, kept, contents.Read(items, None, self._clock()))

    async def remove(self, playlist: str, songs: Sequence[str], snapshot: str | None) -> None:
        gone = frozenset(songs)
        async with contents.alone(self._store, self._member):
            async with self._store.reading() as tx:
                kept, items = await self._open(tx, playlist)
            left = [item for item in items if item.song not in gone]
            await contents.remember(self._store, kept, contents.Read(left, None, self._clock()))

    async def save(self, songs: Sequence[str]) -> None:
        async with self._store.writing() as tx:
            known = await library.some(tx, songs)
            await library.like(tx, self._member, [Like(song, self._clock()) for song in known.values()], self._clock())

    async def unsave(self, songs: Sequence[str]) -> None:
        async with self._store.writing() as tx:
            await library.unlike(tx, self._member, songs)

    async def _open(self, tx: Tx, ref: str) -> tuple[Playlist, list[Item]]:
        kept = await playlists.by_ref(tx, self._member, ref)
        if kept is None:
            raise PlaylistGone
        return kept, await playlists.items(tx, kept.playlist)


def _item(song: str, known: Song | None, now: datetime) -> Item:
    if known is None:
        return Item(song, now)
    return Item(song, now, known.isrc, known.naming, known.duration_ms)


class MixedPlaylists:
    """`ports.Music` of a member with a Spotify account: those made before they linked it stay in our database."""

    def __init__(self, spotify: Music, local: LocalPlaylists) -> None:
        self._spotify, self._local = spotify, local

    async def playlists(self) -> list[ListedPlaylist]:
        return await self._spotify.playlists()

    async def create(self, name: str, mark: str = "") -> ListedPlaylist:
        return await self._spotify.create(name, mark)

    async def listed(self, playlists: Sequence[str]) -> frozenset[str]:
        there = [ref for ref in playlists if not ref.startswith(LOCAL)]
        return frozenset(playlists) - frozenset(there) | (await self._spotify.listed(there) if there else frozenset())

    async def contents(self, playlist: str, known: Contents | None = None) -> Contents:
        return await self._home(playlist).contents(playlist, known)

    async def add(self, playlist: str, songs: Sequence[str], position: int | None) -> None:
        await self._home(playlist).add(playlist, songs, position)

    async def remove(self, playlist: str, songs: Sequence[str], snapshot: str | None) -> None:
        await self._home(playlist).remove(playlist, songs, snapshot)

    async def save(self, songs: Sequence[str]) -> None:
        await self._spotify.save(songs)

    async def unsave(self, songs: Sequence[str]) -> None:
        await self._spotify.unsave(songs)

    def _home(self, playlist: str) -> Music:
        return self._local if playlist.startswith(LOCAL) else self._spotify
