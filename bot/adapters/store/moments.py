"""Moments: correct the future moments that a fast clock left behind; only this module knows how far each may lie ahead.

Past events that lie ahead become now. Durations keep their length. Deadlines move back with the clock, and are never
further away than they can be.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Column, Update, type_coerce, update

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx

SLACK = timedelta(minutes=1)  # difference between the clocks of two machines
LASTING = {  # end column → begin column
    schema.session.c.created_at: schema.session.c.expires_at,
    schema.api_token.c.created_at: schema.api_token.c.expires_at,
    schema.lookup.c.asked_at: schema.lookup.c.due,
}
WAITED_FOR = {  # deadline column → longest wait
    schema.cooldown.c.until: timedelta(days=30),
    schema.link_state.c.expires_at: timedelta(minutes=10),
    schema.consent.c.expires_at: timedelta(minutes=10),
    schema.member.c.muted_until: timedelta(days=30),
    schema.place.c.due_at: timedelta(days=7),
    schema.takedown.c.due_at: timedelta(days=1),
    schema.setback.c.due: timedelta(days=1),
}
POLL, FREE = schema.member.c.next_poll_at, schema.app.c.free_at
RESERVED = {schema.turn.c.free_at}  # turns ahead are given up: that costs a burst at most
LEFT_ALONE = {  # Spotify's moments, those that members set themselves, and what is void once the other moment moves
    schema.liked.c.added_at,
    schema.content.c.added_at,
    schema.round_.c.enter_until,
    schema.round_.c.vote_until,
    schema.member.c.turn_at,
}


async def pull_in(tx: Tx, now: datetime, poll: timedelta, back: timedelta = timedelta()) -> None:
    """Leave no moment further ahead of `now` than it can be. poll: the longest wait for a member's poll.

    back: how far the clock was just moved back, if known.
    """
    for statement in _statements(now, poll, max(back, timedelta())):
        await tx.execute(statement)


def _statements(now: datetime, poll: timedelta, back: timedelta) -> Iterator[Update]:
    for begun, ends in LASTING.items():
        length = type_coerce(ends, BigInteger) - type_coerce(begun, BigInteger)
        yield _set(begun, now + SLACK, ends, _ms(now) + length)
    for column, most in {**WAITED_FOR, POLL: poll, FREE: poll}.items():
        if back:
            yield _set(column, now + back, column, type_coerce(column, BigInteger) - round(1000 * back.total_seconds()))
        yield _set(column, now + most, column, _ms(now + most))
    for column in (*past(), *RESERVED):
        yield _set(column, now + SLACK, column, _ms(now))


def past() -> Iterator[Column[Any]]:
    """Yield every column of past events."""
    others = {*LASTING.values(), *WAITED_FOR, POLL, FREE, *RESERVED, *LEFT_ALONE}
    for table in schema.metadata.sorted_tables:
        yield from (column for column in table.c if isinstance(column.type, schema.Moment) and column not in others)


def _set(late: Column[Any], than: datetime, column: Column[Any], value: Any) -> Update:
    return update(column.table).where(late > than).values({column: type_coerce(value, BigInteger)})


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
