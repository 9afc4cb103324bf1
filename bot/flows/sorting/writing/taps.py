"""Taps: an answer about single songs that's carried out at once, by a write of its own."""

from collections.abc import Collection, Sequence
from datetime import datetime

from bot.adapters.store import Tx
from bot.adapters.store.sorting import answers, playlists, writes
from bot.core.records import Layer, NewWrite
from bot.core.sorting.labels import UNSAID, fold
from bot.core.sorting.writing.writes import Action, WriteKind
from bot.flows.sorting.writing import sort


async def carry_out(tx: Tx, layer: Layer, songs: Sequence[str], chosen: Collection[int], now: datetime) -> int | None:
    """Open the write that carries out what the member just said of these songs; None if there's nothing to write.

    They go into the chosen playlists, and out of those where we put them and the member says they don't belong.
    """
    kept = {playlist.playlist for playlist in await playlists.in_layer(tx, layer.layer)}
    put = await writes.put_into(tx, kept, songs)
    lines = [(playlist, song, Action.ADD) for song in songs for playlist in chosen]
    for song in put:
        verdict = fold(await answers.standing(tx, layer.member, layer.layer, song)).get(song, UNSAID)
        out = [playlist for playlist in sorted(put[song]) if verdict.excludes(playlist, several=layer.several)]
        lines += [(playlist, song, Action.REMOVE) for playlist in out]
    return await sort.open_tap(tx, NewWrite(layer.member, layer.layer, WriteKind.TAP), lines, now) if lines else None
