"""Pace: when a service may be called again, and how often it was.

Stored, so that a restart forgets neither, and all processes keep to them together. A service is a Spotify app, by its
client id, or a source of features ("source:…").
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, select

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import inserting, upsert
from bot.core.library.pace import Pace, turn

COOLDOWN, SPENT, TURN = schema.cooldown, schema.spent, schema.turn
FURTHEST = timedelta(minutes=10)  # what's reserved further ahead was reserved by a clock that was put back since


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
    insert = inserting(tx.dialect.name, SPENT).values(client_id=client_id, day=f"{now:%Y-%m-%d}", calls=calls)
    more = {"calls": SPENT.c.calls + insert.excluded.calls}
    await tx.execute(insert.on_conflict_do_update(index_elements=["client_id", "day"], set_=more))


async def spent(tx: Tx, client_id: str, now: datetime) -> int:
    query = select(SPENT.c.calls).where(SPENT.c.client_id == client_id, SPENT.c.day == f"{now:%Y-%m-%d}")
    return (await tx.execute(query)).scalar_one_or_none() or 0


async def take_turn(tx: Tx, client_id: str, now: datetime, pace: Pace) -> float:
    """Reserve a service's next turn; return the seconds until it may be used."""
    begins, free_at = turn(await _free_at(tx, client_id, now), now, pace)
    await upsert(tx, TURN, {"client_id": client_id, "free_at": free_at})
    return (begins - now).total_seconds()


async def hold_turns(tx: Tx, client_id: str, now: datetime, until: datetime, pace: Pace) -> None:
    """Give out no turn before `until`."""
    free_at = max(until + pace.slack, await _free_at(tx, client_id, now) or until)
    await upsert(tx, TURN, {"client_id": client_id, "free_at": free_at})


async def _free_at(tx: Tx, client_id: str, now: datetime) -> datetime | None:
    query = select(TURN.c.free_at).where(TURN.c.client_id == client_id)
    free_at = (await tx.execute(query)).scalar_one_or_none()
    return None if free_at is None or free_at > now + FURTHEST else free_at
