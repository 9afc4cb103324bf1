"""Reports: songs members flagged, kept until a moderator decides or they expire."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import every
from bot.core.social.records import Report

REPORT = schema.report


async def add(tx: Tx, **values: Any) -> None:
    """Save a report: member, server, channel, message, song, key, reason, at."""
    await tx.execute(insert(REPORT).values(values))


async def of(tx: Tx, member: int) -> list[Report]:
    """Return the member's reports."""
    return await every(tx, Report, select(REPORT).where(REPORT.c.member == member).order_by(REPORT.c.report))


async def about(tx: Tx, server: int, key: str) -> list[Report]:
    """Return the reports of a song from a server."""
    return await every(tx, Report, select(REPORT).where(REPORT.c.server == server, REPORT.c.key == key))


async def settle(tx: Tx, server: int, key: str) -> None:
    """Delete a song's reports, once someone who manages the server has decided."""
    await tx.execute(delete(REPORT).where(REPORT.c.server == server, REPORT.c.key == key))


async def forget(tx: Tx, before: datetime) -> None:
    await tx.execute(delete(REPORT).where(REPORT.c.at < before))


async def count(tx: Tx, since: datetime) -> int:
    """Return how many are open."""
    return (await tx.execute(select(func.count()).where(REPORT.c.at >= since))).scalar_one()
