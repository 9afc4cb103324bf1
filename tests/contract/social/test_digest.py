"""The weekly digest: posted when due, once, and without counts that would identify anyone; on a real store."""

from datetime import datetime, timedelta

import pytest

from bot.adapters.store import Store
from bot.adapters.store.social import server_channels
from bot.flows.social import digest
from bot.flows.social import server_channels as flow
from bot.flows.social.digest import CROWD, LEAST, WEEK, Digest
from bot.flows.social.server_channels import Purpose

SERVER, CHANNEL = 7001, 31


class Channel:
    """A channel that shows one digest per start date, as `bot.chat.social.channels.digest` does."""

    def __init__(self) -> None:
        self.stands: dict[datetime, Digest] = {}
        self.sent = 0
        self.killed = False

    async def post(self, digest: Digest) -> None:
        self.sent += 1
        self.stands.setdefault(digest.since, digest)
        if self.killed:
            raise KeyboardInterrupt


async def many(_: int) -> int:
    return CROWD


async def opened(store: Store, now: datetime, **counts: int) -> None:
    """Make a digest due in a week, with some activity counted today."""
    await flow.choose(store, SERVER, Purpose.DIGEST, [CHANNEL], now + WEEK)
    async with store.writing() as tx:
        for what, times in counts.items():
            await server_channels.count(tx, SERVER, what, now, times)


async def due_at(store: Store) -> datetime | None:
    (place,) = await flow.of_server(store, SERVER)
    return place.due_at


async def test_the_digest_is_posted_once_when_due(store: Store, now: datetime) -> None:
    await opened(store, now, like=9, repost=LEAST)
    channel = Channel()
    await digest.post_due(store, channel.post, many, SERVER, now + WEEK - timedelta(seconds=1))
    assert channel.sent == 0
    for _ in range(3):
        await digest.post_due(store, channel.post, many, SERVER, now + WEEK)
    assert channel.sent == 1
    assert channel.stands[now].counts == {"like": 9, "repost": LEAST}
    assert await due_at(store) == now + 2 * WEEK


async def test_a_kill_before_the_post_is_recorded_leaves_one_digest(store: Store, now: datetime) -> None:
    await opened(store, now, like=9)
    channel = Channel()
    channel.killed = True
    with pytest.raises(KeyboardInterrupt):
        await digest.post_due(store, channel.post, many, SERVER, now + WEEK)
    assert await due_at(store) == now + WEEK
    channel.killed = False
    await digest.post_due(store, channel.post, many, SERVER, now + WEEK + timedelta(hours=30))
    assert channel.sent == 2
    assert len(channel.stands) == 1, "the digest has the same start date, so its message is found"
    await digest.post_due(store, channel.post, many, SERVER, now + WEEK + timedelta(hours=31))
    assert channel.sent == 2


async def test_a_week_without_activity_has_no_digest(store: Store, now: datetime) -> None:
    await opened(store, now)
    channel = Channel()
    await digest.post_due(store, channel.post, many, SERVER, now + WEEK)
    assert channel.sent == 0
    assert await due_at(store) == now + 2 * WEEK


async def test_every_day_is_counted_in_one_digest(store: Store, now: datetime) -> None:
    await opened(store, now, like=9)
    channel = Channel()
    late = now + WEEK + timedelta(days=3)
    for when, times in ((now + WEEK, 10), (late, 20)):
        async with store.writing() as tx:
            await server_channels.count(tx, SERVER, "like", when, times)
    await digest.post_due(store, channel.post, many, SERVER, late)
    await digest.post_due(store, channel.post, many, SERVER, late + WEEK)
    assert [digest.counts["like"] for digest in channel.stands.values()] == [9 + 10, 20]


def test_counts_too_small_for_anonymity_are_left_out() -> None:
    week = {"like": 50, "add": LEAST - 1, "other": 99}
    assert digest.nameable(week, CROWD) == {"like": 50}
    assert digest.nameable(week, CROWD - 1) == {}


async def test_a_channel_withdrawn_meanwhile_gets_no_other_digest(store: Store, now: datetime) -> None:
    await opened(store, now, like=9)

    async def stopped(_: Digest) -> None:
        await flow.choose(store, SERVER, Purpose.DIGEST, [])

    await digest.post_due(store, stopped, many, SERVER, now + WEEK)
    assert await flow.of_server(store, SERVER) == []


async def test_a_digest_that_was_dated_by_a_clock_far_ahead_comes_a_week_after_that_is_noticed(
    store: Store, now: datetime
) -> None:
    await opened(store, now + 52 * WEEK)
    channel = Channel()
    await digest.post_due(store, channel.post, many, SERVER, now)
    assert (channel.sent, await due_at(store)) == (0, now + WEEK)
    await flow.count(store, SERVER, "like", now)
    await digest.post_due(store, channel.post, many, SERVER, now + WEEK)
    assert list(channel.stands) == [now]
