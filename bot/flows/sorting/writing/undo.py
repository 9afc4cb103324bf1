"""Undo: take back a write, or a part of it. An undo is a write as well, carried out as every other (`sort`)."""

from collections.abc import Container, Sequence
from datetime import datetime
from typing import Any

from bot.adapters.store import Store, Tx
from bot.adapters.store.sorting import answers, writes
from bot.core import limits
from bot.core.records import Change, Layer, NewWrite, Write
from bot.core.sorting.labels import UNSAID, Answer, Verdict, fold
from bot.core.sorting.writing.writes import ENDED, Action, WriteKind, WriteState
from bot.errors import NothingToUndo
from bot.errors.sorting import StillWriting, TooOldToUndo
from bot.flows.sorting.writing.sort import Receipt, receipt


async def write(store: Store, member: int, number: int | None, now: datetime) -> int:
    """Open the write that exactly reverses that one (or the last one), or what's left of it; return its number.

    Songs we added are removed, songs we removed go back to where they were. A write that failed half-way is reversed as
    far as it got; a failed undo can be tried again. Raises NothingToUndo, StillWriting while the last write or an undo
    of it is under way, and TooOldToUndo for an old write of which later ones superseded something.
    """
    async with store.reading() as tx:
        undone = await (writes.get(tx, number) if number is not None else _last(tx, member))
        if undone is None or undone.member != member or undone.state not in ENDED:
            raise NothingToUndo
        done = await receipt(tx, undone.write)
    if not done.standing and done.undo is not None:
        raise NothingToUndo
    return await _reverse(store, done, done.standing, now)


async def _last(tx: Tx, member: int) -> Write | None:
    """Return the member's last write, undos aside. Raises StillWriting if it's under way."""
    last = await writes.last_done(tx, member)
    newer = [later for later in await writes.unfinished(tx, member) if later.kind != WriteKind.UNDO]
    if newer and (last is None or newer[-1].write > last.write):
        raise StillWriting
    return last


async def part(store: Store, member: int, number: int, lines: Container[int], now: datetime) -> int:
    """Open the write that reverses some lines of that one; return its number. Raises as `write` does."""
    async with store.reading() as tx:
        done = await receipt(tx, number)
    chosen = [change for change in done.standing if change.change in lines]
    if done.write.member != member or not done.ended or not chosen:
        raise NothingToUndo
    return await _reverse(store, done, chosen, now)


async def _reverse(store: Store, done: Receipt, lines: Sequence[Change], now: datetime) -> int:
    undone = done.write
    async with store.writing() as tx:
        undos = await writes.undos(tx, undone.write)
        if (undos[-1] if undos else None) != done.undo or any(each.state not in ENDED for each in undos):
            raise StillWriting
        if undone.superseded:
            raise TooOldToUndo(limits.WRITES)
        back = NewWrite(undone.member, undone.layer, WriteKind.UNDO, len(lines), undoes=undone.write)
        opened = await writes.begin(tx, back, now)
    await writes.fill(store, undone.member, opened, map(_reversal, lines))
    async with store.writing() as tx:
        await writes.set_state(tx, opened, WriteState.APPLYING)
        if undone.kind == WriteKind.TAP:  # the member's answer is undone with its write
            for song in {change.song for change in lines}:
                about = [change for change in lines if change.song == song]
                await answers.undo_said(tx, undone.member, undone.layer, song, about, now)
    return opened


async def tap(store: Store, layer: Layer, said: Answer, now: datetime) -> int | None:
    """Open the write that reverses what an answer by button changed at once, and undo that answer; None if nothing.

    What earlier answers ask for, too, stays. Raises StillWriting while it's being written.
    """
    async with store.reading() as tx:
        done = await writes.last_tap(tx, layer.member, layer.layer, said.song)
        lines = [change for change in await writes.changes(tx, done.write) if change.song == said.song] if done else []
        others = [each for each in await answers.standing(tx, layer.member, layer.layer, said.song) if each != said]
    before = fold(others).get(said.song, UNSAID)
    if done is None or not _carry_out(lines, said) or all(_is_asked_for(line, before, layer) for line in lines):
        return None
    if done.state == WriteState.APPLYING:
        raise StillWriting
    return await write(store, layer.member, done.write, now)


def _carry_out(lines: Sequence[Change], said: Answer) -> bool:
    """Whether the lines of a tap are what the answer asks for: an answer elsewhere waits for a sort instead."""
    return {line.playlist for line in lines if line.action == Action.ADD} == set(said.playlists)


def _is_asked_for(line: Change, verdict: Verdict, layer: Layer) -> bool:
    if line.action == Action.ADD:
        return line.playlist in verdict.yes
    return verdict.excludes(line.playlist, several=layer.several)


def _reversal(change: Change) -> dict[str, Any]:
    """Return the line that reverses a change; it waits until that change has settled, so it keeps its time."""
    action = Action.REMOVE if change.action == Action.ADD else Action.ADD
    return {
        "song": change.song,
        "playlist": change.playlist,
        "action": action,
        "position": change.position,
        "sent_at": change.sent_at,
    }
