"""Revisions: each change found in a kept playlist, with its edits, newest last."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, insert, select, tuple_, update

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import CHUNK, added, chunks, every, in_turns, one
from bot.adapters.store.sorting import playlists
from bot.core import limits
from bot.core.records import Item, Playlist, Revision, Song
from bot.core.sorting import recording
from bot.core.sorting.history import By, Edit, Tally, attributed, difference
from bot.core.sorting.manual_edits import blanked
from bot.core.sorting.writing.journal import SETTLE, TOUCHED
from bot.core.sorting.writing.writes import Action

REVISION, EDIT, CHANGE = schema.revision, schema.edit, schema.change
MOST_AT_ONCE = 200  # revisions forgotten in one transaction


async def found(tx: Tx, playlist: Playlist, items: Sequence[Item], now: datetime) -> list[Edit]:
    """Return the edits between the stored contents and `items`, with who made them; none before recording begins."""
    current = await playlists.get(tx, playlist.playlist)
    before = await playlists.places(tx, playlist.playlist)
    if current is None or current.recorded_from is None:
        return []
    edits = await asyncio.to_thread(difference, before, items)
    songs = {edit.song for edit in edits if edit.song}
    lines = await _lines(tx, playlist.playlist, songs, current.recorded_from)
    lately = await _lately(tx, playlist.playlist, now - SETTLE) if edits else frozenset[str]()
    was, is_ = [item.song for item in before], [item.song for item in items]
    return attributed(edits, lines, lately, blanked(was, is_) | blanked(is_, was))


async def _lines(tx: Tx, playlist: int, songs: Collection[str], since: datetime) -> dict[tuple[str, str], int]:
    """Return our newest line about each song that took effect and that no edit is put down to yet."""
    lines: dict[tuple[str, str], int] = {}
    for piece in chunks(songs):
        explained = select(EDIT.c.change).where(EDIT.c.song.in_(piece), EDIT.c.change.is_not(None))
        ours = (CHANGE.c.playlist == playlist, CHANGE.c.song.in_(piece), CHANGE.c.state.in_(TOUCHED))
        new = (CHANGE.c.sent_at >= since, CHANGE.c.change.not_in(explained))
        rows = await tx.execute(select(CHANGE).where(*ours, *new).order_by(CHANGE.c.change))
        lines |= {(row.song, row.action): row.change for row in rows}
    return lines


async def _lately(tx: Tx, playlist: int, since: datetime) -> frozenset[str]:
    here = (CHANGE.c.playlist == playlist, CHANGE.c.state.in_(TOUCHED), CHANGE.c.sent_at > since)
    return frozenset((await tx.execute(select(CHANGE.c.song).where(*here))).scalars())


async def begin(tx: Tx, playlist: Playlist, edits: int) -> int:
    """Open a revision and return its number; it counts once it's completed."""
    return await added(tx, REVISION, {"member": playlist.member, "playlist": playlist.playlist, "edits": edits})


async def add(tx: Tx, member: int, revision: int, edits: Iterable[Edit]) -> None:
    here = {"member": member, "revision": revision}
    await tx.execute(insert(EDIT), [asdict(edit) | here for edit in edits])


async def complete(tx: Tx, playlist: Playlist, revision: int | None, now: datetime) -> None:
    """Have a revision count, together with the contents it led to; without one, begin recording."""
    if revision is not None:
        await tx.execute(update(REVISION).where(REVISION.c.revision == revision).values(at=now))
    begins = (schema.playlist.c.playlist == playlist.playlist, schema.playlist.c.recorded_from.is_(None))
    await tx.execute(update(schema.playlist).where(*begins).values(recorded_from=now))


async def get(tx: Tx, revision: int) -> Revision | None:
    return await one(tx, Revision, select(REVISION).where(REVISION.c.revision == revision, _counts()))


async def of_playlist(tx: Tx, playlist: int, since: int = 0) -> list[Revision]:
    """Return a playlist's revisions from `since` on, newest first."""
    here = (REVISION.c.playlist == playlist, REVISION.c.revision >= since, _counts())
    return await every(tx, Revision, select(REVISION).where(*here).order_by(REVISION.c.revision.desc()))


async def edits(tx: Tx, revision: int) -> list[Edit]:
    query = select(EDIT).where(EDIT.c.revision == revision).order_by(EDIT.c.action, EDIT.c.position)
    return await every(tx, Edit, query)


async def tallies(tx: Tx, playlist: int) -> Mapping[int, Tally]:
    """Return how many songs were added and removed by whom, for each revision of a playlist."""
    joined = select(EDIT.c.revision, EDIT.c.action, EDIT.c.by, func.count().label("count")).join(REVISION)
    here = (REVISION.c.playlist == playlist, EDIT.c.song.is_not(None))
    grouped = joined.where(*here).group_by(EDIT.c.revision, EDIT.c.action, EDIT.c.by)
    counted: dict[int, dict[tuple[Action, By], int]] = {}
    async for row in in_turns(await tx.execute(grouped)):
        counted.setdefault(row.revision, {})[row.action, row.by] = row[3]
    return counted


async def named(tx: Tx, member: int, songs: Collection[str]) -> dict[str, Song]:
    """Return songs that have no title of their own, by the naming they were read with in the member's playlists."""
    known: dict[str, Song] = {}
    for table in (EDIT, schema.content):
        for piece in chunks(set(songs) - known.keys()):
            here = (table.c.member == member, table.c.song.in_(piece), table.c.naming.is_not(None))
            rows = await tx.execute(select(table.c.song, table.c.naming).where(*here))
            known |= {row.song: _by_naming(row.song, row.naming) for row in rows}
    return known


def _by_naming(song: str, naming: str) -> Song:
    title, *artists = naming.split(recording.BETWEEN)
    return Song(song, title, tuple(artists))


async def beyond(tx: Tx, playlist: Playlist) -> list[Revision]:
    """Return the oldest revisions that must make room, some at a time, oldest first."""
    theirs = (REVISION.c.member == playlist.member, _counts())
    newest_first = select(REVISION).where(*theirs).order_by(REVISION.c.revision.desc())
    here = newest_first.where(REVISION.c.playlist == playlist.playlist).offset(limits.REVISIONS)
    many = {known.revision: known for known in await every(tx, Revision, here)}
    if ((await tx.execute(select(func.sum(REVISION.c.edits)).where(*theirs))).scalar() or 0) > limits.EDITS:
        held = 0
        for known in await every(tx, Revision, newest_first):
            held += known.edits
            many |= {known.revision: known} if held > limits.EDITS else {}
    return [many[number] for number in sorted(many)][:MOST_AT_ONCE]


async def discount(tx: Tx, gone: Sequence[Revision]) -> None:
    """Have the oldest revisions no longer count: each playlist's history goes back to the last of them."""
    ids = [known.revision for known in gone]
    await tx.execute(update(REVISION).where(REVISION.c.revision.in_(ids)).values(at=None))
    newest = {known.playlist: known.at for known in gone}
    for playlist, at in newest.items():
        await playlists.change(tx, playlist, recorded_from=at)


async def has_dead(tx: Tx, playlist: int) -> bool:
    """Whether there's a revision that doesn't count: interrupted, or making room."""
    return await _dead(tx, playlist) is not None


async def sweep(tx: Tx, playlist: int) -> None:
    """Delete some edits of a revision that doesn't count, and the revision once it has none."""
    dead = await _dead(tx, playlist)
    keys = select(EDIT.c.action, EDIT.c.position).where(EDIT.c.revision == dead).limit(CHUNK)
    rows = [tuple(row) for row in await tx.execute(keys)]
    here = (EDIT.c.revision == dead, tuple_(EDIT.c.action, EDIT.c.position).in_(rows))
    await tx.execute(delete(EDIT).where(*here))
    if len(rows) < CHUNK:
        await tx.execute(delete(REVISION).where(REVISION.c.revision == dead))


async def _dead(tx: Tx, playlist: int) -> int | None:
    query = select(REVISION.c.revision).where(REVISION.c.playlist == playlist, ~_counts())
    return (await tx.execute(query.order_by(REVISION.c.revision).limit(1))).scalar()


def _counts() -> ColumnElement[bool]:
    return REVISION.c.at.is_not(None)
