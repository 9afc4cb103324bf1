"""Links in progress: those that wait for consent, and consents that wait for their member's code."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import upsert

LINK, CONSENT = schema.link_state, schema.consent


async def begin(tx: Tx, **values: Any) -> None:
    """Store the link that a member began, replacing an earlier one.

    values: digest, member, name, client_id, verifier (sealed), redirect_uri, expires_at.
    """
    await tx.execute(delete(LINK).where(LINK.c.member == values["member"]))
    await tx.execute(insert(LINK).values(**values))


async def waits(tx: Tx, digest: str) -> bool:
    return (await tx.execute(select(LINK.c.digest).where(LINK.c.digest == digest))).first() is not None


async def take(tx: Tx, digest: str) -> dict[str, Any] | None:
    """Remove and return a link, so it works only once (promise P32); None if it's gone."""
    row = (await tx.execute(select(LINK).where(LINK.c.digest == digest))).first()
    await tx.execute(delete(LINK).where(LINK.c.digest == digest))
    return None if row is None else dict(row._mapping)


async def agree(tx: Tx, **values: Any) -> None:
    """Store a consent, replacing an earlier one of the member. values: member, sealed, tries, expires_at."""
    await upsert(tx, CONSENT, values)


async def consent(tx: Tx, member: int, now: datetime) -> dict[str, Any] | None:
    """Return the consent that waits for a member's code, if any."""
    query = select(CONSENT).where(CONSENT.c.member == member, CONSENT.c.expires_at > now)
    row = (await tx.execute(query)).first()
    return None if row is None else dict(row._mapping)


async def leave_tries(tx: Tx, member: int, tries: int) -> None:
    """Leave that many tries for a consent's code; without any, it's gone."""
    if tries:
        await tx.execute(update(CONSENT).where(CONSENT.c.member == member).values(tries=tries))
    else:
        await drop(tx, member)


async def drop(tx: Tx, member: int) -> bool:
    """Delete a member's consent; return whether there was one."""
    return (await tx.execute(delete(CONSENT).where(CONSENT.c.member == member))).rowcount > 0


async def take_consent(tx: Tx, member: int, sealed: bytes) -> bool:
    """Delete a consent, so it links only once; return whether it was still this one."""
    this = CONSENT.c.member == member, CONSENT.c.sealed == sealed
    return (await tx.execute(delete(CONSENT).where(*this))).rowcount > 0


async def sweep(tx: Tx, now: datetime) -> None:
    """Delete what has expired."""
    for table in (LINK, CONSENT):
        await tx.execute(delete(table).where(table.c.expires_at <= now))
