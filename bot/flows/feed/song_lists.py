"""Song lists: a new playlist of songs that a member found, with a receipt and an undo like any other write.

It's kept in a layer of its own and asks before anything is added, so nothing is sorted into it unless they say so.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from bot.adapters.store import Store, Tx
from bot.adapters.store.library import songs as library
from bot.adapters.store.sorting import playlists, writes
from bot.core.records import Playlist
from bot.errors.feed import NotInCatalogue, NotOnSpotify
from bot.flows.feed.catalogue import Catalogue, Entry
from bot.flows.feed.feed import Feed, savable
from bot.flows.sorting import playlists as kept
from bot.flows.sorting.playlists import PlaylistSettings
from bot.ports import Music

LAYER = "discovered"


async def of_keys(catalogue: Catalogue, member: int, keys: Sequence[str]) -> list[Entry]:
    """Return the songs of a list, by their keys, that are still there and that a playlist can hold.

    Raises NotInCatalogue, NotOnSpotify if that's none.
    """
    ids = []
    for key in keys:
        with suppress(NotInCatalogue):
            ids.append(await catalogue.named(key))
    entries = (await catalogue.visible(member, ids)).values()
    if not entries:
        raise NotInCatalogue
    if fitting := [entry for entry in entries if savable(entry.song)]:
        return fitting
    raise NotOnSpotify


async def count_new(store: Store, member: int, entries: Sequence[Entry]) -> int:
    """Return how many of the songs the member doesn't like yet."""
    async with store.reading() as tx:
        return sum([not await library.is_liked(tx, member, entry.song.song) for entry in entries])


async def _empty(tx: Tx, member: int, name: str) -> Playlist | None:
    """Return the member's list of that name if nothing is in it, nor was or will be put there."""
    layers = [layer for layer in await playlists.layers(tx, member) if layer.name == LAYER]
    lists = [playlist for layer in layers for playlist in await playlists.in_layer(tx, layer.layer)]
    same = (playlist for playlist in lists if playlist.ref and playlist.name.casefold() == name.strip().casefold())
    named = next(same, None)
    if named is None or await playlists.items(tx, named.playlist) or await writes.has_any(tx, named.playlist):
        return None
    return named


async def make(
    store: Store, feed: Feed, music: Music, member: int, name: str, entries: Sequence[Entry], now: datetime
) -> Playlist:
    """Make the playlist, like its songs, and open the write that puts them in.

    One of that name that's still empty is filled: a crash may have come between. Raises what `sorting.playlists.make`
    does, for a name that's taken for example; then nothing is liked.
    """
    async with store.writing() as tx:
        if not await playlists.layers(tx, member):  # sorting goes by the first layer
            await playlists.ensure_layer(tx, member, kept.DEFAULT_LAYER)
        empty = await _empty(tx, member, name)
    made = empty or await kept.make(store, music, member, LAYER, name, now)
    asking = await kept.settings(store, member, made.playlist, PlaylistSettings(automatic=False))
    await feed.fill(asking, [entry.song.song for entry in entries])
    return asking
