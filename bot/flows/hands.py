"""Hands: look at the kept playlists again, and take what the member did there by hand as lessons.

What a member takes out is never put back; what they put in stays. Only playlists whose snapshot changed are read.
"""

from collections.abc import Mapping
from datetime import datetime

from bot.adapters.store import Store, Tx, answers, members, playlists, songs, writes
from bot.core.hands import Seen, lessons, standing_as_lessons
from bot.core.labels import event_at
from bot.core.records import Layer, Playlist
from bot.errors import PlaylistGone
from bot.ports import Contents, Music

STANDING = event_at(0)  # older than any press: a press wins


async def look(store: Store, music: Music, member: int, now: datetime) -> int:
    """Read the playlists that changed since we last looked; return how many lessons that brought.

    One call when nothing changed (the list of playlists with their snapshots), and ceil(n / 50) for each that did.
    """
    async with store.reading() as tx:
        kept = [each for each in await playlists.of_member(tx, member) if each.ref]
    if not kept:
        return 0
    snapshots = {found.id: found.snapshot for found in await music.playlists()}
    read: dict[Playlist, Contents] = {}
    for each in kept:
        if snapshots.get(each.ref) is None or snapshots[each.ref] != each.snapshot:
            try:
                read[each] = await music.contents(each.ref, await _kept(store, each))
            except PlaylistGone:
                continue  # deleted at Spotify: sorting into it says so, looking does not
    async with store.writing() as tx:
        return await learn(tx, member, read, now)


async def _kept(store: Store, playlist: Playlist) -> Contents:
    async with store.reading() as tx:
        return Contents(tuple(await playlists.places(tx, playlist.playlist)), playlist.snapshot)


async def learn(tx: Tx, member: int, read: Mapping[Playlist, Contents], now: datetime) -> int:
    """Take the difference between what was seen before and what was read as lessons, and remember what was read."""
    liked = frozenset(await songs.liked(tx, member))
    count = 0
    for layer in await playlists.layers(tx, member):
        here = {playlist: contents for playlist, contents in read.items() if playlist.layer == layer.layer}
        seen = {playlist.playlist: await _seen(tx, playlist, contents) for playlist, contents in here.items()}
        for answer in lessons(seen, liked, layer.several, event_at(now.timestamp() * 1000)):
            count += await answers.add(tx, member, layer.layer, answer)
    for playlist, contents in read.items():
        await playlists.save_content(tx, playlist, contents.items, contents.snapshot)
    return count


async def _seen(tx: Tx, playlist: Playlist, contents: Contents) -> Seen:
    before = frozenset(item.song for item in await playlists.items(tx, playlist.playlist) if item.song)
    now = frozenset(song for song in contents.songs if song)
    return Seen(before, now, await writes.ours(tx, playlist.playlist))


async def learn_standing(store: Store, member: int, layer: Layer, now: datetime) -> int:
    """Take what stands in the layer's playlists as labels. Only where the member switched that on; see /privacy."""
    async with store.writing() as tx:
        owner = await members.get(tx, member)
        if owner is None or not owner.learn_from_playlists:
            return 0
        liked = frozenset(await songs.liked(tx, member))
        kept = await playlists.in_layer(tx, layer.layer)
        standing = {
            each.playlist: [item.song for item in await playlists.items(tx, each.playlist) if item.song]
            for each in kept
        }
        found = standing_as_lessons(standing, liked, STANDING)
        return sum([await answers.add(tx, member, layer.layer, answer) for answer in found])


async def allow_standing(store: Store, member: int, allowed: bool, now: datetime) -> int:
    """Let what stands in the member's playlists count as labels, or no longer; return how many labels that made."""
    async with store.writing() as tx:
        await members.ensure(tx, member, now)
        await members.change(tx, member, learn_from_playlists=allowed)
        layers = await playlists.layers(tx, member)
        if not allowed:
            await answers.forget_event(tx, member, STANDING)
    return sum([await learn_standing(store, member, layer, now) for layer in layers]) if allowed else 0
