"""Interactions: those already handled, by Discord's id alone."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, insert, select

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import chunks

TAKEN = schema.interaction


async def take(tx: Tx, numbers: Iterable[int], now: datetime) -> set[int]:
    """Record the ids; return those that are new."""
    new: set[int] = set()
    for piece in chunks(numbers):
        known = await tx.execute(select(TAKEN.c.interaction).where(TAKEN.c.interaction.in_(piece)))
        fresh = set(piece) - set(known.scalars())
        if fresh:
            await tx.execute(insert(TAKEN), [{"interaction": number, "at": now} for number in fresh])
        new |= fresh
    return new


async def taken(tx: Tx, number: int) -> bool:
    return (await tx.execute(select(TAKEN.c.interaction).where(TAKEN.c.interaction == number))).first() is not None


async def forget(tx: Tx, before: datetime) -> None:
    await tx.execute(delete(TAKEN).where(TAKEN.c.at < before))
