"""Notices: messages for members, kept until sent, so a restart loses none."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, insert, select, update

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import every, keep_newest, one
from bot.core import limits
from bot.core.notices import NoticeKind
from bot.core.records import Notice

NOTICE, SETBACK = schema.notice, schema.setback
TRIES = 5  # then a notice is dropped: the member can't be reached


async def add(tx: Tx, member: int, kind: NoticeKind, body: Mapping[str, Any], now: datetime) -> None:
    """Store a notice until it's sent; the member's oldest makes room."""
    await tx.execute(insert(NOTICE).values(member=member, kind=kind, body=dict(body), created_at=now))
    await keep_newest(tx, NOTICE, limits.NOTICES, NOTICE.c.notice, NOTICE.c.member == member)


async def has(tx: Tx, member: int, kind: NoticeKind) -> bool:
    """Whether the member was sent, or will be sent, any notice of that kind."""
    query = select(NOTICE.c.notice).where(NOTICE.c.member == member, NOTICE.c.kind == kind).limit(1)
    return (await tx.execute(query)).first() is not None


async def newest(tx: Tx, member: int, kind: NoticeKind) -> Notice | None:
    """Return the member's newest notice of that kind, sent or not."""
    query = select(NOTICE).where(NOTICE.c.member == member, NOTICE.c.kind == kind)
    return await one(tx, Notice, query.order_by(NOTICE.c.notice.desc()).limit(1))


async def get(tx: Tx, notice: int) -> Notice | None:
    return await one(tx, Notice, select(NOTICE).where(NOTICE.c.notice == notice))


async def waiting(tx: Tx, member: int | None = None) -> list[Notice]:
    """Return unsent notices, oldest first; not those given up or set aside."""
    aside = exists().where(SETBACK.c.kind == "notice", SETBACK.c.subject == NOTICE.c.notice, SETBACK.c.tries >= TRIES)
    query = select(NOTICE).where(NOTICE.c.sent_at.is_(None), NOTICE.c.tries < TRIES, ~aside).order_by(NOTICE.c.notice)
    return await every(tx, Notice, query if member is None else query.where(NOTICE.c.member == member))


async def sent_since(tx: Tx, member: int, since: datetime, kind: NoticeKind) -> int:
    """Return how many messages of a kind were sent; notices sent together count once."""
    return (await sent_to_each(tx, [member], since, kind))[member]


async def sent_to_each(tx: Tx, members: Iterable[int], since: datetime, kind: NoticeKind) -> Counter[int]:
    """Return what `sent_since` does for each of up to CHUNK members."""
    theirs = (NOTICE.c.member.in_(members), NOTICE.c.sent_at >= since, NOTICE.c.kind == kind)
    sent = select(NOTICE.c.member, func.count(func.distinct(NOTICE.c.sent_at)).label("sent")).where(*theirs)
    return Counter({row.member: row.sent for row in await tx.execute(sent.group_by(NOTICE.c.member))})


async def mark_sent(tx: Tx, notices: list[int], now: datetime) -> None:
    await tx.execute(update(NOTICE).where(NOTICE.c.notice.in_(notices)).values(sent_at=now))


async def mark_tried(tx: Tx, notices: list[int]) -> None:
    await tx.execute(update(NOTICE).where(NOTICE.c.notice.in_(notices)).values(tries=NOTICE.c.tries + 1))
