"""A server's channels, and its activity counts."""

from datetime import datetime, timedelta

from bot.adapters import parts
from bot.adapters.store import Store
from bot.adapters.store.social import server_channels
from bot.flows.social import server_channels as flow
from bot.flows.social.server_channels import Purpose

SERVER, OTHER = 7001, 7002


async def test_nothing_is_posted_without_a_channel(store: Store) -> None:
    await flow.choose(store, SERVER, Purpose.FEED, [1, 2])
    assert [await flow.serves(store, channel, Purpose.FEED) for channel in (1, 2, 3, None)] == [
        True,
        True,
        False,
        False,
    ]
    assert not await flow.serves(store, 1, Purpose.ROUNDS)
    await flow.choose(store, SERVER, Purpose.FEED, [2])
    assert not await flow.serves(store, 1, Purpose.FEED)
    assert await flow.serves(store, 2, Purpose.FEED)
    await flow.choose(store, SERVER, Purpose.FEED, [])
    assert await flow.of_server(store, SERVER) == []


async def test_a_server_has_one_channel_for_reposts(store: Store) -> None:
    for channel in (1, 2):
        await flow.choose(store, SERVER, Purpose.REPOSTS, [channel])
    assert [place.channel for place in await flow.of_server(store, SERVER)] == [2]
    assert await flow.of_server(store, OTHER) == []


async def test_a_channel_that_keeps_its_purpose_keeps_the_day_of_its_digest(store: Store, now: datetime) -> None:
    for later in range(3):
        await flow.choose(store, SERVER, Purpose.DIGEST, [1], now + timedelta(days=later))
    assert [place.due_at for place in await flow.of_server(store, SERVER)] == [now]


async def test_counts_are_per_server_and_day(store: Store, now: datetime) -> None:
    for when, what in ((now, "like"), (now, "like"), (now - timedelta(days=8), "like"), (now, "repost")):
        await flow.count(store, SERVER, what, when)
    await flow.count(store, None, "like", now)
    async with store.reading() as tx:
        assert await server_channels.counts(tx, SERVER, now - timedelta(days=7)) == {"like": 2, "repost": 1}
        assert await server_channels.counts(tx, OTHER, now - timedelta(days=7)) == {}


async def test_a_server_that_removed_the_bot_is_forgotten(store: Store, now: datetime) -> None:
    await flow.choose(store, SERVER, Purpose.DIGEST, [1], now)
    await flow.count(store, SERVER, "like", now)
    async with store.writing() as tx:
        await server_channels.forget_server(tx, SERVER)
        assert await server_channels.of_server(tx, SERVER) == []
        assert await server_channels.counts(tx, SERVER, now) == {}


async def test_a_gateway_forgets_no_server_of_another_gateways_shards(store: Store) -> None:
    on_first, on_second, left = SERVER, 1 << 22, 2 << 22  # of two shards
    for channel, server in enumerate((on_first, on_second, left)):
        await flow.choose(store, server, Purpose.FEED, [channel])
    for shards, here in (("0-0/2", on_first), ("1-1/2", on_second)):
        await flow.keep_only(store, {here}, parts.gateway(shards).is_told_of)
    kept = [server for server in (on_first, on_second, left) if await flow.of_server(store, server)]
    assert kept == [on_first, on_second]
