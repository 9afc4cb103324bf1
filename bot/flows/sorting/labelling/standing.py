"""Standing songs: those already in a layer's playlists, which count as labels if the member says so.

Songs that we put there ourselves never count: they'd teach the model its own guesses.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.adapters.store import Store, Tx
from bot.adapters.store.account import members
from bot.adapters.store.library import songs
from bot.adapters.store.rows import chunks
from bot.adapters.store.sorting import answers, playlists, writes
from bot.adapters.store.sorting.answers import STANDING
from bot.core.records import Layer, Playlist
from bot.core.sorting.manual_edits import standing_answers
from bot.errors.sorting import StillReading
from bot.flows.sorting.labelling.readiness import why_no_songs


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands in a layer. playlists: those that hold songs; liked: how many of the songs the member likes.

    reading: whether their likes are still being read; learns: their choice; None: not asked yet.
    """

    layer: Layer
    playlists: Sequence[Playlist]
    songs: int
    liked: int
    reading: bool
    learns: bool | None

    @property
    def asks(self) -> bool:
        """Whether there's something to ask the member for, and they haven't said yet."""
        return self.learns is None and bool(self.songs if self.reading else self.liked)


async def seen(store: Store, layer: Layer) -> Standing:
    """Return what stands in the layer's playlists, as last seen."""
    async with store.reading() as tx:
        known = await playlists.layer(tx, layer.layer) or layer
        held = await _held(tx, layer)
        liked, reading = await songs.liked(tx, layer.member), await _is_reading(tx, layer.member)
        learns = True if await _counts(tx, layer) else known.standing
        kept = [playlist for playlist in await playlists.in_layer(tx, layer.layer) if held.get(playlist.playlist)]
    there = {song for standing in held.values() for song in standing}
    return Standing(known, kept, len(there), len(there & liked.keys()), reading, learns)


async def choose(store: Store, layer: Layer, learns: bool) -> int:
    """Let the songs in one layer's playlists count as labels, or stop; return the number of new labels.

    Raises StillReading, NotLinked or NoLikes if there's nothing to compare them with yet.
    """
    async with store.reading() as tx:
        if learns:
            await _check_songs(tx, layer.member)
    async with store.writing() as tx:
        await playlists.change_layer(tx, layer.layer, standing=learns)
    return await _obey(store, layer, learns)


async def _is_reading(tx: Tx, member: int) -> bool:
    account = await members.account(tx, member)
    return account is not None and account.synced_at is None


async def _check_songs(tx: Tx, member: int) -> None:
    if await _is_reading(tx, member):
        raise StillReading
    if not await songs.count(tx, member):
        raise await why_no_songs(tx, member)


async def allow(store: Store, member: int, allowed: bool, now: datetime) -> int:
    """Let the songs in all of the member's playlists count as labels, or stop; return the number of new labels."""
    async with store.writing() as tx:
        await members.ensure(tx, member, now)
        await members.change(tx, member, learn_from_playlists=allowed)
        layers = await playlists.layers(tx, member)
        for layer in layers:
            await playlists.change_layer(tx, layer.layer, standing=allowed)
    return sum([await _obey(store, layer, allowed) for layer in layers])


async def _obey(store: Store, layer: Layer, learns: bool) -> int:
    if learns:
        return await learn(store, layer)
    await _forget(store, layer)
    return 0


async def learn(store: Store, layer: Layer) -> int:
    """Turn the songs in the layer's playlists into labels, if they count; return the number of new labels.

    Works in slices, and stops if it's switched off.
    """
    async with store.reading() as tx:
        if not await _counts(tx, layer):
            return 0
        liked, held = frozenset(await songs.liked(tx, layer.member)), await _held(tx, layer)
    count = 0
    for piece in chunks(await asyncio.to_thread(standing_answers, held, liked, layer.several, STANDING)):
        async with store.writing() as tx:
            if not await _counts(tx, layer):
                break
            count += await answers.add_all(tx, layer.member, layer.layer, piece)
    return count


async def _held(tx: Tx, layer: Layer) -> Mapping[int, Sequence[str]]:
    """Return the songs in each of the layer's playlists that we didn't put there."""
    held: dict[int, Sequence[str]] = {}
    for playlist in await playlists.in_layer(tx, layer.layer):
        ours = await writes.ours(tx, playlist.playlist)
        items = await playlists.items(tx, playlist.playlist)
        held[playlist.playlist] = [item.song for item in items if item.song and item.song not in ours]
    return held


async def _counts(tx: Tx, layer: Layer) -> bool:
    """Whether the layer's standing songs count: its own choice, or else the member's; no for who has been erased."""
    known, owner = await playlists.layer(tx, layer.layer), await members.get(tx, layer.member)
    if known is None or owner is None:
        return False
    return owner.learn_from_playlists if known.standing is None else known.standing


async def _forget(store: Store, layer: Layer) -> None:
    while True:
        async with store.writing() as tx:
            if await _counts(tx, layer) or not await answers.forget_event(tx, layer, STANDING):
                return
