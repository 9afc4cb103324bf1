"""Server channels: the purpose of each, and what is counted in a server."""

from datetime import datetime

from sqlalchemy import delete, func, or_, select, update

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import every, upsert
from bot.adapters.store.social import reposts
from bot.core.social.records import Place

PLACE, COUNTED, BARRED = schema.place, schema.counted, schema.barred


async def give(tx: Tx, place: Place) -> None:
    await upsert(
        tx,
        PLACE,
        {"channel": place.channel, "purpose": place.purpose, "server": place.server, "due_at": place.due_at},
    )


async def take(tx: Tx, server: int, purpose: str, channel: int) -> None:
    """Stop using a server's channel for a purpose."""
    these = PLACE.c.server == server, PLACE.c.purpose == purpose, PLACE.c.channel == channel
    await tx.execute(delete(PLACE).where(*these))


async def of_server(tx: Tx, server: int, purpose: str | None = None) -> list[Place]:
    query = select(PLACE).where(PLACE.c.server == server).order_by(PLACE.c.purpose, PLACE.c.channel)
    return await every(tx, Place, query if purpose is None else query.where(PLACE.c.purpose == purpose))


async def serves(tx: Tx, channel: int, purpose: str) -> bool:
    """Whether the channel was given to the purpose."""
    query = select(PLACE.c.channel).where(PLACE.c.channel == channel, PLACE.c.purpose == purpose)
    return (await tx.execute(query)).first() is not None


async def forget_server(tx: Tx, server: int) -> None:
    """Delete everything about a server the bot has left. Its reposts are deleted there if it comes back soon."""
    await reposts.remove_in(tx, server)
    for table in (PLACE, COUNTED, BARRED, schema.report, schema.round_):
        await tx.execute(delete(table).where(table.c.server == server))


async def forget_channel(tx: Tx, channel: int) -> None:
    """Delete everything about a channel that's gone."""
    for table in (PLACE, schema.repost, schema.takedown, schema.posted, schema.round_):
        await tx.execute(delete(table).where(table.c.channel == channel))


async def servers(tx: Tx) -> set[int]:
    """Return the servers that something is stored about."""
    tables = (PLACE, COUNTED, BARRED, schema.repost, schema.round_)
    chosen = [select(table.c.server).where(table.c.server.is_not(None)).distinct() for table in tables]
    servers = [(await tx.execute(query)).scalars() for query in chosen]
    return {server for some in servers for server in some}


async def due(tx: Tx, purpose: str, now: datetime, latest: datetime) -> list[Place]:
    """Return the places of that purpose that are due, or later than they can be: the clock was put back."""
    is_due = or_(PLACE.c.due_at <= now, PLACE.c.due_at > latest)
    return await every(tx, Place, select(PLACE).where(PLACE.c.purpose == purpose, is_due).order_by(PLACE.c.due_at))


async def bar(tx: Tx, server: int, key: str) -> None:
    """Stop posting the song of that key in the server."""
    await upsert(tx, BARRED, {"server": server, "key": key})


async def unbar(tx: Tx, server: int, key: str) -> None:
    await tx.execute(delete(BARRED).where(BARRED.c.server == server, BARRED.c.key == key))


async def barred(tx: Tx, server: int) -> set[str]:
    """Return the keys of songs that mustn't be posted in the server."""
    return {*(await tx.execute(select(BARRED.c.key).where(BARRED.c.server == server))).scalars()}


async def count(tx: Tx, server: int, what: str, now: datetime, times: int = 1) -> None:
    """Count something that happened in the server; never who did it."""
    row = {"server": server, "day": now.date().isoformat(), "what": what}
    here = [COUNTED.c[name] == value for name, value in row.items()]
    raised = await tx.execute(update(COUNTED).where(*here).values(count=COUNTED.c.count + times))
    if not raised.rowcount:
        await upsert(tx, COUNTED, row | {"count": times})


async def counts(tx: Tx, server: int, since: datetime, until: datetime | None = None) -> dict[str, int]:
    """Return how often things happened in the server since a day, and before the day `until`."""
    total = func.sum(COUNTED.c.count).label("total")
    query = select(COUNTED.c.what, total).where(COUNTED.c.server == server, COUNTED.c.day >= since.date().isoformat())
    if until is not None:
        query = query.where(COUNTED.c.day < until.date().isoformat())
    return {row.what: int(row.total) for row in await tx.execute(query.group_by(COUNTED.c.what))}


async def forget_counts(tx: Tx, server: int, before: datetime) -> None:
    """Delete what was counted in the server before a day."""
    old = COUNTED.c.day < before.date().isoformat()
    await tx.execute(delete(COUNTED).where(COUNTED.c.server == server, old))
