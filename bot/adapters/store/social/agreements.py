"""Agreements: which members asked each other to compare their tastes, and who agreed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, func, or_, select, update

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import added, count, every, one
from bot.core.social.records import Agreement

AGREEMENT, MEMBER = schema.agreement, schema.member


async def get(tx: Tx, number: int) -> Agreement | None:
    return await one(tx, Agreement, select(AGREEMENT).where(AGREEMENT.c.agreement == number))


async def between(tx: Tx, one_of_them: int, other: int) -> Agreement | None:
    """Return the agreement or question between two members, whoever asked."""
    pair = [(one_of_them, other), (other, one_of_them)]
    these = or_(*(and_(AGREEMENT.c.member == asker, AGREEMENT.c.other == asked) for asker, asked in pair))
    return await one(tx, Agreement, select(AGREEMENT).where(these).order_by(AGREEMENT.c.agreement.desc()).limit(1))


async def ask(tx: Tx, member: int, other: int, now: datetime) -> Agreement:
    """Save the question, replacing any earlier one between the two."""
    if (earlier := await between(tx, member, other)) is not None:
        await tx.execute(delete(AGREEMENT).where(AGREEMENT.c.agreement == earlier.agreement))
    number = await added(tx, AGREEMENT, {"member": member, "other": other, "asked_at": now})
    return Agreement(number, member, other, now)


async def unask(tx: Tx, number: int) -> None:
    """Delete a question that has no answer."""
    open_ = AGREEMENT.c.agreed_at.is_(None) & AGREEMENT.c.declined_at.is_(None)
    await tx.execute(delete(AGREEMENT).where(AGREEMENT.c.agreement == number, open_))


async def change(tx: Tx, number: int, **values: Any) -> None:
    await tx.execute(update(AGREEMENT).where(AGREEMENT.c.agreement == number).values(**values))


async def count_asked(tx: Tx, member: int, since: datetime) -> int:
    """Return how many of the member's questions since then weren't accepted."""
    asked = (AGREEMENT.c.member == member, AGREEMENT.c.agreed_at.is_(None), AGREEMENT.c.asked_at > since)
    return await count(tx, *asked)


async def count_asking(tx: Tx, member: int) -> int:
    """Return how many of the member's questions were accepted or are open."""
    return await count(tx, AGREEMENT.c.member == member, AGREEMENT.c.declined_at.is_(None))


async def forget_questions(tx: Tx, until: datetime) -> None:
    """Delete questions that were asked, and those that were declined, by then."""
    over = func.coalesce(AGREEMENT.c.declined_at, AGREEMENT.c.asked_at) <= until
    await tx.execute(delete(AGREEMENT).where(AGREEMENT.c.agreed_at.is_(None), over))


async def of_member(tx: Tx, member: int, since: datetime) -> Sequence[Agreement]:
    """Return what the member agreed to, and their unanswered questions since then; none with hidden members."""
    beside = select(MEMBER.c.member).where(~MEMBER.c.hidden)
    visible = and_(AGREEMENT.c.member.in_(beside), AGREEMENT.c.other.in_(beside))
    own = (AGREEMENT.c.member == member, AGREEMENT.c.asked_at > since)
    agreed = and_(AGREEMENT.c.agreed_at.is_not(None), or_(AGREEMENT.c.member == member, AGREEMENT.c.other == member))
    theirs = or_(agreed, and_(*own, AGREEMENT.c.declined_at.is_(None)))
    return await every(tx, Agreement, select(AGREEMENT).where(visible, theirs).order_by(AGREEMENT.c.agreement))
