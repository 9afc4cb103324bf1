"""Dislikes: songs a member doesn't want to see, until they say otherwise."""

from datetime import datetime

from sqlalchemy import delete, select

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import keep_newest, upsert
from bot.core import limits

DISTASTE = schema.distaste


async def add(tx: Tx, member: int, song: str, key: str, now: datetime) -> None:
    """Store a dislike; the member's oldest makes room."""
    await upsert(tx, DISTASTE, {"member": member, "song": song, "key": key, "at": now})
    await keep_newest(tx, DISTASTE, limits.DISTASTES, DISTASTE.c.at, DISTASTE.c.member == member)


async def remove(tx: Tx, member: int, key: str) -> None:
    await tx.execute(delete(DISTASTE).where(DISTASTE.c.member == member, DISTASTE.c.key == key))


async def of(tx: Tx, member: int) -> list[str]:
    """Return the songs the member dislikes, newest first."""
    query = select(DISTASTE.c.song).where(DISTASTE.c.member == member)
    return list((await tx.execute(query.order_by(DISTASTE.c.at.desc(), DISTASTE.c.song))).scalars())
