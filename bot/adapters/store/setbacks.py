"""Setbacks: work that failed or has to wait. After TRIES failures in a row it's set aside for a day."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import every, one, upsert
from bot.core.records import Setback, Work

SETBACK = schema.setback
TRIES = 5  # failures in a row, after which work is set aside
ASIDE_FOR = timedelta(days=1)  # then it has one more try


def _is(work: Work) -> Any:
    return (SETBACK.c.kind == work.kind) & (SETBACK.c.subject == work.subject)


async def get(tx: Tx, work: Work) -> Setback | None:
    return await one(tx, Setback, select(SETBACK).where(_is(work)))


async def note(tx: Tx, work: Work, setback: Setback) -> None:
    values = {name: getattr(setback, name) for name in Setback.__slots__}
    await upsert(tx, SETBACK, values | {"kind": work.kind, "subject": work.subject, "member": work.member})


async def clear(tx: Tx, work: Work) -> None:
    await tx.execute(delete(SETBACK).where(_is(work)))


async def aside(tx: Tx) -> list[Setback]:
    """Return all work that's set aside."""
    return await every(tx, Setback, select(SETBACK).where(SETBACK.c.tries >= TRIES).order_by(SETBACK.c.due))


async def subjects_aside(tx: Tx, kind: str) -> set[int]:
    """Return the subjects of one kind of work that's set aside."""
    held = select(SETBACK.c.subject).where(SETBACK.c.kind == kind, SETBACK.c.tries >= TRIES)
    return set((await tx.execute(held)).scalars())


async def retry(tx: Tx, now: datetime) -> None:
    """Let everything that's set aside be tried again."""
    await tx.execute(update(SETBACK).where(SETBACK.c.tries >= TRIES).values(tries=0, due=now))


async def retry_old(tx: Tx, now: datetime) -> None:
    """Let work that was set aside a day ago be tried once more."""
    old = (SETBACK.c.tries >= TRIES, SETBACK.c.due <= now - ASIDE_FOR)
    await tx.execute(update(SETBACK).where(*old).values(tries=TRIES - 1, due=now))
