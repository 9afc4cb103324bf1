"""Named messages: messages of ours that name members, deleted once one of them hides or erases their data."""

from collections.abc import Iterable

from sqlalchemy import delete, select

from bot.adapters.store import schema
from bot.adapters.store.account import members
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import upsert
from bot.adapters.store.social import reposts
from bot.core import limits

POSTED = schema.posted


async def note(tx: Tx, named: Iterable[int], channel: int, message: int) -> None:
    """Note that a message of ours names these members; it's deleted once one of them hides."""
    known = set(named)
    if await members.visible(tx, known) != known:
        await reposts.take_down(tx, channel, message)
        return
    await upsert(tx, POSTED, [{"message": message, "member": member, "channel": channel} for member in known])
    for member in known:
        await _take_down_oldest(tx, member)


async def _take_down_oldest(tx: Tx, member: int) -> None:
    """Have all but the newest messages that name the member deleted; ids of messages grow with time."""
    query = select(POSTED).where(POSTED.c.member == member).order_by(POSTED.c.message.desc()).offset(limits.NAMED)
    for row in (await tx.execute(query)).all():
        await _delete(tx, row.channel, row.message)


async def take_down(tx: Tx, member: int) -> None:
    """Have the messages deleted that name the member."""
    for row in (await tx.execute(select(POSTED).where(POSTED.c.member == member))).all():
        await _delete(tx, row.channel, row.message)


async def _delete(tx: Tx, channel: int, message: int) -> None:
    await reposts.take_down(tx, channel, message)
    await tx.execute(delete(POSTED).where(POSTED.c.message == message))
