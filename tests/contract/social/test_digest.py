"""The weekly digest: due, once, and silent about what would tell of somebody; over a real store."""

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
    """A channel that shows a digest once, by its day, as `bot.chat.social.channels.digest` does."""

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
    """A digest is due in a week, and something happened today."""
    await flow.give(store, SERVER, CHANNEL, Purpose.DIGEST, now + WEEK)
    async with store.writing() as tx:
        for what, times in counts.items():
            await server_channels.count(tx, SERVER, what, now, times)


async def due_at(store: Store) -> datetime | None:
    (place,) = await flow.of_server(store, SERVER)
    return place.due_at


async def test_it_is_posted_when_it_is_due_and_once(store: Store, now: datetime) -> None:
    await opened(store, now, like=9, repost=LEAST)
    channel = Channel()
    await digest.post_due(store, channel.post, many, SERVER, now + WEEK - timedelta(seconds=1))
    assert channel.sent == 0
    for _ in range(3):
        await digest.post_due(store, channel.post, many, SERVER, now + WEEK)
    assert channel.sent == 1
    assert channel.stands[now].counts == {"like": 9, "repost": LEAST}
    assert await due_at(store) == now + 2 * WEEK


async def test_killed_between_the_message_and_its_note_it_stands_there_once(store: Store, now: datetime) -> None:
    await opened(store, now, like=9)
    channel = Channel()
    channel.killed = True
    with pytest.raises(KeyboardInterrupt):
        await digest.post_due(store, channel.post, many, SERVER, now + WEEK)
    assert await due_at(store) == now + WEEK
    channel.killed = False
    await digest.post_due(store, channel.post, many, SERVER, now + WEEK + timedelta(hours=30))
    assert channel.sent == 2
    assert len(channel.stands) == 1, "the same day is asked for, so the message is found"
    await digest.post_due(store, channel.post, many, SERVER, now + WEEK + timedelta(hours=31))
    assert channel.sent == 2


async def test_a_week_without_anything_passes_in_silence(store: Store, now: datetime) -> None:
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


def test_what_is_too_little_to_hide_somebody_in_is_not_named() -> None:
    week = {"like": 50, "add": LEAST - 1, "other": 99}
    assert digest.nameable(week, CROWD) == {"like": 50}
    assert digest.nameable(week, CROWD - 1) == {}


async def test_a_channel_that_was_taken_back_meanwhile_gets_no_other(store: Store, now: datetime) -> None:
    await opened(store, now, like=9)

    async def stopped(_: Digest) -> None:
        await flow.take(store, SERVER, Purpose.DIGEST)

    await digest.post_due(store, stopped, many, SERVER, now + WEEK)
    assert await flow.of_server(store, SERVER) == []
