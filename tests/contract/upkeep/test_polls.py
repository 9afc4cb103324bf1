"""When members are polled: by how often they like songs and use the bot, spread out, within their app's budget."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from bot.adapters import parts
from bot.adapters.store import Store, schema
from bot.adapters.store.account import members
from bot.core.jobs import JobKind
from bot.core.library.polling import DAY, Rhythm
from bot.flows.library.poll import Polls
from tests.contract.upkeep.stage import ADA, BEN, HOUR, RHYTHM, Messenger, linked, upkeep

MINUTE = timedelta(minutes=1)
TICK = 5 * MINUTE


async def liked(store: Store, member: int, moments: Iterable[datetime]) -> None:
    async with store.writing() as tx:
        rows = [{"member": member, "song": f"song {at}", "added_at": moment} for at, moment in enumerate(moments)]
        await tx.execute(sa.insert(schema.liked), rows)


async def next_poll(store: Store, member: int) -> datetime:
    async with store.reading() as tx:
        known = await members.get(tx, member)
    assert known is not None and known.next_poll_at is not None
    return known.next_poll_at


async def began(polls: Polls, now: datetime) -> list[int]:
    """What a tick does, except for polling itself."""
    await polls.bring_forward(now)
    begun = await polls.due(now)
    await polls.put_off(begun, now)
    return begun


async def test_busy_likers_are_polled_more_often_than_sleepers(store: Store, now: datetime) -> None:
    polls = Polls(store, RHYTHM)
    for member in (ADA, BEN):
        await linked(store, member, now)
    await liked(store, ADA, [now - HOUR * at for at in range(400)])
    await liked(store, BEN, [now - 200 * DAY])
    for member in (ADA, BEN):
        await polls.learn(member, now)
    assert 10 * MINUTE < await next_poll(store, ADA) - now < 20 * MINUTE
    assert 4 * HOUR < await next_poll(store, BEN) - now < 8 * HOUR


async def test_who_uses_the_bot_is_polled_within_the_shortest_pause_after_the_last_poll(
    store: Store, now: datetime
) -> None:
    polls = Polls(store, RHYTHM)
    for member, last in ((ADA, 5 * MINUTE), (BEN, 3 * HOUR)):
        await linked(store, member, now)
        await polls.learn(member, now)
        async with store.writing() as tx:
            await members.change(tx, member, turn_at=now - last)
        polls.saw(member)
    polls.saw(4_711)  # who isn't linked
    assert await began(polls, now) == [BEN]
    assert await next_poll(store, ADA) == now + 10 * MINUTE
    polls.saw(BEN)
    assert await began(polls, now + 10 * MINUTE) == [ADA]


@pytest.mark.postgresql
async def test_who_uses_a_gateway_is_polled_by_a_worker(store: Store, now: datetime) -> None:
    await linked(store, ADA, now)
    async with store.writing() as tx:
        await members.change(tx, ADA, turn_at=now - HOUR, next_poll_at=now + HOUR)
    polls, begun = Polls(store, RHYTHM), list[tuple[str, int]]()
    gateway = upkeep(store, Messenger(), now, [], parts.gateway(""), polls)
    worker = upkeep(store, Messenger(), now, begun, parts.worker("1", ""))
    await worker.tick()
    assert begun == []
    polls.saw(ADA)
    await gateway.tick()
    await worker.tick()
    assert begun == [(JobKind.POLL, ADA)]
    for process in (gateway, worker):
        await process.stop()


async def test_a_click_passes_nobody_who_waits_for_the_same_app(store: Store, now: datetime) -> None:
    polls = Polls(store, RHYTHM)
    await linked(store, ADA, now)
    async with store.writing() as tx:
        await members.change(tx, ADA, turn_at=now - DAY, next_poll_at=now + DAY)
    polls.saw(ADA)
    assert await began(polls, now) == []


async def test_members_whose_app_has_too_few_polls_are_all_polled_less_often(store: Store, now: datetime) -> None:
    """Forty at every 15 minutes and twenty at every hour would make 4,320 polls a day, for which there are 447."""
    polls, busy, calm = Polls(store, RHYTHM), range(2_000, 2_040), range(3_000, 3_020)
    for crowd, pause in ((busy, 900), (calm, 3_600)):
        for member in crowd:
            await linked(store, member, now)
            async with store.writing() as tx:
                await members.change_account(tx, member, poll_pause=pause)
    await began(polls, now)
    await polls.put_off([busy[0], calm[0]], now)
    for member, pause in ((busy[0], 15 * MINUTE), (calm[0], HOUR)):
        assert 0.75 * 9.7 * pause < await next_poll(store, member) - now < 1.25 * 9.8 * pause


@pytest.mark.slow
async def test_an_app_with_many_members_never_polls_more_often_than_its_budget_and_leaves_nobody_out(
    store: Store, now: datetime
) -> None:
    """Thirty members who'd make 5,760 polls in two days, for which their app has 192; an outage lies between them."""
    polls, crowd, begun = (
        Polls(store, Rhythm(15 * MINUTE, 6 * HOUR, 96)),
        range(2_000, 2_030),
        list[tuple[datetime, int]](),
    )
    for member in crowd:
        await linked(store, member, now)
    await linked(store, ADA, now, app="another")
    for at in [*range(300), *range(400, 576)]:
        moment = now + at * TICK
        begun += [(moment, member) for member in await began(polls, moment)]
        if at == 0:
            async with store.writing() as tx:
                await tx.execute(sa.update(schema.account).values(poll_pause=900))
    ours = [moment for moment, member in begun if member != ADA]
    assert all(last - first > DAY for first, last in zip(ours, ours[96:], strict=False))
    assert len(ours) > 0.8 * 96 * (476 / 288), "it makes use of what it has"
    polls = Counter(member for _, member in begun)
    assert max(polls[member] for member in crowd) <= 2 * min(polls[member] for member in crowd)
    assert polls[ADA] > 100, "members of other apps wait for nobody"


async def test_a_crash_between_a_turn_and_its_poll_keeps_the_turn(store: Store, now: datetime) -> None:
    polls = Polls(store, Rhythm(15 * MINUTE, 6 * HOUR, 24))
    await linked(store, ADA, now)
    assert await polls.due(now) == [ADA]
    assert await Polls(store, polls.rhythm).due(now + MINUTE) == [ADA]
    async with store.reading() as tx:
        (poll,) = await members.next_polls(tx, [ADA])
    assert poll.free_at is not None
    assert poll.free_at < now + 1.5 * polls.rhythm.gap, "one turn was taken"
