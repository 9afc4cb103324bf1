"""Writes: the journal of what to change in playlists and what was changed, and so which songs are ours to remove."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, insert, or_, select, update

from bot.adapters.store import schema
from bot.adapters.store.engine import Store, Tx
from bot.adapters.store.rows import CHUNK, added, chunks, every, in_turns, keep_newest, one
from bot.core import limits
from bot.core.records import Change, NewWrite, Write
from bot.core.sorting.writing.journal import IN_FLIGHT, OPEN, RETRIABLE, TOUCHED, Line, Refused
from bot.core.sorting.writing.superseded import CARRIED_OUT
from bot.core.sorting.writing.writes import ENDED, Action, LineState, WriteKind, WriteState
from bot.errors.sorting import DryRunGone

WRITE, CHANGE = schema.write, schema.change
NOTED = ("state", "position", "sent_at", "sends", "problem", "shown_as")  # the stored fields of a line
UNDER_WAY = WRITE.c.state == WriteState.APPLYING


async def begin(tx: Tx, new: NewWrite, now: datetime) -> int:
    """Open a write in preparation and return its number; the layer's oldest dry runs make room."""
    number = await added(tx, WRITE, asdict(new) | {"state": WriteState.PREPARING, "created_at": now})
    await keep_newest(tx, WRITE, limits.DRY_RUNS, WRITE.c.write, *_unused(new.layer))
    return number


def _unused(layer: int) -> tuple[ColumnElement[bool], ...]:
    states = (WriteState.PREPARING, WriteState.PLANNED, WriteState.CANCELLED)
    return WRITE.c.layer == layer, WRITE.c.kind.in_((WriteKind.SORT, WriteKind.RESTORE)), WRITE.c.state.in_(states)


async def make_room(store: Store, layer: int) -> None:
    """Empty the layer's dry runs that must make room, in slices."""
    async with store.reading() as tx:
        query = select(WRITE.c.write).where(*_unused(layer)).order_by(WRITE.c.write.desc())
        oldest = (await tx.execute(query.offset(limits.DRY_RUNS - 1))).scalars().all()
    for write in oldest:
        async with store.writing() as tx:
            await tx.execute(
                update(WRITE).where(WRITE.c.write == write, *_unused(layer)).values(state=WriteState.CANCELLED)
            )
        await _empty(store, write)


async def _empty(store: Store, write: int) -> None:
    """Delete the lines of a write that won't be carried out."""
    dead = select(WRITE.c.write).where(
        WRITE.c.write == write, WRITE.c.state.in_((WriteState.PREPARING, WriteState.CANCELLED))
    )
    lines = select(CHANGE.c.change).where(CHANGE.c.write.in_(dead)).limit(CHUNK)
    while True:
        async with store.writing() as tx:
            if not (await tx.execute(delete(CHANGE).where(CHANGE.c.change.in_(lines)))).rowcount:
                return


async def fill(store: Store, member: int, write: int, lines: Iterable[Mapping[str, Any]]) -> None:
    """Add lines to a write being prepared, in slices. Raises DryRunGone if it has made room for newer ones."""
    try:
        for piece in chunks(lines):
            async with store.writing() as tx:
                if await get(tx, write) is None:
                    raise DryRunGone
                await add_changes(tx, member, write, piece)
    except BaseException:
        async with store.writing() as tx:
            await set_state(tx, write, WriteState.CANCELLED)
        raise


async def forget_unprepared(store: Store, before: datetime) -> None:
    """Delete writes from before then whose preparation was interrupted or failed: none of them is being prepared."""
    failed = (WRITE.c.state == WriteState.CANCELLED) & (WRITE.c.kind != WriteKind.SORT)  # dry runs make room in time
    unprepared = (WRITE.c.created_at <= before) & or_(WRITE.c.state == WriteState.PREPARING, failed)
    async with store.reading() as tx:
        numbers = (await tx.execute(select(WRITE.c.write).where(unprepared))).scalars().all()
    for write in numbers:
        await _empty(store, write)
        async with store.writing() as tx:
            await tx.execute(delete(WRITE).where(WRITE.c.write == write, unprepared))


async def add_changes(tx: Tx, member: int, write: int, changes: Iterable[Mapping[str, Any]]) -> None:
    """Add lines to a write: playlist, song, action, and where they apply state, position, probability, certainty."""
    blank = {"position": None, "state": LineState.WANTED, "probability": None, "certainty": None}
    blank |= {"sent_at": None}
    for piece in chunks(blank | dict(change) | {"member": member, "write": write} for change in changes):
        await tx.execute(insert(CHANGE), piece)


async def get(tx: Tx, write: int) -> Write | None:
    return await one(tx, Write, select(WRITE).where(WRITE.c.write == write))


async def changes(tx: Tx, write: int) -> list[Change]:
    return await every(tx, Change, select(CHANGE).where(CHANGE.c.write == write).order_by(CHANGE.c.change))


async def change(tx: Tx, change: int) -> Change | None:
    return await one(tx, Change, select(CHANGE).where(CHANGE.c.change == change))


async def set_state(tx: Tx, write: int, state: WriteState, **values: Any) -> None:
    await tx.execute(update(WRITE).where(WRITE.c.write == write).values(state=state, **values))


async def note(tx: Tx, lines: Sequence[Line]) -> None:
    """Store the state of lines, by their keys."""
    if lines:
        known: dict[str, Any] = {name: bindparam(name) for name in NOTED}
        rows = [{"of": line.key} | {name: getattr(line, name) for name in NOTED} for line in lines]
        await tx.execute(update(CHANGE).where(CHANGE.c.change == bindparam("of")).values(**known), rows)


async def rule_out(tx: Tx, layer: int, song: str, playlists: Iterable[int]) -> None:
    """Take a song out of the layer's dry runs, as far as they'd put it into these playlists."""
    lines = (CHANGE.c.song == song, CHANGE.c.playlist.in_(list(playlists)), CHANGE.c.action == Action.ADD)
    sorts = (WRITE.c.layer == layer, WRITE.c.kind == WriteKind.SORT, WRITE.c.state == WriteState.PLANNED)
    planned = select(WRITE.c.write).where(*sorts)
    wanted = (CHANGE.c.state == LineState.WANTED, CHANGE.c.write.in_(planned))
    await tx.execute(update(CHANGE).where(*lines, *wanted).values(state=LineState.RULED_OUT))


async def rule_in(tx: Tx, change: int) -> None:
    """Put a line back into its dry run, by the member's word."""
    planned = select(WRITE.c.write).where(WRITE.c.state == WriteState.PLANNED)
    here = (CHANGE.c.change == change, CHANGE.c.state == LineState.RULED_OUT, CHANGE.c.write.in_(planned))
    await tx.execute(update(CHANGE).where(*here).values(state=LineState.WANTED, certainty="told", probability=1.0))


async def refuse(tx: Tx, write: int, playlists: Iterable[int], problem: Refused) -> int:
    """Give up on some open lines for those playlists; return how many: 0 if none are left."""
    here = (CHANGE.c.write == write, CHANGE.c.playlist.in_(list(playlists)), CHANGE.c.state.in_(OPEN))
    lines = select(CHANGE.c.change).where(*here).limit(CHUNK)
    refused = update(CHANGE).where(CHANGE.c.change.in_(lines)).values(state=LineState.REFUSED, problem=problem)
    return int((await tx.execute(refused)).rowcount)


async def believe(tx: Tx, write: int, playlists: Iterable[int]) -> int:
    """Count some lines that Spotify confirmed as written, unread; return how many: 0 if none are left."""
    sent = (CHANGE.c.write == write, CHANGE.c.playlist.in_(list(playlists)), CHANGE.c.state == LineState.SENT)
    lines = select(CHANGE.c.change).where(*sent).limit(CHUNK)
    believed = update(CHANGE).where(CHANGE.c.change.in_(lines)).values(state=LineState.WRITTEN)
    return int((await tx.execute(believed)).rowcount)


async def forget_lines(tx: Tx, playlist: int) -> int:
    """Delete some lines about the playlist; return how many: 0 if none are left."""
    lines = select(CHANGE.c.change).where(CHANGE.c.playlist == playlist).limit(CHUNK)
    return int((await tx.execute(delete(CHANGE).where(CHANGE.c.change.in_(lines)))).rowcount)


async def take(tx: Tx, playlist: int, songs: Iterable[str]) -> None:
    """Record that somebody removed songs we added: they are no longer ours."""
    here = (CHANGE.c.playlist == playlist, CHANGE.c.action == Action.ADD, CHANGE.c.state == LineState.WRITTEN)
    for piece in chunks(songs):
        await tx.execute(update(CHANGE).where(*here, CHANGE.c.song.in_(piece)).values(state=LineState.TAKEN))


async def lately(tx: Tx, playlist: int, since: datetime) -> list[Change]:
    """Return the playlist's lines that were sent after `since` or are in progress."""
    open_ended = CHANGE.c.state.in_(IN_FLIGHT) & CHANGE.c.write.in_(select(WRITE.c.write).where(UNDER_WAY))
    here = (CHANGE.c.playlist == playlist, CHANGE.c.sends > 0, or_(CHANGE.c.sent_at > since, open_ended))
    return await every(tx, Change, select(CHANGE).where(*here))


async def under_way(tx: Tx, playlist: int) -> frozenset[str]:
    """Return the songs being added to the playlist."""
    here = (CHANGE.c.playlist == playlist, CHANGE.c.action == Action.ADD, CHANGE.c.state.in_(IN_FLIGHT))
    open_writes = select(WRITE.c.write).where(UNDER_WAY)
    return frozenset((await tx.execute(select(CHANGE.c.song).where(*here, CHANGE.c.write.in_(open_writes)))).scalars())


async def going_first(tx: Tx, playlist: int, write: int) -> dict[str, datetime]:
    """Return the songs that other writes change in the playlist before this one may, and since when.

    They were asked for earlier and aren't carried out, or they're sent and their effect isn't known yet.
    """
    earlier = (CHANGE.c.state == LineState.WANTED) & (CHANGE.c.write < write)
    open_lines = (CHANGE.c.write != write, earlier | CHANGE.c.state.in_(IN_FLIGHT), UNDER_WAY)
    query = select(CHANGE.c.song, CHANGE.c.sent_at, WRITE.c.created_at).join(WRITE, WRITE.c.write == CHANGE.c.write)
    rows = await tx.execute(query.where(CHANGE.c.playlist == playlist, *open_lines))
    return {row.song: row.sent_at or row.created_at for row in rows}


async def barred(tx: Tx, member: int, since: datetime) -> frozenset[tuple[int | None, str]]:
    """Return (playlist, song) not to propose: refused since then, and (None, song) for songs Spotify doesn't know."""
    mine = (CHANGE.c.member == member, CHANGE.c.action == Action.ADD, CHANGE.c.state == LineState.REFUSED)
    joined = select(CHANGE, WRITE.c.created_at).join(WRITE, WRITE.c.write == CHANGE.c.write).where(*mine)
    rows = [row async for row in in_turns(await tx.execute(joined))]
    unknown = {(None, row.song) for row in rows if row.problem == Refused.UNKNOWN}
    return frozenset(unknown | {(row.playlist, row.song) for row in rows if row.created_at > since})


async def unfinished(tx: Tx, member: int | None = None) -> list[Write]:
    """Return confirmed writes that aren't done, oldest first."""
    query = select(WRITE).where(WRITE.c.state == WriteState.APPLYING).order_by(WRITE.c.write)
    return await every(tx, Write, query if member is None else query.where(WRITE.c.member == member))


async def sorted_before(tx: Tx, write: Write) -> bool:
    """Whether the member confirmed a dry run before this one."""
    states = (WriteState.APPLYING, WriteState.DONE, WriteState.FAILED)
    earlier = (WRITE.c.member == write.member, WRITE.c.kind == WriteKind.SORT, WRITE.c.write < write.write)
    query = select(WRITE.c.write).where(*earlier, WRITE.c.state.in_(states)).limit(1)
    return (await tx.execute(query)).first() is not None


async def last_done(tx: Tx, member: int) -> Write | None:
    """Return the newest write that has an effect and of which something is left to undo, leaving out undos."""
    stands = select(CHANGE.c.write).where(CHANGE.c.write == WRITE.c.write, CHANGE.c.state.in_(CARRIED_OUT)).exists()
    query = select(WRITE).where(WRITE.c.member == member, WRITE.c.state.in_(ENDED), stands)
    query = query.where(WRITE.c.kind != WriteKind.UNDO, ~_undone())
    return await one(tx, Write, query.order_by(WRITE.c.write.desc()).limit(1))


async def last_tap(tx: Tx, member: int, layer: int, song: str) -> Write | None:
    """Return the newest write by which the member's tap moved the song, unless it was undone."""
    stands = or_(UNDER_WAY, CHANGE.c.state.in_(TOUCHED))
    line = select(CHANGE.c.write).where(CHANGE.c.write == WRITE.c.write, CHANGE.c.song == song)
    mine = (
        WRITE.c.member == member,
        WRITE.c.layer == layer,
        WRITE.c.kind == WriteKind.TAP,
        line.where(stands).exists(),
    )
    query = select(WRITE).where(*mine, ~_undone()).order_by(WRITE.c.write.desc()).limit(1)
    return await one(tx, Write, query)


UNDO, BACK = WRITE.alias("undo"), CHANGE.alias("back")
STANDS = UNDO.c.state.not_in((WriteState.FAILED, WriteState.CANCELLED))
AGAIN = (UNDO.c.state == WriteState.DONE) & (BACK.c.state == LineState.REFUSED) & BACK.c.problem.in_(RETRIABLE)


def _undone() -> ColumnElement[bool]:
    """Whether nothing is left to undo of a write: there's an undo, and every line that took effect was reversed."""
    reversal = select(BACK.c.change).join(UNDO, UNDO.c.write == BACK.c.write).where(UNDO.c.undoes == WRITE.c.write)
    same = (BACK.c.song == CHANGE.c.song, BACK.c.playlist == CHANGE.c.playlist)
    reversed_ = reversal.where(STANDS, *same, ~AGAIN).correlate(WRITE, CHANGE).exists()
    left = select(CHANGE.c.change).where(CHANGE.c.write == WRITE.c.write, CHANGE.c.state.in_(TOUCHED), ~reversed_)
    undos = select(UNDO.c.write).where(UNDO.c.undoes == WRITE.c.write, STANDS)
    return undos.correlate(WRITE).exists() & ~left.correlate(WRITE).exists()


async def undos(tx: Tx, write: int) -> list[Write]:
    """Return the writes that undo this one, or parts of it, oldest first, without those that failed."""
    query = select(UNDO).where(UNDO.c.undoes == write, STANDS).order_by(UNDO.c.write)
    return await every(tx, Write, query)


async def reversals(tx: Tx, write: int) -> list[Change]:
    """Return the lines that reverse those of a write, without those that may be tried again."""
    query = select(BACK).join(UNDO, UNDO.c.write == BACK.c.write).where(UNDO.c.undoes == write, STANDS)
    return await every(tx, Change, query.where(or_(BACK.c.problem.is_(None), ~AGAIN)).order_by(BACK.c.change))


async def has_any(tx: Tx, playlist: int) -> bool:
    """Return whether any write, done or not, is about the playlist."""
    return (await tx.execute(select(CHANGE.c.change).where(CHANGE.c.playlist == playlist).limit(1))).first() is not None


async def ours(tx: Tx, playlist: int) -> frozenset[str]:
    """Return the songs in the playlist that we put there: our last action was to add them."""
    return frozenset(await _put_in(tx, playlist))


async def sorted_in(tx: Tx, playlist: int) -> frozenset[str]:
    """Return our songs that a sort may remove again: all but those that the member had restored."""
    restored = await _restores(tx, CHANGE.c.playlist == playlist)
    return frozenset(song for song, write in (await _put_in(tx, playlist)).items() if write not in restored)


async def put_into(tx: Tx, playlists: Iterable[int], songs: Sequence[str]) -> dict[str, set[int]]:
    """Return the playlists into which we put each of up to CHUNK songs, or are about to, as `sorted_in` does."""
    about = (CHANGE.c.playlist.in_(list(playlists)), CHANGE.c.song.in_(songs))
    took_effect = CHANGE.c.state.in_(CARRIED_OUT) | (CHANGE.c.state.in_(OPEN) & UNDER_WAY)
    query = select(CHANGE).join(WRITE, WRITE.c.write == CHANGE.c.write).where(*about, took_effect)
    rows = (await tx.execute(query.order_by(CHANGE.c.change))).all()
    last, restored = {(row.song, row.playlist): row for row in rows}, await _restores(tx, *about)
    put: dict[str, set[int]] = {}
    for row in last.values():
        if row.action == Action.ADD and row.state != LineState.TAKEN and row.write not in restored:
            put.setdefault(row.song, set()).add(row.playlist)
    return put


async def _restores(tx: Tx, *about: ColumnElement[bool]) -> set[int]:
    """Return the writes with such lines by which the member had songs restored, or undid that."""
    undone, here = WRITE.alias(), select(CHANGE.c.write).where(*about)
    asked_for = or_(WRITE.c.kind == WriteKind.RESTORE, undone.c.kind == WriteKind.RESTORE)
    both = WRITE.outerjoin(undone, undone.c.write == WRITE.c.undoes)
    query = select(WRITE.c.write).select_from(both).where(WRITE.c.write.in_(here), asked_for)
    return set((await tx.execute(query)).scalars())


async def _put_in(tx: Tx, playlist: int) -> dict[str, int]:
    """Return the songs that we put there, each with the write that did."""
    last = await _last(tx, playlist)
    return {song: row.write for song, row in last.items() if row.action == Action.ADD and row.state != LineState.TAKEN}


async def confirmed(tx: Tx, playlist: int) -> frozenset[str]:
    """Return the songs whose addition Spotify confirmed, but which weren't read there yet."""
    last = await _last(tx, playlist)
    return frozenset(song for song, row in last.items() if row.action == Action.ADD and row.state == LineState.SENT)


async def shown_as(tx: Tx, playlist: int) -> dict[str, str]:
    """Return the songs, ours or being removed, that Spotify shows under another id: song → id."""
    shown = select(CHANGE.c.song).where(CHANGE.c.playlist == playlist, CHANGE.c.shown_as.is_not(None))
    last = await _last(tx, playlist, CHANGE.c.song.in_(shown))
    stands = [row for row in last.values() if row.shown_as and row.state != LineState.TAKEN]
    return {row.song: row.shown_as for row in stands if row.action == Action.ADD or row.state in IN_FLIGHT}


async def _last(tx: Tx, playlist: int, *which: ColumnElement[bool]) -> dict[str, Any]:
    """Return what we last did with each song in the playlist, as far as it took effect, or may have."""
    query = select(CHANGE.c.song, CHANGE.c.write, CHANGE.c.action, CHANGE.c.state, CHANGE.c.shown_as)
    touched = (CHANGE.c.playlist == playlist, CHANGE.c.state.in_(CARRIED_OUT), *which)
    return {row.song: row async for row in in_turns(await tx.execute(query.where(*touched).order_by(CHANGE.c.change)))}


async def show_as(tx: Tx, playlist: int, shown: Mapping[str, str | None]) -> None:
    """Store the ids under which Spotify shows our songs (None: under their own)."""
    here = (CHANGE.c.playlist == playlist, CHANGE.c.action == Action.ADD, CHANGE.c.state.in_(TOUCHED))
    for song, other in shown.items():
        await tx.execute(update(CHANGE).where(*here, CHANGE.c.song == song).values(shown_as=other))
