"""A notice that can't be delivered blocks no other; after five failures it's set aside, by name."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.adapters.store import Store, setbacks
from bot.adapters.store.account import members, notices
from bot.cli.doctor import Unwell, _aside
from bot.config import parse
from bot.core.notices import NoticeKind
from bot.core.records import Notice, Work
from bot.errors import ChatDown, ChatWaits, StoreBusy
from bot.flows.account import notify
from bot.flows.attempt import attempt
from bot.upkeep import TOLD_AT_ONCE
from tests.contract.upkeep.stage import ADA, BEN, HOUR, Messenger, news, upkeep


async def test_p39_an_undeliverable_notice_blocks_no_other_and_is_set_aside_by_name(
    store: Store, now: datetime, tmp_path: Path
) -> None:
    messenger = Messenger()
    odd, *_ = await news(store, now, odd=ADA, fine=ADA, hello=BEN)
    messenger.failing[odd] = TypeError("unsupported format string passed to NoneType.__format__")
    for minute in range(20):
        await notify.deliver(store, messenger.tell, now + timedelta(minutes=minute))
    assert sorted(messenger.told[:2]) == [(ADA, "fine"), (BEN, "hello")]
    async with store.reading() as tx:
        (setback,) = await setbacks.aside(tx)
    assert (setback.kind, setback.subject, setback.member, setback.tries) == ("notice", odd, ADA, 5)
    (member, words) = messenger.told[2]
    assert member == ADA
    assert f"`#{setback.reference}`" in words
    assert len(messenger.told) == 3  # once
    with pytest.raises(Unwell, match=f"notice {odd} .#{setback.reference}"):
        await _aside(parse({"DISCORD_TOKEN": "x", "DATABASE_URL": store.url, "DATA_DIR": str(tmp_path / "data")}))


async def test_a_notice_set_aside_is_retried_at_the_next_start_without_telling_the_member_again(
    store: Store, now: datetime
) -> None:
    messenger = Messenger()
    (odd,) = await news(store, now, odd=ADA)
    messenger.failing[odd] = TypeError()
    for start in range(2):
        async with store.writing() as tx:
            await setbacks.retry(tx, now)
        for minute in range(20):
            await notify.deliver(store, messenger.tell, now + timedelta(hours=start, minutes=minute))
    assert len(messenger.told) == 1
    messenger.failing.clear()
    async with store.writing() as tx:
        await setbacks.retry(tx, now)
    await notify.deliver(store, messenger.tell, now + 2 * HOUR)
    assert messenger.told[-1] == (ADA, "odd")
    async with store.reading() as tx:
        assert await setbacks.aside(tx) == []


async def test_an_undeliverable_notice_about_a_notice_set_aside_creates_no_further_notice(
    store: Store, now: datetime
) -> None:
    messenger, seen = Messenger(), dict[int, str]()
    await news(store, now, odd=ADA)
    for minute in range(0, 200, 5):
        async with store.reading() as tx:
            seen |= {notice.notice: notice.kind for notice in await notices.waiting(tx)}
        messenger.failing = {notice: TypeError() for notice in seen}
        await notify.deliver(store, messenger.tell, now + timedelta(minutes=minute))
    assert list(seen.values()) == ["problem", "aside"]


async def test_one_members_rate_limited_messages_delay_nobody_else_even_after_a_restart(
    store: Store, now: datetime
) -> None:
    messenger = Messenger()
    limited, _ = await news(store, now, late=ADA, hello=BEN)
    messenger.failing[limited] = ChatWaits("direct messages", 3600)
    assert await notify.deliver(store, messenger.tell, now) == 1
    assert messenger.told == [(BEN, "hello")]
    messenger.failing.clear()
    again = Store(store.url)
    assert await notify.deliver(again, messenger.tell, now + HOUR - timedelta(seconds=1)) == 0
    assert await notify.deliver(again, messenger.tell, now + HOUR) == 1
    await again.close()


async def test_delays_by_discord_or_the_disk_do_not_count_as_failures(store: Store, now: datetime) -> None:
    async def busy() -> None:
        raise StoreBusy

    async def down() -> None:
        raise ChatDown

    for do in (busy, down):
        for _ in range(10):
            assert not await attempt(store, Work("digest", 1), do, now)
    async with store.reading() as tx:
        assert await setbacks.get(tx, Work("digest", 1)) is None


async def test_work_that_failed_five_times_is_not_tried_a_sixth_time(store: Store, now: datetime) -> None:
    tried = list[int]()

    async def broken() -> None:
        tried.append(1)
        raise ValueError

    for minute in range(20):
        await attempt(store, Work("digest", 1), broken, now + timedelta(minutes=10 * minute))
    assert len(tried) == 5


async def test_hundreds_are_told_at_once_without_a_connection_for_each(store: Store, now: datetime) -> None:
    """As when an outage of Discord ends. A database server has a hundred connections for everything."""

    class Counting(Messenger):
        at_once = most = 0

        async def tell(self, waiting: Sequence[Notice]) -> bool:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
            await asyncio.sleep(0.01)
            self.at_once -= 1
            return await super().tell(waiting)

    messenger, many = Counting(), 150
    await news(store, now, **{f"hello {number}": number for number in range(1, many + 1)})
    keeping = upkeep(store, messenger, now, [])
    await keeping._begin_notices(now)
    await keeping.settled()
    assert len(messenger.told) == many
    assert messenger.most <= TOLD_AT_ONCE


async def test_updates_held_for_later_begin_nothing_until_they_may_be_sent(store: Store, now: datetime) -> None:
    async with store.writing() as tx:
        for number in (1, 2, 3, 4, 5):
            await members.ensure(tx, number, now)
            await notices.add(tx, number, NoticeKind.UPDATE, {"text": "new"}, now)
        await members.change(tx, 1, quiet_from=now.hour, quiet_to=now.hour + 2)
        await members.change(tx, 2, muted_until=now + HOUR)
        await members.change(tx, 3, updates="off")  # marked as sent
        await members.change(tx, 4, daily_cap=1)
        (held,) = [notice.notice for notice in await notices.waiting(tx, 4)]
        await notices.mark_sent(tx, [held], now)
        await notices.add(tx, 4, NoticeKind.UPDATE, {"text": "newer"}, now)
        await members.change(tx, 5, muted_until=now + HOUR)
        await notices.add(tx, 5, NoticeKind.PROBLEM, {"text": "asked"}, now)
    assert (await notify.owed(store, now)).keys() == {3, 5}
    assert (await notify.owed(store, now + 2 * HOUR)).keys() == {1, 2, 3, 5}
    assert (await notify.owed(store, now + 25 * HOUR)).keys() == {1, 2, 3, 4, 5} - {1}


async def test_updates_that_were_held_come_in_one_message_so_the_cap_holds(store: Store, now: datetime) -> None:
    messages: list[list[int]] = []

    async def tell(waiting: Sequence[Notice]) -> bool:
        messages.append([notice.body["write"] for notice in waiting])
        return True

    async def update(write: int) -> None:
        async with store.writing() as tx:
            await notices.add(tx, ADA, NoticeKind.UPDATE, {"write": write}, now)

    async with store.writing() as tx:
        await members.ensure(tx, ADA, now)
        await members.change(tx, ADA, muted_until=now + HOUR, daily_cap=2)
    for write in range(5):
        await update(write)
    assert await notify.deliver(store, tell, now) == 0
    assert await notify.deliver(store, tell, now + HOUR) == 1
    await update(5)
    for minute in (61, 62, 63):
        await notify.deliver(store, tell, now + timedelta(minutes=minute))
        await update(minute)
    assert messages == [[0, 1, 2, 3, 4], [5]]
