"""Sessions of the feed's page, by the hashes of their secrets."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import delete, insert, select

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.core.account.records import NewSession

SESSION = schema.session


async def add(tx: Tx, new: NewSession) -> None:
    await tx.execute(insert(SESSION).values(asdict(new)))


async def holder(tx: Tx, digest: str, kind: str, now: datetime) -> int | None:
    """Return a session's member; None if it's unknown, of another kind, or expired."""
    query = select(SESSION.c.member).where(SESSION.c.digest == digest, SESSION.c.kind == kind)
    return (await tx.execute(query.where(SESSION.c.expires_at > now))).scalar_one_or_none()


async def server(tx: Tx, digest: str) -> int | None:
    """Return the server where the link was requested."""
    return (await tx.execute(select(SESSION.c.server).where(SESSION.c.digest == digest))).scalar_one_or_none()


async def is_kept(tx: Tx, digest: str) -> bool:
    return (await tx.execute(select(SESSION.c.digest).where(SESSION.c.digest == digest))).first() is not None


async def use_up(tx: Tx, digest: str) -> bool:
    """Delete a session; return False if it was gone already."""
    return bool((await tx.execute(delete(SESSION).where(SESSION.c.digest == digest))).rowcount)


async def of_member(tx: Tx, member: int, kind: str) -> list[str]:
    """Return the member's digests of a kind, oldest first."""
    query = select(SESSION.c.digest).where(SESSION.c.member == member, SESSION.c.kind == kind)
    return list((await tx.execute(query.order_by(SESSION.c.created_at))).scalars())


async def end_all(tx: Tx, member: int) -> None:
    await tx.execute(delete(SESSION).where(SESSION.c.member == member))


async def sweep(tx: Tx, now: datetime) -> None:
    """Delete expired sessions."""
    await tx.execute(delete(SESSION).where(SESSION.c.expires_at <= now))
