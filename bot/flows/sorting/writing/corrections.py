"""Corrections: a song doesn't belong where a sort puts it, or put it; and where it belongs instead.

In a dry run the song's line changes, so what's shown is what's applied. After that, a write of its own carries it out.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from bot.adapters.store import Store, Tx
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import answers, playlists, writes
from bot.core.records import Change, Layer, NewWrite, Playlist, Song, Write
from bot.core.sorting.labels import Answer, Kind, Source
from bot.core.sorting.writing.journal import TOUCHED
from bot.core.sorting.writing.writes import ENDED, Action, LineState, WriteKind, WriteState
from bot.errors.sorting import DryRunGone, PlaylistNotKept, ReceiptGone
from bot.flows.sorting.writing import taps
from bot.flows.sorting.writing.sort import open_tap

SHOWN = (WriteState.PLANNED, WriteState.APPLYING, *ENDED)


@dataclass(frozen=True, slots=True)
class Correction:
    """A line that the member says is wrong. others: playlists that could have the song instead, in their order."""

    line: Change
    write: Write
    layer: Layer
    song: Song
    where: Playlist
    others: list[Playlist]

    @property
    def planned(self) -> bool:
        """Whether it's a line of a dry run."""
        return self.write.state == WriteState.PLANNED


async def correction(store: Store, member: int, change: int) -> Correction:
    """Return what can be said about a line. Raises ReceiptGone, DryRunGone for a dry run that's out of date."""
    async with store.reading() as tx:
        return await _correction(tx, member, change)


async def _correction(tx: Tx, member: int, change: int) -> Correction:
    line = await writes.change(tx, change)
    write = await writes.get(tx, line.write) if line else None
    layer = await playlists.layer(tx, write.layer) if write else None
    if line is None or write is None or layer is None or write.member != member:
        raise ReceiptGone
    if write.state not in SHOWN:
        raise DryRunGone
    song, where = await songs.get(tx, line.song, member), await playlists.get(tx, line.playlist)
    if song is None or where is None:
        raise ReceiptGone
    taken = await _taken(tx, line, layer, song)
    kept = [playlist for playlist in await playlists.in_layer(tx, layer.layer) if playlist.ref]
    return Correction(line, write, layer, song, where, [other for other in kept if other.playlist not in taken])


async def _taken(tx: Tx, line: Change, layer: Layer, song: Song) -> Collection[int]:
    """Return the playlists that are out of the question: those that have the song, or get it by the same write."""
    others = [other for other in await writes.changes(tx, line.write) if other.song == line.song and _stands(other)]
    return {line.playlist, *(other.playlist for other in others), *await playlists.holding(tx, layer.layer, song)}


def _stands(change: Change) -> bool:
    return change.action == Action.ADD and change.state in (LineState.WANTED, *TOUCHED)


async def not_there(store: Store, member: int, change: int, event: int | None, now: datetime) -> int | None:
    """Store the member's answer that a song doesn't belong there, as a label. event: None outside Discord.

    A dry run won't put it there. Otherwise, it's to be removed: returns the number of that write, to be applied; None
    if they said so before. Raises as `correction` does.
    """
    async with store.writing() as tx:
        said = await _correction(tx, member, change)
        new = await _tell(tx, said, Kind.NOT, [said.line.playlist], event)
        await writes.rule_out(tx, said.layer.layer, said.line.song, [said.line.playlist])
        if said.planned:
            return None
        tap = NewWrite(member, said.layer.layer, WriteKind.TAP)
        lines = [(said.line.playlist, said.line.song, Action.REMOVE)]
        return await open_tap(tx, tap, lines, now) if new else None


async def instead(
    store: Store, member: int, change: int, playlist: int | None, event: int | None, now: datetime
) -> int | None:
    """Store where the song of a line belongs instead, as a label; None: in none of the layer's playlists.

    The line's own playlist takes the correction of a dry run back. Returns the write that carries it out, to be
    applied, if any. Raises as `correction` does, and PlaylistNotKept.
    """
    async with store.writing() as tx:
        said = await _correction(tx, member, change)
        allowed = {other.playlist for other in said.others} | ({said.line.playlist} if said.planned else set())
        if playlist is not None and playlist not in allowed:
            raise PlaylistNotKept
        kind = Kind.NONE if playlist is None else Kind.ALSO if said.layer.several else Kind.ONLY
        if not await _tell(tx, said, kind, [] if playlist is None else [playlist], event):
            return None
        if said.planned:
            await _replan(tx, said, playlist)
            return None
        return await taps.carry_out(tx, said.layer, [said.line.song], [] if playlist is None else [playlist], now)


async def _tell(tx: Tx, said: Correction, kind: Kind, chosen: list[int], event: int | None) -> bool:
    event = await answers.next_event(tx, said.write.member) if event is None else event
    answer = Answer(said.line.song, kind, tuple(chosen), Source.RECEIPT, event)
    return await answers.add(tx, said.write.member, said.layer.layer, answer)


async def _replan(tx: Tx, said: Correction, playlist: int | None) -> None:
    """Let a dry run put the song there: nowhere else, unless songs may be in several playlists."""
    lines = [other for other in await writes.changes(tx, said.write.write) if other.song == said.line.song]
    adding = {other.playlist: other.change for other in lines if other.action == Action.ADD}
    if playlist is None or not said.layer.several:
        await writes.rule_out(tx, said.layer.layer, said.line.song, adding.keys() - {playlist})
    if playlist in adding:
        await writes.rule_in(tx, adding[playlist])
    elif playlist is not None:
        told = {"song": said.line.song, "playlist": playlist, "action": Action.ADD}
        told |= {"certainty": "told", "probability": 1.0}
        await writes.add_changes(tx, said.write.member, said.write.write, [told])
