"""Lookups: which source was asked about which song, with what result, and what's still to ask.

A song that everybody sees is asked about once for all (owner OPERATOR). One that only a member's file describes is
asked about for that member: a file's title for a song must not decide what others learn about it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, case, cast, delete, exists, func, or_, select, true

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import chunks, every, record, upsert
from bot.core.library.lookups import LookupState
from bot.core.records import Song
from bot.ports import Ids, Needs

SONG, OWN, LIKED, LOOKUP = schema.song, schema.own_song, schema.liked, schema.lookup
OWNER = case((SONG.c.song.is_not(None), schema.OPERATOR), else_=LIKED.c.member)  # for whom a liked song is asked about


@dataclass(frozen=True, slots=True)
class LookupQuestion:
    """What to ask a source at `now`; `since`: when its knowledge last changed."""

    source: str
    needs: Needs
    now: datetime
    since: datetime


@dataclass(frozen=True, slots=True)
class LookupOutcome:
    """The result for a song, and when to ask again, if ever."""

    song: str
    state: LookupState
    due: datetime | None = None
    tries: int = 0  # failures in a row
    ids: Ids = field(default_factory=dict)


async def open_songs(tx: Tx, question: LookupQuestion, member: int, limit: int) -> dict[str, tuple[Song, int]]:
    """Return the member's songs still to ask the source about, newest likes first, each with its owner."""
    columns = [_described(name).label(name) for name in Song.__slots__]
    query = _open(question, member).with_only_columns(*columns, OWNER.label("owner"))
    rows = await tx.execute(query.order_by(LIKED.c.added_at.desc().nulls_last(), LIKED.c.song).limit(limit))
    return {row.song: (record(Song, row), row.owner) for row in rows}


async def count_open(tx: Tx, question: LookupQuestion, member: int) -> int:
    return (await tx.execute(_open(question, member).with_only_columns(func.count()))).scalar_one()


async def count_asked(tx: Tx, member: int, source: str) -> int:
    """Return how many of the member's songs the source was asked about."""
    query = select(func.count()).select_from(LOOKUP).join(LIKED, LIKED.c.song == LOOKUP.c.song)
    theirs = LOOKUP.c.owner.in_((schema.OPERATOR, member))
    return (await tx.execute(query.where(LIKED.c.member == member, theirs, LOOKUP.c.source == source))).scalar_one()


async def with_open(tx: Tx, question: LookupQuestion, some: Sequence[int]) -> list[int]:
    """Return those of up to CHUNK members who have a song to ask the source about."""
    member = schema.member.c.member
    query = select(member).where(member.in_(some), _open(question, member).correlate(schema.member).exists())
    return list((await tx.execute(query)).scalars())


async def has_fresh(tx: Tx, question: LookupQuestion, member: int) -> bool:
    """Whether a like that isn't sorted yet is among the songs to ask about."""
    return (await tx.execute(_open(question, member).where(LIKED.c.fresh).limit(1))).first() is not None


def _open(question: LookupQuestion, member: int | ColumnElement[int]) -> Select[tuple[str]]:
    own = and_(OWN.c.song == LIKED.c.song, OWN.c.member == LIKED.c.member)
    asked = and_(LOOKUP.c.owner == OWNER, LOOKUP.c.song == LIKED.c.song, LOOKUP.c.source == question.source)
    known = or_(SONG.c.song.is_not(None), OWN.c.song.is_not(None))
    still = or_(LOOKUP.c.song.is_(None), LOOKUP.c.due <= question.now, LOOKUP.c.asked_at <= question.since)
    joined = LIKED.outerjoin(SONG, SONG.c.song == LIKED.c.song).outerjoin(OWN, own).outerjoin(LOOKUP, asked)
    query = select(LIKED.c.song).select_from(joined)
    return query.where(LIKED.c.member == member, known, still, _can_ask(question.needs))


def _described(name: str) -> ColumnElement[Any]:
    """Return a song's field as sources may see it: never a member's file's value for a song that everybody sees."""
    return case((SONG.c.song.is_not(None), SONG.c[name]), else_=OWN.c[name])


def _can_ask(needs: Needs) -> ColumnElement[bool]:
    if needs == "title":
        return true()
    if needs == "isrc":
        return _described("isrc").is_not(None)
    if needs == "uri":
        return LIKED.c.song.startswith("spotify:track:")
    named = LOOKUP.alias("named")
    told = cast(named.c.ids, String).contains(f'"{needs}"')
    return exists().where(named.c.owner == OWNER, named.c.song == LIKED.c.song, told)


async def ids(tx: Tx, songs: Mapping[str, int]) -> dict[str, dict[str, list[str]]]:
    """Return the MusicBrainz ids that any source gave the songs, by kind; each song comes with its owner."""
    by_song: dict[str, dict[str, list[str]]] = {}
    for piece in chunks(songs):
        query = select(LOOKUP.c.owner, LOOKUP.c.song, LOOKUP.c.ids).where(LOOKUP.c.song.in_(piece))
        for row in await tx.execute(query.where(LOOKUP.c.owner.in_({songs[song] for song in piece}))):
            if row.owner != songs[row.song]:
                continue
            of_song = by_song.setdefault(row.song, {})
            for kind, values in row.ids.items():
                of_song[kind] = list(dict.fromkeys([*of_song.get(kind, ()), *values]))
    return by_song


async def outcomes(tx: Tx, song: str, sources: Sequence[str]) -> list[LookupOutcome]:
    """Return these sources' results for a song that everybody sees."""
    asked = (LOOKUP.c.owner == schema.OPERATOR, LOOKUP.c.song == song, LOOKUP.c.source.in_(sources))
    return await every(tx, LookupOutcome, select(LOOKUP).where(*asked))


async def tries(tx: Tx, source: str, songs: Sequence[str], owner: int = schema.OPERATOR) -> dict[str, int]:
    """Return how often in a row asking about each song has failed."""
    asked = (LOOKUP.c.owner == owner, LOOKUP.c.source == source, LOOKUP.c.song.in_(songs))
    return {row.song: row.tries for row in await tx.execute(select(LOOKUP.c.song, LOOKUP.c.tries).where(*asked))}


async def save(
    tx: Tx, source: str, outcomes: Iterable[LookupOutcome], now: datetime, owner: int = schema.OPERATOR
) -> None:
    for piece in chunks(outcomes):
        rows = [asdict(outcome) | {"owner": owner, "source": source, "asked_at": now} for outcome in piece]
        await upsert(tx, LOOKUP, rows)


async def next_due(tx: Tx, member: int, sources: Sequence[str], now: datetime) -> datetime | None:
    """Return when to ask again about the first of the member's songs that failed."""
    mine = select(func.min(LOOKUP.c.due)).join(LIKED, LIKED.c.song == LOOKUP.c.song)
    theirs = (LIKED.c.member == member, LOOKUP.c.owner.in_((schema.OPERATOR, member)), LOOKUP.c.source.in_(sources))
    failed = (LOOKUP.c.state == LookupState.FAILED, LOOKUP.c.due > now)
    due: datetime | None = (await tx.execute(mine.where(*theirs, *failed))).scalar_one()
    return due


async def forget(tx: Tx, song: str, source: str) -> None:
    """Let the source be asked about the song again."""
    await tx.execute(delete(LOOKUP).where(LOOKUP.c.song == song, LOOKUP.c.source == source))
