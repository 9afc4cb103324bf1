"""Creations: playlists requested from Spotify that aren't known to exist yet."""

from datetime import datetime

from sqlalchemy import delete, insert, select, update

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import every, one
from bot.core.sorting.writing.creations import Making

MAKING = schema.making


async def begin(tx: Tx, making: Making) -> Making:
    """Record that a playlist will be made; return the earlier making for the same purpose, if any."""
    begun_before = await get(tx, making.member, making.purpose)
    if begun_before is not None:
        return begun_before
    columns = ("member", "purpose", "name", "mark")
    await tx.execute(insert(MAKING).values({name: getattr(making, name) for name in columns}))
    return making


async def get(tx: Tx, member: int, purpose: str) -> Making | None:
    return await one(tx, Making, select(MAKING).where(MAKING.c.member == member, MAKING.c.purpose == purpose))


async def asked(tx: Tx, making: Making, now: datetime) -> None:
    """Record when it was requested from Spotify."""
    here = (MAKING.c.member == making.member, MAKING.c.purpose == making.purpose)
    await tx.execute(update(MAKING).where(*here).values(asked_at=now))


async def end(tx: Tx, member: int, purpose: str) -> None:
    """End a making: the playlist is stored, or no longer wanted."""
    await tx.execute(delete(MAKING).where(MAKING.c.member == member, MAKING.c.purpose == purpose))


async def begun(tx: Tx, purpose: str) -> list[Making]:
    """Return the makings whose purposes start like this."""
    return await every(tx, Making, select(MAKING).where(MAKING.c.purpose.startswith(purpose, autoescape=True)))
