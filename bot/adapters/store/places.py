"""Places: channels that those who run a server gave to a purpose, and what is counted in the server."""

from datetime import datetime

from sqlalchemy import delete, func, select, update

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import every, upsert
from bot.core.records import Place

PLACE, COUNTED = schema.place, schema.counted


async def give(tx: Tx, place: Place) -> None:
    await upsert(
        tx,
        PLACE,
        {"channel": place.channel, "purpose": place.purpose, "server": place.server, "due_at": place.due_at},
    )


async def take(tx: Tx, server: int, purpose: str, channel: int | None = None) -> int:
    """Take a channel, or all of the server's, from a purpose; return how many that were."""
    these = [PLACE.c.server == server, PLACE.c.purpose == purpose]
    if channel is not None:
        these.append(PLACE.c.channel == channel)
    return int((await tx.execute(delete(PLACE).where(*these))).rowcount)


async def of_server(tx: Tx, server: int, purpose: str | None = None) -> list[Place]:
    query = select(PLACE).where(PLACE.c.server == server).order_by(PLACE.c.purpose, PLACE.c.channel)
    return await every(tx, Place, query if purpose is None else query.where(PLACE.c.purpose == purpose))


async def serves(tx: Tx, channel: int, purpose: str) -> bool:
    """Whether the channel was given to the purpose."""
    query = select(PLACE.c.channel).where(PLACE.c.channel == channel, PLACE.c.purpose == purpose)
    return (await tx.execute(query)).first() is not None


async def forget_server(tx: Tx, server: int) -> None:
    """Delete all that is kept of a server as such: the bot is no longer in it."""
    for table in (PLACE, COUNTED):
        await tx.execute(delete(table).where(table.c.server == server))


async def count(tx: Tx, server: int, what: str, now: datetime, times: int = 1) -> None:
    """Note that something happened in the server; never who did it."""
    row = {"server": server, "day": now.date().isoformat(), "what": what}
    here = [COUNTED.c[name] == value for name, value in row.items()]
    raised = await tx.execute(update(COUNTED).where(*here).values(count=COUNTED.c.count + times))
    if not raised.rowcount:
        await upsert(tx, COUNTED, row | {"count": times})


async def counts(tx: Tx, server: int, since: datetime) -> dict[str, int]:
    """Return how often what happened in the server, since a day."""
    total = func.sum(COUNTED.c.count).label("total")
    query = select(COUNTED.c.what, total).where(COUNTED.c.server == server, COUNTED.c.day >= since.date().isoformat())
    return {row.what: int(row.total) for row in await tx.execute(query.group_by(COUNTED.c.what))}
