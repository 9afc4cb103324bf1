"""Feed history: what the feed showed to each member, and how they reacted."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, func, or_, select, update

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import every, keep_newest, one, upsert
from bot.core import limits
from bot.core.social.records import Reaction, Saving, Shown

SHOWN = schema.shown
LIKED = (Reaction.LIKE, Reaction.ADD)


class Late(NamedTuple):
    """What counts as late: shown since `seen`, or reacted to since `said`."""

    seen: datetime
    said: datetime


async def note(tx: Tx, member: int, keys: Mapping[str, str], now: datetime) -> None:
    """Record songs (ids with their keys) as shown; earlier reactions stay. The oldest entries make room."""
    await upsert(tx, SHOWN, [{"member": member, "song": song, "key": key, "at": now} for song, key in keys.items()])
    await keep_newest(tx, SHOWN, limits.SHOWN, SHOWN.c.at, SHOWN.c.member == member, SHOWN.c.saving.is_(None))


async def get(tx: Tx, member: int, song: str) -> Shown | None:
    return await one(tx, Shown, select(SHOWN).where(SHOWN.c.member == member, SHOWN.c.song == song))


async def say(tx: Tx, member: int, song: str, now: datetime, **values: Any) -> None:
    """Change the reaction to a shown song, or whether to save it."""
    here = (SHOWN.c.member == member, SHOWN.c.song == song)
    await tx.execute(update(SHOWN).where(*here).values(said_at=now, **values))


def of_late(member: int, late: Late) -> Select[Any]:
    """Return the songs that mustn't come up again yet."""
    query = select(SHOWN.c.song).where(SHOWN.c.member == member)
    return query.where(or_(SHOWN.c.at >= late.seen, and_(SHOWN.c.said.is_not(None), SHOWN.c.said_at >= late.said)))


async def resting(tx: Tx, member: int, late: Late) -> list[str]:
    return list((await tx.execute(of_late(member, late))).scalars())


async def said(tx: Tx, member: int, what: Sequence[Reaction], limit: int) -> list[str]:
    """Return the songs with one of these reactions, newest first."""
    query = select(SHOWN.c.song).where(SHOWN.c.member == member, SHOWN.c.said.in_(what))
    return list((await tx.execute(query.order_by(SHOWN.c.said_at.desc(), SHOWN.c.song).limit(limit))).scalars())


async def stamp(tx: Tx, member: int) -> tuple[int, datetime | None]:
    """Return a value that changes whenever their reactions do."""
    query = select(func.count(SHOWN.c.said), func.max(SHOWN.c.said_at)).where(SHOWN.c.member == member)
    count, newest = (await tx.execute(query)).one()
    return count, newest


async def to_save(tx: Tx, member: int) -> list[Shown]:
    """Return the songs to save to the member's likes, or to remove again."""
    waiting = (SHOWN.c.member == member, SHOWN.c.saving.in_((Saving.SAVE, Saving.DROP)))
    return await every(tx, Shown, select(SHOWN).where(*waiting).order_by(SHOWN.c.said_at))


async def want_saved(tx: Tx, member: int, prefix: str) -> None:
    """Also save the songs they liked in the feed so far whose ids begin with `prefix`."""
    mine = (SHOWN.c.member == member, SHOWN.c.said.in_(LIKED), SHOWN.c.saving.is_(None))
    await tx.execute(update(SHOWN).where(*mine, SHOWN.c.song.startswith(prefix)).values(saving=Saving.SAVE))


async def saved(tx: Tx, member: int, ids: Sequence[str]) -> None:
    """Record that songs are in their likes now; one unliked meanwhile must be removed again."""
    these = (SHOWN.c.member == member, SHOWN.c.song.in_(ids))
    await tx.execute(
        update(SHOWN).where(*these, SHOWN.c.saving.is_(None), SHOWN.c.said.is_(None)).values(saving=Saving.DROP)
    )
    await tx.execute(update(SHOWN).where(*these, SHOWN.c.saving == Saving.SAVE).values(saving=Saving.SAVED))


async def dropped(tx: Tx, member: int, ids: Sequence[str]) -> None:
    """Record that songs are out of their likes again; one liked again meanwhile still waits to be saved."""
    these = (SHOWN.c.member == member, SHOWN.c.song.in_(ids))
    await tx.execute(update(SHOWN).where(*these, SHOWN.c.saving == Saving.SAVED).values(saving=Saving.SAVE))
    await tx.execute(update(SHOWN).where(*these, SHOWN.c.saving == Saving.DROP).values(saving=None))


async def refused(tx: Tx, member: int, ids: Sequence[str]) -> None:
    """Record that Spotify refuses these songs: they aren't tried again."""
    these = (SHOWN.c.member == member, SHOWN.c.song.in_(ids))
    await tx.execute(update(SHOWN).where(*these, SHOWN.c.saving == Saving.SAVE).values(saving=Saving.REFUSED))
    await tx.execute(update(SHOWN).where(*these, SHOWN.c.saving == Saving.DROP).values(saving=None))


async def set_saving(tx: Tx, member: int, ids: Sequence[str], saving: Saving | None) -> None:
    await tx.execute(update(SHOWN).where(SHOWN.c.member == member, SHOWN.c.song.in_(ids)).values(saving=saving))


async def who_saves(tx: Tx) -> list[int]:
    """Return the members with songs waiting to be saved or removed."""
    query = select(SHOWN.c.member).where(SHOWN.c.saving.in_((Saving.SAVE, Saving.DROP)))
    return list((await tx.execute(query.distinct())).scalars())
