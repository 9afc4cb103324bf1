"""Limits: when a service may be called again, and how often it was. Stored, so that a restart forgets neither.

A service is a Spotify app, by its client id, or a source of features ("source:…").
"""

from datetime import datetime

from sqlalchemy import delete, select

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import inserting, upsert

COOLDOWN, SPENT = schema.cooldown, schema.spent


async def cooldown(tx: Tx, client_id: str) -> datetime | None:
    query = select(COOLDOWN.c.until).where(COOLDOWN.c.client_id == client_id)
    return (await tx.execute(query)).scalar_one_or_none()


async def cooldowns(tx: Tx, now: datetime) -> dict[str, datetime]:
    """Return the services that are left alone now, and until when."""
    rows = await tx.execute(select(COOLDOWN.c.client_id, COOLDOWN.c.until).where(COOLDOWN.c.until > now))
    return {row.client_id: row.until for row in rows}


async def cool_down(tx: Tx, client_id: str, until: datetime, reason: str) -> None:
    await upsert(tx, COOLDOWN, {"client_id": client_id, "until": until, "reason": reason})


async def held(tx: Tx, client_id: str) -> tuple[datetime, str] | None:
    """Return until when a service is left alone, and why; also if that has passed and it hasn't answered since."""
    row = (await tx.execute(select(COOLDOWN).where(COOLDOWN.c.client_id == client_id))).first()
    return None if row is None else (row.until, row.reason)


async def release(tx: Tx, client_id: str) -> None:
    await tx.execute(delete(COOLDOWN).where(COOLDOWN.c.client_id == client_id))


async def spend(tx: Tx, client_id: str, now: datetime, calls: int) -> None:
    insert = inserting(tx, SPENT).values(client_id=client_id, day=f"{now:%Y-%m-%d}", calls=calls)
    more = {"calls": SPENT.c.calls + insert.excluded.calls}
    await tx.execute(insert.on_conflict_do_update(index_elements=["client_id", "day"], set_=more))


async def spent(tx: Tx, client_id: str, now: datetime) -> int:
    query = select(SPENT.c.calls).where(SPENT.c.client_id == client_id, SPENT.c.day == f"{now:%Y-%m-%d}")
    return (await tx.execute(query)).scalar_one_or_none() or 0
