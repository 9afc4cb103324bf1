"""Reposts: songs members posted in a server under their names, and messages of ours waiting to be deleted."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select, update

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import added, count, every, one, upsert
from bot.core.social.records import NewRepost, Repost, Takedown

REPOST, TAKEDOWN = schema.repost, schema.takedown


async def add(tx: Tx, new: NewRepost) -> int:
    """Note that a song is being posted; return the number of the repost."""
    return await added(tx, REPOST, asdict(new))


async def get(tx: Tx, repost: int) -> Repost | None:
    return await one(tx, Repost, select(REPOST).where(REPOST.c.repost == repost))


async def of(tx: Tx, member: int, since: datetime) -> list[Repost]:
    """Return what the member reposted since, the newest first."""
    mine = select(REPOST).where(REPOST.c.member == member, REPOST.c.at >= since)
    return await every(tx, Repost, mine.order_by(REPOST.c.at.desc(), REPOST.c.repost.desc()))


async def count_of(tx: Tx, member: int) -> int:
    """Return how many active reposts the member has."""
    return await count(tx, REPOST.c.member == member)


async def unposted(tx: Tx) -> list[Repost]:
    """Return those without a message: they're being posted, or a crash cut them short."""
    return await every(tx, Repost, select(REPOST).where(REPOST.c.message.is_(None)).order_by(REPOST.c.repost))


async def note(tx: Tx, repost: int, message: int) -> bool:
    """Save a repost's message; False if the repost was deleted meanwhile."""
    noted = await tx.execute(update(REPOST).where(REPOST.c.repost == repost).values(message=message))
    return bool(noted.rowcount)


async def remove(tx: Tx, repost: int) -> None:
    """Delete a repost, and have its message deleted."""
    await _remove(tx, REPOST.c.repost == repost)


async def remove_all(tx: Tx, member: int) -> None:
    """Take all that the member reposted back."""
    await _remove(tx, REPOST.c.member == member)


async def remove_song(tx: Tx, server: int, key: str) -> None:
    """Take a song back, whoever reposted it in the server."""
    await _remove(tx, REPOST.c.server == server, REPOST.c.key == key)


async def remove_in(tx: Tx, server: int) -> None:
    """Take all reposts in the server back."""
    await _remove(tx, REPOST.c.server == server)


async def _remove(tx: Tx, *which: ColumnElement[bool]) -> None:
    """Delete reposts, and note their messages as to be deleted."""
    posted = await every(tx, Repost, select(REPOST).where(*which, REPOST.c.message.is_not(None)))
    await upsert(tx, TAKEDOWN, [_takedown(repost.channel, repost.message) for repost in posted])
    await tx.execute(delete(REPOST).where(*which))


async def take_down(tx: Tx, channel: int, message: int) -> None:
    """Have a message of ours deleted, as soon as Discord lets us."""
    await upsert(tx, TAKEDOWN, _takedown(channel, message))


def _takedown(channel: int, message: int | None) -> dict[str, Any]:
    return {"message": message, "channel": channel, "tries": 0, "due_at": None}


async def takedowns(tx: Tx, now: datetime) -> list[Takedown]:
    """Return the messages that are to be deleted by now."""
    due = or_(TAKEDOWN.c.due_at.is_(None), TAKEDOWN.c.due_at <= now)
    return await every(tx, Takedown, select(TAKEDOWN).where(due).order_by(TAKEDOWN.c.message))


async def taken_down(tx: Tx, message: int) -> None:
    await tx.execute(delete(TAKEDOWN).where(TAKEDOWN.c.message == message))


async def put_off(tx: Tx, takedown: Takedown, until: datetime) -> None:
    """Discord refused: try again then."""
    values: dict[str, Any] = {"tries": takedown.tries + 1, "due_at": until}
    await tx.execute(update(TAKEDOWN).where(TAKEDOWN.c.message == takedown.message).values(values))
