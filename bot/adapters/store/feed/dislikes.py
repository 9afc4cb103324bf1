"""Dislikes: songs a member doesn't want to see, until they say otherwise."""

from datetime import datetime

from sqlalchemy import delete, select

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import keep_newest, upsert
from bot.core import limits

DISLIKE = schema.dislike


async def add(tx: Tx, member: int, song: str, key: str, now: datetime) -> None:
    """Store a dislike; the member's oldest makes room."""
    await upsert(tx, DISLIKE, {"member": member, "song": song, "key": key, "at": now})
    await keep_newest(tx, DISLIKE, limits.DISLIKES, DISLIKE.c.at, DISLIKE.c.member == member)


async def remove(tx: Tx, member: int, key: str) -> None:
    await tx.execute(delete(DISLIKE).where(DISLIKE.c.member == member, DISLIKE.c.key == key))


async def of(tx: Tx, member: int) -> list[str]:
    """Return the songs the member dislikes, newest first."""
    query = select(DISLIKE.c.song).where(DISLIKE.c.member == member)
    return list((await tx.execute(query.order_by(DISLIKE.c.at.desc(), DISLIKE.c.song))).scalars())
