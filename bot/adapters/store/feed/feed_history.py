"""Feed history: what the feed showed to each member, and how they reacted."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, func, or_, select, update

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import every, keep_newest, one, upsert
from bot.core import limits
from bot.core.social.records import Shown

SHOWN = schema.shown
LIKED = ("like", "add")


class Late(NamedTuple):
    """Of late is what was shown since `seen`, and what they said something of since `said`."""

    seen: datetime
    said: datetime


async def note(tx: Tx, member: int, keys: Mapping[str, str], now: datetime) -> None:
    """Note that songs (by id, with their keys) were shown; what was said of them before stays. The oldest give way."""
    await upsert(tx, SHOWN, [{"member": member, "song": song, "key": key, "at": now} for song, key in keys.items()])
    await keep_newest(tx, SHOWN, limits.SHOWN, SHOWN.c.at, SHOWN.c.member == member, SHOWN.c.saving.is_(None))


async def get(tx: Tx, member: int, song: str) -> Shown | None:
    return await one(tx, Shown, select(SHOWN).where(SHOWN.c.member == member, SHOWN.c.song == song))


async def say(tx: Tx, member: int, song: str, now: datetime, **values: Any) -> None:
    """Change what was said (or is to be saved) of a song that was shown."""
    here = (SHOWN.c.member == member, SHOWN.c.song == song)
    await tx.execute(update(SHOWN).where(*here).values(said_at=now, **values))


def of_late(member: int, late: Late) -> Select[Any]:
    """The songs that are not to come again yet."""
    query = select(SHOWN.c.song).where(SHOWN.c.member == member)
    return query.where(or_(SHOWN.c.at >= late.seen, and_(SHOWN.c.said.is_not(None), SHOWN.c.said_at >= late.said)))


async def resting(tx: Tx, member: int, late: Late) -> list[str]:
    return list((await tx.execute(of_late(member, late))).scalars())


async def said(tx: Tx, member: int, what: Sequence[str], limit: int) -> list[str]:
    """Return the songs of which that was said, the newest first."""
    query = select(SHOWN.c.song).where(SHOWN.c.member == member, SHOWN.c.said.in_(what))
    return list((await tx.execute(query.order_by(SHOWN.c.said_at.desc(), SHOWN.c.song).limit(limit))).scalars())


async def stamp(tx: Tx, member: int) -> tuple[int, datetime | None]:
    """Return something that differs whenever what they said does."""
    query = select(func.count(SHOWN.c.said), func.max(SHOWN.c.said_at)).where(SHOWN.c.member == member)
    count, newest = (await tx.execute(query)).one()
    return count, newest


async def to_save(tx: Tx, member: int) -> list[Shown]:
    """Return what is to be put among the member's likes, or taken out again."""
    waiting = (SHOWN.c.member == member, SHOWN.c.saving.in_(("save", "drop")))
    return await every(tx, Shown, select(SHOWN).where(*waiting).order_by(SHOWN.c.said_at))


async def want_saved(tx: Tx, member: int, beginning: str) -> None:
    """Have what they liked in the feed so far saved, too, as far as its id begins like that."""
    mine = (SHOWN.c.member == member, SHOWN.c.said.in_(LIKED), SHOWN.c.saving.is_(None))
    await tx.execute(update(SHOWN).where(*mine, SHOWN.c.song.startswith(beginning)).values(saving="save"))


async def saved(tx: Tx, member: int, ids: Sequence[str]) -> None:
    """Note that songs are among their likes now; one that was taken back meanwhile is to be taken out."""
    these = (SHOWN.c.member == member, SHOWN.c.song.in_(ids))
    await tx.execute(update(SHOWN).where(*these, SHOWN.c.saving.is_(None)).values(saving="drop"))
    await tx.execute(update(SHOWN).where(*these, SHOWN.c.saving == "save").values(saving="saved"))


async def refused(tx: Tx, member: int, ids: Sequence[str]) -> None:
    """Note that Spotify takes none of these: what waits for it is not tried again."""
    these = (SHOWN.c.member == member, SHOWN.c.song.in_(ids))
    await tx.execute(update(SHOWN).where(*these, SHOWN.c.saving == "save").values(saving="refused"))
    await tx.execute(update(SHOWN).where(*these, SHOWN.c.saving == "drop").values(saving=None))


async def set_saving(tx: Tx, member: int, ids: Sequence[str], saving: str | None) -> None:
    await tx.execute(update(SHOWN).where(SHOWN.c.member == member, SHOWN.c.song.in_(ids)).values(saving=saving))


async def who_saves(tx: Tx) -> list[int]:
    """Return the members for whom something waits to be saved."""
    query = select(SHOWN.c.member).where(SHOWN.c.saving.in_(("save", "drop")))
    return list((await tx.execute(query.distinct())).scalars())
