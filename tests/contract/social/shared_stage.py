"""A shared playlist that MEMBER hosts in a server, and helpers for tests of it."""

from collections.abc import Sequence
from datetime import datetime

from bot.adapters.store import Store
from bot.adapters.store.account import notices
from bot.adapters.store.library import songs
from bot.adapters.store.social import shared_playlists as table
from bot.core.records import Actor, Song
from bot.errors.spotify import Unsettled
from bot.flows.feed.catalogue_index import key
from bot.flows.social.shared import playlists as shared_playlists
from bot.flows.social.shared import publish
from bot.ports import Music
from tests.contract.conftest import MEMBER, Linked, track

SERVER, ELSEWHERE = 50, 51
BOB, CYD, DEE = 12, 13, 14
URIS = [track(number).uri for number in range(1, 121)]


def song(uri: str) -> Song:
    return Song(uri, f"Title of {uri[-3:]}", ("Artist",))


async def begun(store: Store, now: datetime, count: int = 3, server: int | None = SERVER, by: int = BOB) -> int:
    """Create a playlist that MEMBER hosts, with stored songs that aren't written yet. Returns its number."""
    async with store.writing() as tx:
        await songs.save(tx, map(song, URIS), now)
    return await opened_with(store, Actor(MEMBER, server, now), "Ours", [(uri, by) for uri in URIS[:count]])


async def states(store: Store, number: int) -> dict[str, str]:
    async with store.reading() as tx:
        return {brought.song: brought.state for brought in await table.record(tx, number)}


async def standing(store: Store, number: int, member: int = MEMBER, server: int | None = SERVER) -> list[str]:
    return [brought.song for brought in (await shared_playlists.show(store, member, server, number)).standing]


async def drop(store: Store, number: int, uri: str, now: datetime, *by: int) -> shared_playlists.Voted:
    for member in by:
        voted = await shared_playlists.vote(store, Actor(member, SERVER, now), number, key(uri), False)
    return voted


def at_spotify(linked: Linked, name: str = "Ours") -> list[list[str]]:
    """The contents of each of Ada's playlists with that name."""
    ids = [playlist for playlist in linked.stack.spotify.accounts["ada"].playlists if playlist is not None]
    return [list(playlist.uris) for playlist in map(linked.stack.spotify.playlist, ids) if playlist.name == name]


async def shared_out(linked: Linked, number: int, now: datetime) -> list[str]:
    """Write the playlist as the worker does, waiting whenever it's postponed. Returns the host's notice kinds."""

    async def music_of(_: int) -> Music:
        return await linked.music()

    for _ in range(30):
        try:
            await publish.share(linked.store, music_of, MEMBER, number, now)
        except Unsettled as wait:
            now = wait.until
        else:
            break
    async with linked.store.reading() as tx:
        return [notice.kind for notice in await notices.waiting(tx, MEMBER)]


async def opened_with(store: Store, host: Actor, name: str, songs: Sequence[tuple[str, int | None]]) -> int:
    """Start a playlist with songs in it, as a round does; its host agreed to nothing yet."""
    async with store.writing() as tx:
        return await shared_playlists.open_with(tx, host, name, songs)
