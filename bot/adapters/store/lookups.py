"""Lookups: which source was asked about which song, what came of it, and what is still to be asked."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Select, String, and_, cast, delete, exists, func, or_, select, true

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import chunks, every, upsert
from bot.core.records import Song
from bot.ports import Ids, Needs

SONG, LIKED, LOOKUP = schema.song, schema.liked, schema.lookup


@dataclass(frozen=True, slots=True)
class Question:
    """What a source is to be asked at `now` by a member's library; `since`: when what it knows last changed."""

    member: int
    source: str
    needs: Needs
    now: datetime
    since: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of asking about a song: "known", "nothing" or "failed", and when to ask again, if ever."""

    song: str
    state: str
    due: datetime | None = None
    tries: int = 0  # that failed, one after the other
    ids: Ids = field(default_factory=dict)


async def open_songs(tx: Tx, question: Question, limit: int) -> list[Song]:
    """Return the songs that the source is still to be asked about, the newest likes first."""
    query = _open(question).with_only_columns(*SONG.c).order_by(LIKED.c.added_at.desc(), SONG.c.song)
    return await every(tx, Song, query.limit(limit))


async def count_open(tx: Tx, question: Question) -> int:
    return (await tx.execute(_open(question).with_only_columns(func.count()))).scalar_one()


async def count_asked(tx: Tx, member: int, source: str) -> int:
    """Return how many of the member's songs the source was asked about."""
    query = select(func.count()).select_from(LOOKUP).join(LIKED, LIKED.c.song == LOOKUP.c.song)
    return (await tx.execute(query.where(LIKED.c.member == member, LOOKUP.c.source == source))).scalar_one()


async def has_open(tx: Tx, question: Question) -> bool:
    return (await tx.execute(_open(question).limit(1))).first() is not None


async def has_fresh(tx: Tx, question: Question) -> bool:
    """Whether a like that the watch has not sorted yet is among the songs to be asked about."""
    return (await tx.execute(_open(question).where(LIKED.c.fresh).limit(1))).first() is not None


def _open(question: Question) -> Select[tuple[str]]:
    asked = and_(LOOKUP.c.song == SONG.c.song, LOOKUP.c.source == question.source)
    still = or_(LOOKUP.c.song.is_(None), LOOKUP.c.due <= question.now, LOOKUP.c.asked_at <= question.since)
    joined = select(SONG.c.song).join(LIKED, LIKED.c.song == SONG.c.song).outerjoin(LOOKUP, asked)
    return joined.where(LIKED.c.member == question.member, still, _can_ask(question.needs))


def _can_ask(needs: Needs) -> ColumnElement[bool]:
    if needs == "title":
        return true()
    if needs == "isrc":
        return SONG.c.isrc.is_not(None)
    if needs == "uri":
        return SONG.c.song.startswith("spotify:track:")
    named = LOOKUP.alias("named")
    return exists().where(named.c.song == SONG.c.song, cast(named.c.ids, String).contains(f'"{needs}"'))


async def ids(tx: Tx, songs: Iterable[str]) -> dict[str, dict[str, list[str]]]:
    """Return the MusicBrainz ids that any source gave the songs, by kind."""
    found: dict[str, dict[str, list[str]]] = {}
    for piece in chunks(songs):
        for row in await tx.execute(select(LOOKUP.c.song, LOOKUP.c.ids).where(LOOKUP.c.song.in_(piece))):
            of_song = found.setdefault(row.song, {})
            for kind, values in row.ids.items():
                of_song[kind] = list(dict.fromkeys([*of_song.get(kind, ()), *values]))
    return found


async def outcomes(tx: Tx, song: str, sources: Sequence[str]) -> list[Outcome]:
    """Return what came of asking these sources about a song."""
    return await every(tx, Outcome, select(LOOKUP).where(LOOKUP.c.song == song, LOOKUP.c.source.in_(sources)))


async def tries(tx: Tx, source: str, songs: Sequence[str]) -> dict[str, int]:
    """Return how often asking about each song has failed in a row."""
    query = select(LOOKUP.c.song, LOOKUP.c.tries).where(LOOKUP.c.source == source, LOOKUP.c.song.in_(songs))
    return {row.song: row.tries for row in await tx.execute(query)}


async def save(tx: Tx, source: str, outcomes: Iterable[Outcome], now: datetime) -> None:
    for piece in chunks(outcomes):
        await upsert(tx, LOOKUP, [asdict(each) | {"source": source, "asked_at": now} for each in piece])


async def next_due(tx: Tx, member: int, sources: Sequence[str], now: datetime) -> datetime | None:
    """Return when the next of the member's songs that failed is to be asked about again."""
    mine = select(func.min(LOOKUP.c.due)).join(LIKED, LIKED.c.song == LOOKUP.c.song)
    failed = (LIKED.c.member == member, LOOKUP.c.source.in_(sources), LOOKUP.c.state == "failed", LOOKUP.c.due > now)
    found: datetime | None = (await tx.execute(mine.where(*failed))).scalar_one()
    return found


async def forget(tx: Tx, song: str, source: str) -> None:
    """Have the source asked about the song anew."""
    await tx.execute(delete(LOOKUP).where(LOOKUP.c.song == song, LOOKUP.c.source == source))
