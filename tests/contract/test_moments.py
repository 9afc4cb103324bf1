"""A clock set ahead and back: moments it left in the future are pulled in, and nothing else."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from bot.adapters.store import Store, moments, pace, schema
from bot.adapters.store.account import members, notices, sessions
from bot.core.account.records import NewSession
from bot.core.clock import clock_step
from bot.core.notices import NoticeKind

ADA, APP = 4711, "0" * 32
FAR = timedelta(days=212)
POLL = timedelta(minutes=15)


async def read(store: Store, column: Any) -> datetime:
    async with store.reading() as tx:
        moment: datetime = (await tx.execute(select(column))).scalar_one()
    return moment


async def lived_ahead(store: Store, then: datetime) -> None:
    """Store what a bot would at that moment: a planned poll, a day's cooldown, a ten-minute link, and so on."""
    async with store.writing() as tx:
        await members.ensure(tx, ADA, then)
        await members.change(tx, ADA, next_poll_at=then + POLL, muted_until=then + timedelta(hours=3))
        await pace.cool_down(tx, APP, then + timedelta(days=1), "429")
        await sessions.add(tx, NewSession(ADA, "link", "link", None, then, then + timedelta(minutes=10)))
        await notices.add(tx, ADA, NoticeKind.UPDATE, {}, then)
        like = {"member": ADA, "song": "spotify:track:1", "added_at": then}
        await tx.execute(insert(schema.song).values(song=like["song"], title="Song", artists=[], cached_at=then))
        await tx.execute(insert(schema.liked).values(like))


async def test_after_a_clock_error_nothing_waits_longer_than_it_would_have(store: Store, now: datetime) -> None:
    await lived_ahead(store, now + FAR)
    async with store.writing() as tx:
        await moments.pull_in(tx, now, POLL, FAR)
    assert await read(store, schema.member.c.next_poll_at) == now + POLL
    assert await read(store, schema.member.c.muted_until) == now + timedelta(hours=3)
    assert await read(store, schema.cooldown.c.until) == now + timedelta(days=1)
    assert await read(store, schema.session.c.expires_at) == now + timedelta(minutes=10)
    assert await read(store, schema.notice.c.created_at) == now
    assert await read(store, schema.liked.c.added_at) == now + FAR, "Spotify set that date"


async def test_if_the_clock_is_corrected_while_off_nothing_waits_longer_than_its_maximum(
    store: Store, now: datetime
) -> None:
    await lived_ahead(store, now + FAR)
    async with store.writing() as tx:
        await moments.pull_in(tx, now, POLL)
    assert await read(store, schema.member.c.next_poll_at) == now + POLL
    assert await read(store, schema.cooldown.c.until) == now + timedelta(days=30)
    assert await read(store, schema.session.c.expires_at) == now + timedelta(minutes=10)


@pytest.mark.parametrize("back", [timedelta(), -FAR, timedelta(minutes=1)])
async def test_p06_legitimate_waits_are_left_alone(store: Store, now: datetime, back: timedelta) -> None:
    """The bot waits the twenty days that Spotify asked for, despite a restart or a clock correction."""
    async with store.writing() as tx:
        await members.ensure(tx, ADA, now)
        await members.change(tx, ADA, next_poll_at=now + timedelta(minutes=14))
        await pace.cool_down(tx, APP, now + timedelta(days=20), "QUOTA_EXCEEDED")
        await moments.pull_in(tx, now, POLL, back)
    assert await read(store, schema.cooldown.c.until) >= now + timedelta(days=20) - timedelta(minutes=1)
    assert await read(store, schema.member.c.next_poll_at) >= now + timedelta(minutes=13)


def test_every_moment_in_the_schema_is_either_past_or_future() -> None:
    """A new column counts as past until someone declares its longest wait."""
    ahead = {"until", "due", "due_at", "expires_at", "next_poll_at", "muted_until", "enter_until", "vote_until"}
    ahead |= {"free_at", "turn_at"}
    assert {column.name for column in moments.past()}.isdisjoint(ahead)


def test_a_clock_step_is_detected_in_both_directions_and_small_corrections_are_ignored(now: datetime) -> None:
    assert clock_step(None, now) == timedelta()
    assert clock_step(now, now + timedelta(seconds=2)) is None
    assert clock_step(now, now - FAR) == FAR
    assert clock_step(now - FAR, now) == -FAR
