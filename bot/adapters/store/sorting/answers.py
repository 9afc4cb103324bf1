"""Answers: the append-only log of members' answers about songs. `core.sorting.labels.fold` turns it into verdicts."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, delete, func, select, tuple_, update

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import CHUNK, chunks, count, in_turns, inserting, keep_newest
from bot.core import limits
from bot.core.records import Change, Layer, Prompt
from bot.core.sorting.labels import Answer, Kind, Source, Verdict, event_at, fold
from bot.core.sorting.writing.writes import Action

ANSWER = schema.answer
BY_BUTTON = (Source.BUTTON.value, Source.BULK.value)
STANDING = event_at(0)  # for songs already in playlists: older than any press, so a press wins


async def add(tx: Tx, member: int, layer: int, answer: Answer) -> bool:
    """Store an answer; if a song has too many, the oldest makes room.

    Returns False if this very event was stored before: a press that arrives twice is one (promise P14).
    """
    (new,) = await add_each(tx, [(member, layer, answer)])
    return new


async def add_all(tx: Tx, member: int, layer: int, said: Sequence[Answer]) -> int:
    """Store up to CHUNK answers as `add` does; return how many were new."""
    return sum(await add_each(tx, [(member, layer, answer) for answer in said]))


async def add_each(tx: Tx, said: Sequence[tuple[int, int, Answer]]) -> list[bool]:
    """Store up to CHUNK answers of any members, each given with its member and layer, as `add` does."""
    if not said:
        return []
    known = ("member", "layer", "song", "event")
    storing = inserting(tx.dialect.name, ANSWER).on_conflict_do_nothing(index_elements=known)
    rows = await tx.execute(storing.returning(*(ANSWER.c[name] for name in known)), [_row(*each) for each in said])
    new = {tuple(row) for row in rows}
    await _make_room(tx, {(member, layer, song) for member, layer, song, _ in new})
    return [_taken(new, (member, layer, answer.song, answer.event)) for member, layer, answer in said]


def _taken(new: set[Any], key: Any) -> bool:
    """Whether it's new; what comes twice among what's new is so once."""
    try:
        new.remove(key)
    except KeyError:
        return False
    return True


async def _make_room(tx: Tx, songs: Collection[tuple[int, int, str]]) -> None:
    """Leave no more than `limits.ANSWERS` about each of these songs, given with their member and layer."""
    about = (ANSWER.c.member, ANSWER.c.layer, ANSWER.c.song)
    many = select(*about).where(tuple_(*about).in_(songs)).group_by(*about).having(func.count() > limits.ANSWERS)
    for member, layer, song in (await tx.execute(many)).all():
        same = (ANSWER.c.member == member, ANSWER.c.layer == layer, ANSWER.c.song == song)
        await keep_newest(tx, ANSWER, limits.ANSWERS, ANSWER.c.event, *same)


def _row(member: int, layer: int, answer: Answer) -> dict[str, Any]:
    return {
        "member": member,
        "layer": layer,
        "song": answer.song,
        "kind": answer.kind.value,
        "playlists": list(answer.playlists),
        "source": answer.source.value,
        "event": answer.event,
    }


def _answer(row: Any) -> Answer:
    return Answer(row.song, Kind(row.kind), tuple(row.playlists), Source(row.source), row.event)


async def standing(tx: Tx, member: int, layer: int, song: str | None = None) -> list[Answer]:
    """Return the answers that weren't undone, oldest event first; about one song, or all."""
    query = select(ANSWER).where(ANSWER.c.member == member, ANSWER.c.layer == layer, ANSWER.c.undone_at.is_(None))
    if song is not None:
        query = query.where(ANSWER.c.song == song)
    return [_answer(row) async for row in in_turns(await tx.execute(query.order_by(ANSWER.c.event)))]


async def newest(tx: Tx, member: int, layer: int, about: Collection[str]) -> dict[str, Answer]:
    """Return the newest answer about each of these songs that wasn't undone."""
    found: dict[str, Answer] = {}
    whose = (ANSWER.c.member == member, ANSWER.c.layer == layer, ANSWER.c.undone_at.is_(None))
    for piece in chunks(about):
        query = select(ANSWER).where(*whose, ANSWER.c.song.in_(piece)).order_by(ANSWER.c.event)
        found |= {row.song: _answer(row) async for row in in_turns(await tx.execute(query))}
    return found


async def by_hand(tx: Tx, member: int, since: int) -> list[Answer]:
    """Return what the member's edits in Spotify said after the event `since`, in all layers."""
    theirs = (ANSWER.c.member == member, ANSWER.c.source == Source.HAND.value, ANSWER.c.undone_at.is_(None))
    query = select(ANSWER).where(*theirs, ANSWER.c.event > max(since, STANDING)).order_by(ANSWER.c.event)
    return [_answer(row) async for row in in_turns(await tx.execute(query))]


async def next_event(tx: Tx, member: int) -> int:
    """Return an event for something seen outside Discord: after everything the member has answered so far.

    It doesn't use our clock, which may differ by minutes from Discord's, which orders presses.
    """
    newest = (await tx.execute(select(func.max(ANSWER.c.event)).where(ANSWER.c.member == member))).scalar()
    return max(newest if newest is not None else STANDING, STANDING) + 1


async def verdicts(tx: Tx, member: int, layer: int) -> dict[str, Verdict]:
    return await asyncio.to_thread(fold, await standing(tx, member, layer))


async def last(tx: Tx, member: int, layer: int) -> Answer | None:
    """Return the newest standing answer by button; of a bulk answer, the one about any of its songs."""
    row = (await tx.execute(_by_button(member, layer))).first()
    return _answer(row) if row is not None else None


def _by_button(member: int, layer: int) -> Select[Any]:
    mine = (ANSWER.c.member == member, ANSWER.c.layer == layer, ANSWER.c.source.in_(BY_BUTTON))
    return select(ANSWER).where(*mine, ANSWER.c.undone_at.is_(None)).order_by(ANSWER.c.event.desc()).limit(1)


async def undo_event(tx: Tx, member: int, layer: int, event: int, now: datetime) -> int:
    """Take back an answer by its event; return how many songs it was about, including those already undone."""
    same = (ANSWER.c.member == member, ANSWER.c.layer == layer, ANSWER.c.event == event)
    await tx.execute(update(ANSWER).where(*same, ANSWER.c.undone_at.is_(None)).values(undone_at=now))
    return await count(tx, *same)


async def undo_said(tx: Tx, member: int, layer: int, song: str, lines: Sequence[Change], now: datetime) -> None:
    """Take back the newest standing answer by which the member asked for one of the song's lines in a write."""
    same = (ANSWER.c.member == member, ANSWER.c.layer == layer, ANSWER.c.song == song, ANSWER.c.undone_at.is_(None))
    rows = await tx.execute(select(ANSWER).where(*same).order_by(ANSWER.c.event.desc()))
    said = [row.answer for row in rows if any(_asks_for(_answer(row), line) for line in lines)]
    await tx.execute(update(ANSWER).where(ANSWER.c.answer.in_(said[:1])).values(undone_at=now))


def _asks_for(answer: Answer, line: Change) -> bool:
    if line.action == Action.ADD:
        return answer.kind in (Kind.ONLY, Kind.ALSO) and line.playlist in answer.playlists
    return answer.kind is Kind.NONE or (answer.kind is Kind.NOT and line.playlist in answer.playlists)


async def retract(tx: Tx, prompt: Prompt, playlist: int | None, now: datetime) -> bool:
    """Undo standing reactions that place a prompt's song in `playlist` (None: nowhere); return whether any did."""
    query = select(ANSWER).where(
        ANSWER.c.member == prompt.member,
        ANSWER.c.layer == prompt.layer,
        ANSWER.c.song == prompt.song,
        ANSWER.c.source == Source.REACTION.value,
        ANSWER.c.undone_at.is_(None),
    )
    matching = [row.answer for row in await tx.execute(query) if _about(row, playlist)]
    await tx.execute(update(ANSWER).where(ANSWER.c.answer.in_(matching)).values(undone_at=now))
    return bool(matching)


def _about(row: Any, playlist: int | None) -> bool:
    return row.kind == Kind.NONE.value if playlist is None else playlist in row.playlists


async def forget_event(tx: Tx, layer: Layer, event: int) -> int:
    """Delete some of a layer's answers of one event, as if they never existed; return how many: 0 if none are left."""
    theirs = (ANSWER.c.member == layer.member, ANSWER.c.layer == layer.layer, ANSWER.c.event == event)
    of_event = select(ANSWER.c.answer).where(*theirs).limit(CHUNK)
    return int((await tx.execute(delete(ANSWER).where(ANSWER.c.answer.in_(of_event)))).rowcount)


async def songs(tx: Tx, member: int) -> list[str]:
    """Return the songs of the member's answers, including undone ones."""
    rows = await tx.execute(select(ANSWER.c.song).where(ANSWER.c.member == member).distinct())
    return [song async for song in in_turns(rows.scalars())]


async def rename_songs(tx: Tx, member: int, names: Mapping[str, str]) -> None:
    """Rename songs in the member's answers."""
    if names:
        theirs = ANSWER.c.member + 0 == member  # so that SQLite searches by song, not through all their answers
        named = update(ANSWER).where(theirs, ANSWER.c.song == bindparam("old"))
        rows = [{"old": song, "new": new} for song, new in names.items()]
        await tx.execute(named.values(song=bindparam("new")), rows)


async def count_placed(tx: Tx, member: int, layer: int) -> int:
    """Return how many songs a standing answer places somewhere or nowhere: at least the number of labels."""
    placing = ANSWER.c.kind.in_((Kind.ONLY.value, Kind.ALSO.value, Kind.NONE.value))
    theirs = (ANSWER.c.member == member, ANSWER.c.layer == layer, ANSWER.c.undone_at.is_(None))
    return (await tx.execute(select(func.count(ANSWER.c.song.distinct())).where(*theirs, placing))).scalar_one()
