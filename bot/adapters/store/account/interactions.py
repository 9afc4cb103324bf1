"""Interactions: those already handled, by Discord's id alone."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, select

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import inserting

TAKEN = schema.interaction


async def take(tx: Tx, numbers: Iterable[int], now: datetime) -> set[int]:
    """Record the ids, in one statement for a thousand of them; return those that are new."""
    rows = [{"interaction": number, "at": now} for number in numbers]
    if not rows:
        return set()
    new = inserting(tx.dialect.name, TAKEN).on_conflict_do_nothing().returning(TAKEN.c.interaction)
    return set((await tx.execute(new, rows)).scalars())


async def taken(tx: Tx, number: int) -> bool:
    return (await tx.execute(select(TAKEN.c.interaction).where(TAKEN.c.interaction == number))).first() is not None


async def forget(tx: Tx, before: datetime) -> None:
    await tx.execute(delete(TAKEN).where(TAKEN.c.at < before))
