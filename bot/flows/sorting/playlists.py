"""Keep: which playlists a member sorts into, and by which rules."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.adapters.store import Store, Tx
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import contents, creations, playlists
from bot.core import limits, recording
from bot.core.markup import escape
from bot.core.records import Layer, Playlist
from bot.errors import BadChoice, NoPlaylists
from bot.flows.sorting.create import create
from bot.flows.sorting.readiness import why_no_songs
from bot.ports import ListedPlaylist, Music

KEPT = "kept:"  # purposes of playlists that are made to be kept: with the layer's number and the name
DEFAULT_LAYER = "main"
EMOJI = "🟦🟥🟩🟨🟪🟧🟫⬛⬜🔵🔴🟢🟡🟣🟠🟤⚫⚪🔷🔶🔺🔻💠🔘⭐"  # given out in this order


async def offered(store: Store, music: Music, member: int) -> list[ListedPlaylist]:
    """Return the member's playlists that are not kept yet."""
    async with store.reading() as tx:
        kept = {each.ref for each in await playlists.of_member(tx, member)}
    return [found for found in await music.playlists() if found.id not in kept]


async def take(store: Store, music: Music, member: int, layer_name: str, found: ListedPlaylist) -> Playlist:
    """Keep a playlist that exists. What stands in it now is the member's own, and stays."""
    read = await music.contents(found.id)
    if found.total is not None and len(read.items) < found.total:
        read = await music.contents(found.id)  # it came short: what is missed here would look put in by hand later
    async with contents.alone(store, member):
        async with store.writing() as tx:
            layer = await _layer(tx, member, _name(layer_name))
            kept = await _adopt(tx, layer, found)
        await contents.remember(store, kept, read.items, read.snapshot or found.snapshot)
        async with store.writing() as tx:
            await playlists.change(tx, kept.playlist, ref=found.id, removed_at=None)
            return await _get(tx, member, kept.playlist)


async def make(store: Store, music: Music, member: int, layer_name: str, name: str, now: datetime) -> Playlist:
    """Make a new playlist at the member's, and keep it. Raises Unsettled, SpotifyDown: `resume` goes on with it."""
    async with store.writing() as tx:
        layer = await _layer(tx, member, _name(layer_name))
        await _room_for(tx, layer, _name(name))
        await _room_for_another(tx, member)
        if len([each for each in await creations.begun(tx, KEPT) if each.member == member]) >= limits.MAKINGS:
            raise BadChoice(f"I am still making {limits.MAKINGS} playlists for you. Try again in a few minutes.")
    return await _make(store, music, layer, _name(name), now)


async def _make(store: Store, music: Music, layer: Layer, name: str, now: datetime) -> Playlist:
    purpose = f"{KEPT}{layer.layer}:{name}"
    found = await create(store, music, layer.member, purpose, name, now)
    async with store.writing() as tx:
        kept = await _adopt(tx, layer, found)
        await playlists.save_content(tx, kept, (), None)
        await playlists.change(tx, kept.playlist, ref=found.id, removed_at=None)
        await creations.end(tx, layer.member, purpose)
        return await _get(tx, layer.member, kept.playlist)


async def resume(store: Store, music: Music, member: int, now: datetime) -> list[Playlist]:
    """Go on with what was asked for and did not end: a crash may have come between. Raises as `make` does."""
    async with store.reading() as tx:
        begun = [each for each in await creations.begun(tx, KEPT) if each.member == member]
        layers = {each.layer: each for each in await playlists.layers(tx, member)}
    made: list[Playlist] = []
    for each in begun:
        layer = layers.get(int(each.purpose.removeprefix(KEPT).partition(":")[0]))
        try:
            made += [await _make(store, music, layer, each.name, now)] if layer is not None else []
        except BadChoice:  # there is no room for it any more
            async with store.writing() as tx:
                await creations.end(tx, member, each.purpose)
    return made


async def unfinished(store: Store) -> list[int]:
    """Return the members for whom a playlist is being made."""
    async with store.reading() as tx:
        return sorted({each.member for each in await creations.begun(tx, KEPT) if each.asked_at is not None})


async def _adopt(tx: Tx, layer: Layer, found: ListedPlaylist) -> Playlist:
    """Make room for `found` in the layer; it is kept from when it has its reference and is let go of no more.

    One that was let go of, or lost its reference (after /unlink), has its labels back.
    """
    kept = await playlists.in_layer(tx, layer.layer)
    for each in kept:
        if not each.ref and each.name == found.name:
            return each
    await _room_for(tx, layer, found.name)
    taken = {each.emoji for each in kept}
    emoji = next(each for each in EMOJI if each not in taken)
    if earlier := await playlists.let_go(tx, layer.layer, found.id):
        await playlists.change(tx, earlier.playlist, name=found.name, emoji=emoji)
        return earlier
    await _room_for_another(tx, layer.member)
    return await playlists.add(tx, layer.member, layer.layer, found.name, "", emoji)


async def _room_for(tx: Tx, layer: Layer, name: str) -> None:
    kept = await playlists.in_layer(tx, layer.layer)
    if any(each.ref and each.name.casefold() == name.casefold() for each in kept):
        raise BadChoice(f"“{escape(name)}” is in {escape(layer.name)} already.")
    if len(kept) >= limits.PLAYLISTS:
        raise BadChoice(f"{escape(layer.name)} is full: it holds {limits.PLAYLISTS} playlists. Another layer has room.")


async def _room_for_another(tx: Tx, member: int) -> None:
    if await playlists.count_ever(tx, member) >= limits.PLAYLISTS_EVER:
        raise BadChoice(
            f"You've handed me {limits.PLAYLISTS_EVER} playlists over time, the most I can remember. "
            "/playlists add takes back one that you let go of."
        )


async def _layer(tx: Tx, member: int, name: str) -> Layer:
    """Return the member's layer of that name, made if there is none and there is room. Raises BadChoice."""
    there = await playlists.layers(tx, member)
    if len(there) >= limits.LAYERS and name not in {each.name for each in there}:
        raise BadChoice(
            f"You have {limits.LAYERS} layers, the most there is. /playlists list shows them; use one of those."
        )
    return await playlists.ensure_layer(tx, member, name)


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not 1 <= len(name) <= 80:
        raise BadChoice("A name has 1 to 80 characters.")
    return name


async def _get(tx: Tx, member: int, playlist: int) -> Playlist:
    found = await playlists.get(tx, playlist)
    if found is None or found.member != member or found.removed_at is not None:
        raise BadChoice("That playlist is not one that I keep for you. /playlists list shows them.")
    return found


async def settings(
    store: Store,
    member: int,
    playlist: int,
    *,
    automatic: bool | None = None,
    mistakes: int | None = None,
    emoji: str | None = None,
    doubles: bool | None = None,
) -> Playlist:
    """Change a playlist's rules; what is None stays. `mistakes` are bearable ones in 20."""
    given = {"automatic": automatic, "mistakes": mistakes, "emoji": emoji, "doubles": doubles}
    values = {name: value for name, value in given.items() if value is not None}
    if mistakes is not None and not 0 <= mistakes <= 10:
        raise BadChoice("Bearable mistakes in 20 are 0 to 10.")
    async with store.writing() as tx:
        kept = await _get(tx, member, playlist)
        if emoji is not None and any(
            each.emoji == emoji and each.playlist != playlist for each in await playlists.in_layer(tx, kept.layer)
        ):
            raise BadChoice(f"{emoji} stands for another playlist of that layer.")
        if values:
            await playlists.change(tx, playlist, **values)
        return await _get(tx, member, playlist)


async def layer_settings(
    store: Store, member: int, name: str, *, several: bool | None = None, everything: bool | None = None
) -> Layer:
    """Change a layer's two switches; what is None stays. The layer is made if there is none of that name."""
    given = {"several": several, "everything": everything}
    values = {key: value for key, value in given.items() if value is not None}
    async with store.writing() as tx:
        layer = await _layer(tx, member, _name(name))
        if values:
            await playlists.change_layer(tx, layer.layer, **values)
        return await playlists.ensure_layer(tx, member, layer.name)


async def layer_named(store: Store, member: int, name: str | None) -> Layer:
    """Return the member's layer of that name, or their first. Raises NotLinked, NoLikes, NoPlaylists, BadChoice."""
    async with store.reading() as tx:
        layers = await playlists.layers(tx, member)
        found = [each for each in layers if name is None or each.name == name]
        if not found and not await songs.count(tx, member):
            raise await why_no_songs(tx, member)
    if not found and name is not None:
        raise BadChoice(f"There is no layer “{escape(name)}”. /playlists list shows yours.")
    if not found:
        raise NoPlaylists
    return found[0]


async def layer_numbered(store: Store, member: int, number: int) -> Layer:
    """Return the member's layer of that number. Raises BadChoice where it is not theirs."""
    async with store.reading() as tx:
        found = await playlists.layer(tx, number)
    if found is None or found.member != member:
        raise BadChoice("That layer is not one of yours. /playlists list shows them.")
    return found


async def let_go(store: Store, member: int, playlist: int, now: datetime) -> Playlist:
    """Let go of a playlist: it stays at Spotify as it is and is never written again."""
    async with store.writing() as tx:
        kept = await _get(tx, member, playlist)
        await playlists.change(tx, playlist, removed_at=now)
        return kept


async def kept(store: Store, member: int) -> list[tuple[Layer, Playlist]]:
    """Return the member's kept playlists, each with its layer."""
    async with store.reading() as tx:
        layers = await playlists.layers(tx, member)
        return [(layer, each) for layer in layers for each in await playlists.in_layer(tx, layer.layer)]


async def layers(store: Store, member: int) -> list[Layer]:
    async with store.reading() as tx:
        return await playlists.layers(tx, member)


@dataclass(frozen=True, slots=True)
class LayerView:
    """A layer and its playlists, each with the number of songs that were last seen in it."""

    layer: Layer
    playlists: Sequence[tuple[Playlist, int]]


async def listed(store: Store, member: int) -> list[LayerView]:
    """Return the member's layers with what is in them."""
    async with store.reading() as tx:
        return [
            LayerView(
                layer,
                [
                    (each, await playlists.count_items(tx, each.playlist))
                    for each in await playlists.in_layer(tx, layer.layer)
                ],
            )
            for layer in await playlists.layers(tx, member)
        ]


@dataclass(frozen=True, slots=True)
class Odd:
    """A playlist with recordings that stand in it more than once, and songs that cannot be played: title and places."""

    playlist: Playlist
    doubles: Sequence[tuple[str, Sequence[int]]]
    unplayable: Sequence[tuple[str, int]]


async def odd(store: Store, member: int) -> list[Odd]:
    """Return what is odd in the member's kept playlists, as they were last seen. Changes nothing."""
    async with store.reading() as tx:
        return [await _odd(tx, each) for each in await playlists.of_member(tx, member)]


async def _odd(tx: Tx, playlist: Playlist) -> Odd:
    places = await playlists.places(tx, playlist.playlist)
    groups = await asyncio.to_thread(recording.doubles, places)
    known = await songs.some(tx, (each.song for each in places if each.song), playlist.member)

    def title(at: int) -> str:
        song = known.get(places[at].song or "")
        return song.title if song is not None else (places[at].naming or "?").partition("|")[0]

    twice = [(title(group[0]), group) for group in groups]
    return Odd(playlist, twice, [(title(at), at) for at, each in enumerate(places) if not each.playable])
