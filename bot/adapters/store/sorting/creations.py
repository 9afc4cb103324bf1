"""Makings: playlists that were asked for at Spotify and are not known to be there yet."""

from datetime import datetime

from sqlalchemy import delete, insert, select, update

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import every, one
from bot.core.records import Making

MAKING = schema.making


async def begin(tx: Tx, making: Making) -> Making:
    """Note that a playlist is to be made; return what was noted for the same purpose before, if anything was."""
    found = await get(tx, making.member, making.purpose)
    if found is not None:
        return found
    columns = ("member", "purpose", "name", "mark")
    await tx.execute(insert(MAKING).values({name: getattr(making, name) for name in columns}))
    return making


async def get(tx: Tx, member: int, purpose: str) -> Making | None:
    return await one(tx, Making, select(MAKING).where(MAKING.c.member == member, MAKING.c.purpose == purpose))


async def asked(tx: Tx, making: Making, now: datetime) -> None:
    """Note when Spotify was asked for it."""
    here = (MAKING.c.member == making.member, MAKING.c.purpose == making.purpose)
    await tx.execute(update(MAKING).where(*here).values(asked_at=now))


async def end(tx: Tx, member: int, purpose: str) -> None:
    """It is there and known, or not wanted any more."""
    await tx.execute(delete(MAKING).where(MAKING.c.member == member, MAKING.c.purpose == purpose))


async def begun(tx: Tx, purpose: str) -> list[Making]:
    """Return what was begun for purposes that start so."""
    return await every(tx, Making, select(MAKING).where(MAKING.c.purpose.startswith(purpose, autoescape=True)))
