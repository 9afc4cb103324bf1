"""Playlists: which playlists a member sorts into, and by which rules."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import partial

from bot.adapters.store import Store, Tx, setbacks
from bot.adapters.store.account import members, notices
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import contents, creations, playlists, writes
from bot.core import limits
from bot.core.jobs import JobKind
from bot.core.notices import NoticeKind
from bot.core.records import LOCAL, Actor, Layer, Playlist
from bot.core.sorting import recording
from bot.errors import BadChoice, NoPlaylists, NotLinked
from bot.errors.sorting import (
    AlreadyInLayer,
    EmojiTaken,
    LayerFull,
    MistakesOutOfRange,
    NoSuchLayer,
    PlaylistNotKept,
    StillMaking,
    TooManyLayers,
    TooManyPlaylists,
)
from bot.flows.names import on_one_line
from bot.flows.sorting.labelling.readiness import why_no_songs
from bot.flows.sorting.writing import manual_edits
from bot.flows.sorting.writing.create import create, new_making
from bot.ports import Accounts, ListedPlaylist, Music

KEPT = "kept:"  # purpose prefix of playlists made to be kept; the layer's number and the name follow
DEFAULT_LAYER = "main"
LONGEST_NAME = 80  # characters, of a layer's or a new playlist's
_name = partial(on_one_line, longest=LONGEST_NAME)
MOST_MISTAKES = 10  # wrong songs in 20 that a member may accept
EMOJI = "🟦🟥🟩🟨🟪🟧🟫⬛⬜🔵🔴🟢🟡🟣🟠🟤⚫⚪🔷🔶🔺🔻💠🔘⭐"  # assigned in this order


async def offered(store: Store, music: Music, member: int) -> list[ListedPlaylist]:
    """Return the member's playlists that aren't kept yet."""
    async with store.reading() as tx:
        kept = {playlist.ref for playlist in await playlists.of_member(tx, member)}
    return [playlist for playlist in await music.playlists() if playlist.id not in kept]


async def take(store: Store, music: Music, actor: Actor, layer_name: str, listed: ListedPlaylist) -> Playlist:
    """Keep an existing playlist. The songs in it now are the member's own, and stay.

    If it was kept before, what we put in then is still ours, unless somebody took it out meanwhile.
    """
    read = await music.contents(listed.id)
    if listed.total is not None and len(read.items) < listed.total:
        read = await music.contents(listed.id)  # incomplete: what's missing now would later look like a manual addition
    async with contents.alone(store, actor.member):
        async with store.reading() as tx:
            await _check_not_kept(tx, actor.member, listed)
            there = [layer for layer in await playlists.layers(tx, actor.member) if layer.name == _name(layer_name)]
        for layer in there:
            await _make_way(store, layer, listed)
        async with store.writing() as tx:
            await _check_linked(tx, actor.member, listed)
            kept = await _adopt(tx, await _layer(tx, actor.member, _name(layer_name)), listed)
        read = await manual_edits.catch_up(store, kept, read, actor.now)
        seen = contents.Read(read.items, read.snapshot or listed.snapshot, actor.now)
        await contents.remember(store, kept, seen)
        async with store.writing() as tx:
            await playlists.change(tx, kept.playlist, ref=listed.id, removed_at=None)
            return await _get(tx, actor.member, kept.playlist)


async def make(store: Store, music: Music, member: int, layer_name: str, name: str, now: datetime) -> Playlist:
    """Make a new playlist in the member's account, and keep it.

    Raises BadChoice; Unsettled and SpotifyDown, after which `resume` continues.
    """
    async with store.writing() as tx:
        layer = await _layer(tx, member, _name(layer_name))
        await _room_for(tx, layer, _name(name))
        await _room_for_another(tx, member)
        if len([making for making in await creations.begun(tx, KEPT) if making.member == member]) >= limits.MAKINGS:
            raise StillMaking(limits.MAKINGS)
    return await _make(store, music, layer, _name(name), now)


async def _make(store: Store, music: Music, layer: Layer, name: str, now: datetime, *, tell: bool = False) -> Playlist:
    """Make a playlist and keep it. tell: leave its member a notice."""
    making = new_making(layer.member, f"{KEPT}{layer.layer}:{name}", name)
    made = await create(store, music, making, now)
    await _make_way(store, layer, made)
    async with store.writing() as tx:
        await _check_linked(tx, layer.member, made)
        kept = await _adopt(tx, layer, made)
        await playlists.save_content(tx, kept, (), None)
        await playlists.change(tx, kept.playlist, ref=made.id, removed_at=None, recorded_from=now)
        await creations.end(tx, making.member, making.purpose)
        if tell:
            await notices.add(tx, making.member, NoticeKind.KEPT, {"name": kept.name}, now)
        return await _get(tx, layer.member, kept.playlist)


async def resume(store: Store, music: Music, member: int, now: datetime, *, tell: bool = False) -> list[Playlist]:
    """Continue requested playlists that a crash may have interrupted. Raises as `make` does.

    tell: leave the member a notice of each.
    """
    async with store.reading() as tx:
        begun = [making for making in await creations.begun(tx, KEPT) if making.member == member]
        layers = {layer.layer: layer for layer in await playlists.layers(tx, member)}
    made: list[Playlist] = []
    for making in begun:
        layer = layers.get(int(making.purpose.removeprefix(KEPT).partition(":")[0]))
        try:
            made += [await _make(store, music, layer, making.name, now, tell=tell)] if layer is not None else []
        except BadChoice:  # there's no room for it any more
            async with store.writing() as tx:
                await creations.end(tx, member, making.purpose)
    return made


async def finish(store: Store, accounts: Accounts, member: int, now: datetime) -> None:
    """Finish what a crash interrupted as `resume` does, and leave a notice of each playlist."""
    await resume(store, await accounts.music(member), member, now, tell=True)


async def unfinished(store: Store) -> list[int]:
    """Return the members for whom a playlist is being made, if that may go on."""
    async with store.reading() as tx:
        found = {making.member for making in await creations.begun(tx, KEPT) if making.asked_at is not None}
        ended, aside = await members.with_ended_consent(tx, found), await setbacks.subjects_aside(tx, JobKind.KEEP)
    return sorted(found - ended - aside)


async def _check_linked(tx: Tx, member: int, listed: ListedPlaylist) -> None:
    """Raise NotLinked if the member has unlinked the account that the playlist is in: nothing of it may come back."""
    if not listed.id.startswith(LOCAL) and not await _is_linked(tx, member):
        raise NotLinked


async def _make_way(store: Store, layer: Layer, listed: ListedPlaylist) -> None:
    """Let a playlist at Spotify take the place of one from before its member linked, whose labels it gets.

    What was written to the earlier one is forgotten: the same songs at Spotify may be the member's own (promise P4).
    """
    async with store.reading() as tx:
        if listed.id.startswith(LOCAL) or not await _is_linked(tx, layer.member):
            return
        kept = await playlists.in_layer(tx, layer.layer)
    for playlist in (each for each in kept if each.is_local and _same_name(each, listed.name)):
        is_left = True
        while is_left:
            async with store.writing() as tx:
                is_left = bool(await writes.forget_lines(tx, playlist.playlist))
                if not is_left:
                    await playlists.detach(tx, playlist.playlist)
                    await playlists.change(tx, playlist.playlist, name=listed.name)
        await contents.forget_editions(store, playlist.playlist)


def _same_name(playlist: Playlist, name: str) -> bool:
    return playlist.name.casefold() == name.casefold()


async def _is_linked(tx: Tx, member: int) -> bool:
    return await members.account(tx, member) is not None


async def _adopt(tx: Tx, layer: Layer, listed: ListedPlaylist) -> Playlist:
    """Return the row in the layer for `listed`, a new one if needed; the playlist is kept once its reference is set.

    One that was removed, or lost its reference (after /data unlink), gets its labels back. In another layer, it
    has none, but what we put into it still counts as ours.
    """
    await _check_not_kept(tx, layer.member, listed)
    kept = await playlists.in_layer(tx, layer.layer)
    for playlist in kept:
        if not playlist.ref and playlist.name == listed.name:
            return playlist
    await _room_for(tx, layer, listed.name)
    taken = {playlist.emoji for playlist in kept}
    emoji = next(sign for sign in EMOJI if sign not in taken)
    if earlier := await playlists.removed(tx, layer.member, listed.id):
        await playlists.change(tx, earlier.playlist, layer=layer.layer, name=listed.name, emoji=emoji)
        return replace(earlier, layer=layer.layer)
    await _room_for_another(tx, layer.member)
    return await playlists.add(tx, layer, listed.name, "", emoji)


async def _check_not_kept(tx: Tx, member: int, listed: ListedPlaylist) -> None:
    """Raise AlreadyInLayer if a layer keeps it: another command may have added it since it was offered."""
    for playlist in await playlists.of_member(tx, member):
        if playlist.ref == listed.id and (layer := await playlists.layer(tx, playlist.layer)):
            raise AlreadyInLayer(listed.name, layer.name)


async def _room_for(tx: Tx, layer: Layer, name: str) -> None:
    kept = await playlists.in_layer(tx, layer.layer)
    linked = await _is_linked(tx, layer.member)  # what's local makes way for a playlist at Spotify then
    if any(playlist.ref and _same_name(playlist, name) and not (playlist.is_local and linked) for playlist in kept):
        raise AlreadyInLayer(name, layer.name)
    if len(kept) >= limits.PLAYLISTS:
        raise LayerFull(layer.name, limits.PLAYLISTS)


async def _room_for_another(tx: Tx, member: int) -> None:
    if await playlists.count_ever(tx, member) >= limits.PLAYLISTS_EVER:
        raise TooManyPlaylists(limits.PLAYLISTS_EVER)


async def _layer(tx: Tx, member: int, name: str) -> Layer:
    """Return the member's layer of that name, made if needed and if there's room. Raises TooManyLayers."""
    there = await playlists.layers(tx, member)
    if len(there) >= limits.LAYERS and name not in {layer.name for layer in there}:
        raise TooManyLayers(limits.LAYERS)
    return await playlists.ensure_layer(tx, member, name)


async def _get(tx: Tx, member: int, playlist: int) -> Playlist:
    kept = await playlists.kept_by(tx, member, playlist)
    if kept is None:
        raise PlaylistNotKept
    return kept


@dataclass(frozen=True, slots=True)
class PlaylistSettings:
    """Changes to a playlist's rules; None keeps a rule. mistakes: accepted wrong songs in 20."""

    automatic: bool | None = None
    mistakes: int | None = None
    emoji: str | None = None
    doubles: bool | None = None


async def settings(store: Store, member: int, playlist: int, given: PlaylistSettings) -> Playlist:
    """Change a playlist's rules. Raises BadChoice."""
    values = {name: value for name, value in asdict(given).items() if value is not None}
    if given.mistakes is not None and not 0 <= given.mistakes <= MOST_MISTAKES:
        raise MistakesOutOfRange(MOST_MISTAKES)
    async with store.writing() as tx:
        kept = await _get(tx, member, playlist)
        others = [other for other in await playlists.in_layer(tx, kept.layer) if other.playlist != playlist]
        if given.emoji is not None and given.emoji in {other.emoji for other in others}:
            raise EmojiTaken(given.emoji)
        if values:
            await playlists.change(tx, playlist, **values)
        return await _get(tx, member, playlist)


async def layer_settings(
    store: Store, member: int, name: str, *, several: bool | None = None, everything: bool | None = None
) -> Layer:
    """Change a layer's two switches; None leaves one as it is. Makes the layer if needed. Raises BadChoice."""
    given = {"several": several, "everything": everything}
    values = {key: value for key, value in given.items() if value is not None}
    async with store.writing() as tx:
        layer = await _layer(tx, member, _name(name))
        if values:
            await playlists.change_layer(tx, layer.layer, **values)
        return await playlists.ensure_layer(tx, member, layer.name)


async def layer_named(store: Store, member: int, name: str | None) -> Layer:
    """Return the member's layer of that name, or their first. Raises NotLinked, NoLikes, NoPlaylists, NoSuchLayer."""
    async with store.reading() as tx:
        layers = await playlists.layers(tx, member)
        matching = [layer for layer in layers if name is None or layer.name == name]
        if not matching and not await songs.count(tx, member):
            raise await why_no_songs(tx, member)
    if not matching and name is not None:
        raise NoSuchLayer
    if not matching:
        raise NoPlaylists
    return matching[0]


async def layer_numbered(store: Store, member: int, number: int) -> Layer:
    """Return the member's layer of that number. Raises NoSuchLayer."""
    async with store.reading() as tx:
        layer = await playlists.layer(tx, number)
    if layer is None or layer.member != member:
        raise NoSuchLayer
    return layer


async def remove(store: Store, member: int, playlist: int, now: datetime) -> Playlist:
    """Stop keeping a playlist: it stays on Spotify as it is and is never written again. Raises PlaylistNotKept."""
    async with store.writing() as tx:
        kept = await _get(tx, member, playlist)
        await playlists.change(tx, playlist, removed_at=now)
        return kept


async def kept(store: Store, member: int) -> list[tuple[Layer, Playlist]]:
    """Return the member's kept playlists, each with its layer."""
    async with store.reading() as tx:
        layers = await playlists.layers(tx, member)
        return [(layer, playlist) for layer in layers for playlist in await playlists.in_layer(tx, layer.layer)]


async def layers(store: Store, member: int) -> list[Layer]:
    async with store.reading() as tx:
        return await playlists.layers(tx, member)


@dataclass(frozen=True, slots=True)
class LayerView:
    """A layer and its playlists, each with the number of songs last seen in it."""

    layer: Layer
    playlists: Sequence[tuple[Playlist, int]]


async def listed(store: Store, member: int) -> list[LayerView]:
    """Return the member's layers with what is in them."""
    async with store.reading() as tx:
        return [
            LayerView(
                layer,
                [
                    (playlist, await playlists.count_items(tx, playlist.playlist))
                    for playlist in await playlists.in_layer(tx, layer.layer)
                ],
            )
            for layer in await playlists.layers(tx, member)
        ]


@dataclass(frozen=True, slots=True)
class Odd:
    """A playlist's duplicate recordings and unplayable songs, each as title and positions.

    empty: positions that hold no song: Spotify took it down, or it's an episode or a local file.
    """

    playlist: Playlist
    doubles: Sequence[tuple[str, Sequence[int]]]
    unplayable: Sequence[tuple[str, int]]
    empty: Sequence[int] = ()


async def odd(store: Store, member: int) -> list[Odd]:
    """Return duplicates and unplayable songs in the member's kept playlists, as last seen. Changes nothing."""
    async with store.reading() as tx:
        return [await _odd(tx, playlist) for playlist in await playlists.of_member(tx, member)]


async def _odd(tx: Tx, playlist: Playlist) -> Odd:
    places = await playlists.places(tx, playlist.playlist)
    groups = await asyncio.to_thread(recording.doubles, places)
    known = await songs.some(tx, (place.song for place in places if place.song), playlist.member)

    def title(at: int) -> str:
        song = known.get(places[at].song or "")
        return song.title if song is not None else (places[at].naming or "?").partition("|")[0]

    twice = [(title(group[0]), group) for group in groups]
    unplayable = [(title(at), at) for at, place in enumerate(places) if place.song and not place.playable]
    return Odd(playlist, twice, unplayable, [at for at, place in enumerate(places) if place.song is None])
