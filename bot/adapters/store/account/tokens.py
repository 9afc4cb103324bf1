"""Tokens of the HTTP API, by the hashes of their secrets."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import every, one
from bot.core.account.records import ApiToken, NewToken

TOKEN = schema.api_token


async def add(tx: Tx, new: NewToken) -> None:
    await tx.execute(insert(TOKEN).values(asdict(new)))


async def by_digest(tx: Tx, digest: str) -> ApiToken | None:
    return await one(tx, ApiToken, select(TOKEN).where(TOKEN.c.digest == digest))


async def of_member(tx: Tx, member: int) -> list[ApiToken]:
    """Return the member's tokens, oldest first."""
    return await every(tx, ApiToken, select(TOKEN).where(TOKEN.c.member == member).order_by(TOKEN.c.token))


async def note_use(tx: Tx, token: int, now: datetime) -> None:
    await tx.execute(update(TOKEN).where(TOKEN.c.token == token).values(used_at=now))


async def revoke(tx: Tx, member: int, token: int) -> bool:
    """Delete a member's token; return False if they have no such token."""
    gone = await tx.execute(delete(TOKEN).where(TOKEN.c.token == token, TOKEN.c.member == member))
    return bool(gone.rowcount)


async def sweep(tx: Tx, now: datetime) -> None:
    """Delete expired tokens."""
    await tx.execute(delete(TOKEN).where(TOKEN.c.expires_at <= now))
