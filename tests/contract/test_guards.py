"""Guards: work that fails or waits doesn't block other work; after five failures it's set aside, by name."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.adapters.store import Store, schema, setbacks
from bot.adapters.store.account import members, notices
from bot.adapters.store.social import reposts, server_channels
from bot.adapters.store.sorting import playlists, writes
from bot.cli.doctor import Unwell, _aside
from bot.config import parse
from bot.core import limits
from bot.core.jobs import Job, JobKind
from bot.core.notices import NoticeKind
from bot.core.records import Account, NewWrite, Notice, Work
from bot.core.social.records import NewRepost, Place, Repost, Takedown
from bot.core.sorting.writes import WriteKind, WriteState
from bot.errors import ChatDown, ChatWaits, StoreBusy
from bot.errors.spotify import ConsentEnded, Unreadable
from bot.errors.stored import loaded
from bot.flows.account import notify
from bot.flows.attempt import attempt, retry_old
from bot.flows.social.digest import Digest
from bot.flows.social.server_channels import Purpose
from bot.messages import common
from bot.upkeep import Upkeep
from bot.worker import UNREADABLE, Worker
from tests.contract.limits_stage import count, fill

ADA, BEN = 1001, 1002
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def said(notice: Notice) -> str:
    """The notice's text, as the member reads it."""
    return common.set_aside(**notice.body) if notice.kind == NoticeKind.ASIDE else str(notice.body.get("text"))


class Mouth:
    """Delivers to everybody; raises for the notices in `failing`."""

    def __init__(self) -> None:
        self.told: list[tuple[int, str]] = []
        self.failing: dict[int, Exception] = {}  # by notice number
        self.silent: set[int] = set()  # members, channels and servers that never respond
        self.done: list[tuple[str, int]] = []  # what was done in channels

    async def tell(self, waiting: Sequence[Notice]) -> bool:
        for notice in waiting:
            if notice.member in self.silent:
                await asyncio.Event().wait()
            if notice.notice in self.failing:
                raise self.failing[notice.notice]
            self.told.append((notice.member, said(notice)))
        return True

    async def take_down(self, takedown: Takedown) -> bool:
        await self._do("takedown", takedown.channel)
        return True

    async def find_repost(self, repost: Repost) -> int | None:
        await self._do("repost", repost.channel)
        return None

    async def digest(self, digest: Digest) -> None:
        await self._do("digest", digest.channel)

    async def _do(self, what: str, channel: int) -> None:
        if channel in self.silent:
            await asyncio.Event().wait()
        self.done.append((what, channel))

    async def crowd(self, server: int) -> int:
        return 9

    async def is_in(self, server: int, member: int) -> bool:
        return True

    async def turn_round(self, number: int) -> None: ...

    async def progress(self, member: int, kind: str, done: int, total: int) -> None: ...


async def news(store: Store, now: datetime, **texts: int) -> list[int]:
    """Create a notice for each text's member. Returns the notice numbers."""
    async with store.writing() as tx:
        for text, member in texts.items():
            await members.ensure(tx, member, now)
            await notices.add(tx, member, NoticeKind.PROBLEM, {"text": text}, now)
        return [notice.notice for notice in await notices.waiting(tx)]


async def test_p39_an_undeliverable_notice_blocks_no_other_and_is_set_aside_by_name(
    store: Store, now: datetime
) -> None:
    mouth = Mouth()
    odd, *_ = await news(store, now, odd=ADA, fine=ADA, hello=BEN)
    mouth.failing[odd] = TypeError("unsupported format string passed to NoneType.__format__")
    for minute in range(20):
        await notify.deliver(store, mouth.tell, now + timedelta(minutes=minute))
    assert sorted(mouth.told[:2]) == [(ADA, "fine"), (BEN, "hello")]
    async with store.reading() as tx:
        (setback,) = await setbacks.aside(tx)
    assert (setback.kind, setback.subject, setback.member, setback.tries) == ("notice", odd, ADA, 5)
    (member, words) = mouth.told[2]
    assert member == ADA
    assert f"`#{setback.reference}`" in words
    assert len(mouth.told) == 3  # once
    with pytest.raises(Unwell, match=f"notice {odd} .#{setback.reference}"):
        await _aside(parse({"DISCORD_TOKEN": "x", "DATABASE_URL": store.url, "DATA_DIR": str(store.path.parent)}))


async def test_a_notice_set_aside_is_retried_at_the_next_start_without_telling_the_member_again(
    store: Store, now: datetime
) -> None:
    mouth = Mouth()
    (odd,) = await news(store, now, odd=ADA)
    mouth.failing[odd] = TypeError()
    for start in range(2):
        async with store.writing() as tx:
            await setbacks.retry(tx, now)
        for minute in range(20):
            await notify.deliver(store, mouth.tell, now + timedelta(hours=start, minutes=minute))
    assert len(mouth.told) == 1
    mouth.failing.clear()
    async with store.writing() as tx:
        await setbacks.retry(tx, now)
    await notify.deliver(store, mouth.tell, now + 2 * HOUR)
    assert mouth.told[-1] == (ADA, "odd")
    async with store.reading() as tx:
        assert await setbacks.aside(tx) == []


async def test_an_undeliverable_notice_about_a_notice_set_aside_creates_no_further_notice(
    store: Store, now: datetime
) -> None:
    mouth, seen = Mouth(), dict[int, str]()
    await news(store, now, odd=ADA)
    for minute in range(0, 200, 5):
        async with store.reading() as tx:
            seen |= {notice.notice: notice.kind for notice in await notices.waiting(tx)}
        mouth.failing = {notice: TypeError() for notice in seen}
        await notify.deliver(store, mouth.tell, now + timedelta(minutes=minute))
    assert list(seen.values()) == ["problem", "aside"]


async def test_one_members_rate_limited_messages_delay_nobody_else_even_after_a_restart(
    store: Store, now: datetime
) -> None:
    mouth = Mouth()
    limited, _ = await news(store, now, late=ADA, hello=BEN)
    mouth.failing[limited] = ChatWaits("direct messages", 3600)
    assert await notify.deliver(store, mouth.tell, now) == 1
    assert mouth.told == [(BEN, "hello")]
    mouth.failing.clear()
    again = Store(store.url)
    assert await notify.deliver(again, mouth.tell, now + HOUR - timedelta(seconds=1)) == 0
    assert await notify.deliver(again, mouth.tell, now + HOUR) == 1
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


def upkeep(store: Store, mouth: Mouth, now: datetime, begun: list[tuple[str, int]]) -> Upkeep:
    """Upkeep on a real store, with a queue that only records what was enqueued."""

    async def enqueue(kind: str, member: int, argument: int = 0) -> None:
        begun.append((kind, member))

    async def nothing(*_: object) -> None: ...

    services: Any = SimpleNamespace(
        store=store,
        clock=lambda: now,
        settings=SimpleNamespace(poll_seconds=900, models_dir=Path("nowhere")),
        jobs=SimpleNamespace(enqueue=enqueue, take_up=nothing, pull_in=nothing),
        erasing=SimpleNamespace(start=nothing, tick=nothing),
        scorer=None,
        sources=(),
        linking=SimpleNamespace(sweep=nothing),
    )
    return Upkeep(services, mouth)


async def until(true: Callable[[], bool]) -> None:
    """Wait for background work to make `true()` hold. Raises TimeoutError."""
    for _ in range(500):
        if true():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


async def linked(store: Store, member: int, now: datetime) -> None:
    async with store.writing() as tx:
        await members.ensure(tx, member, now)
        await members.save_account(tx, Account(member, "app", f"key-{member}", "Name", b"sealed", now))


async def test_p39_a_failing_step_stops_neither_the_others_nor_the_process(store: Store, now: datetime) -> None:
    mouth, begun = Mouth(), list[tuple[str, int]]()
    await linked(store, ADA, now)
    await news(store, now, hello=BEN)
    async with store.writing() as tx:
        for table in ("report", "write", "round"):  # hides the tables that upkeep's steps read
            await tx.exec_driver_sql(f'ALTER TABLE "{table}" RENAME TO "{table}_gone"')
    made = upkeep(store, mouth, now, begun)
    await made.tick()
    await made.settled()
    assert begun == [("poll", ADA)]
    assert mouth.told == [(BEN, "hello")]


async def test_p40_a_tick_thins_out_old_writes(store: Store, now: datetime) -> None:
    await linked(store, ADA, now)
    async with store.writing() as tx:
        layer = await playlists.ensure_layer(tx, ADA, "main")
        made = {"member": ADA, "layer": layer.layer, "kind": "add", "state": "done", "created_at": now - 2 * DAY}
        await fill(tx, schema.write, limits.WRITES + 3, now, **made)
    await upkeep(store, Mouth(), now, []).tick()
    async with store.reading() as tx:
        assert await count(tx, schema.write) == limits.WRITES, "those without lines go altogether"


async def test_the_first_tick_pulls_in_what_a_fast_clock_left_far_ahead(store: Store, now: datetime) -> None:
    await linked(store, ADA, now)
    async with store.writing() as tx:
        await members.change(tx, ADA, next_poll_at=now + 212 * DAY)
    made, pulled_in = upkeep(store, Mouth(), now, []), list[datetime]()

    async def pull_in(latest: datetime, _: timedelta) -> None:
        pulled_in.append(latest)

    made._services.jobs.pull_in = pull_in
    await made.tick()
    async with store.reading() as tx:
        member = await members.get(tx, ADA)
    assert member is not None and member.next_poll_at is not None
    assert member.next_poll_at - now <= timedelta(seconds=1.1 * 900)
    assert pulled_in == [now]


async def test_a_start_with_a_defect_goes_on_and_retries(store: Store, now: datetime) -> None:
    mouth, begun = Mouth(), list[tuple[str, int]]()
    async with store.writing() as tx:
        await tx.exec_driver_sql('ALTER TABLE "shown" RENAME TO "shown_gone"')  # songs waiting to be saved
    made = upkeep(store, mouth, now, begun)
    await made.open()
    assert Work("opening: saving", 0) in made._opening
    async with store.writing() as tx:
        await tx.exec_driver_sql('ALTER TABLE "shown_gone" RENAME TO "shown"')
    later = upkeep(store, mouth, now + HOUR, begun)
    later._opening = made._opening
    await later.tick()
    assert Work("opening: saving", 0) not in later._opening


async def test_a_delivery_that_never_ends_delays_neither_polls_nor_other_notices(store: Store, now: datetime) -> None:
    mouth, begun = Mouth(), list[tuple[str, int]]()
    mouth.silent.add(ADA)
    await linked(store, BEN, now)
    await news(store, now, stuck=ADA, hello=BEN)
    made = upkeep(store, mouth, now, begun)
    async with asyncio.timeout(5):
        await made.tick()
        await made.tick()
    await until(lambda: bool(mouth.told))
    assert mouth.told == [(BEN, "hello")]
    assert ("poll", BEN) in begun
    await made.stop()


async def test_p39_a_channel_that_never_responds_blocks_no_other(store: Store, now: datetime) -> None:
    mouth, slow, quick, member = Mouth(), 31, 32, ADA
    mouth.silent.add(slow)
    async with store.writing() as tx:
        await members.ensure(tx, member, now)
        for channel in (slow, quick):
            await reposts.take_down(tx, channel, message=channel)
            await reposts.add(tx, NewRepost(member, channel, channel, "spotify:track:1", "k", now - HOUR))
            await server_channels.give(tx, Place(channel, Purpose.DIGEST, channel, now))
            await server_channels.count(tx, channel, "like", now - 2 * DAY, times=9)
    made = upkeep(store, mouth, now, [])
    await made.tick()
    await until(lambda: len(mouth.done) == 3)
    assert sorted(mouth.done) == [("digest", quick), ("repost", quick), ("takedown", quick)]
    async with store.writing() as tx:
        await reposts.take_down(tx, quick, message=2)
    await made.tick()
    await until(lambda: len(mouth.done) == 4)
    assert mouth.done[-1] == ("takedown", quick), "new work isn't held up by what still waits"
    await made.stop()


async def test_work_set_aside_is_retried_once_a_day_without_a_restart(store: Store, now: datetime) -> None:
    mouth = Mouth()
    (odd,) = await news(store, now, odd=ADA)
    mouth.failing[odd] = TypeError()
    for minute in range(20):
        await notify.deliver(store, mouth.tell, now + timedelta(minutes=minute))
    (text,) = [said for _, said in mouth.told]
    assert "once a day" in text
    for day in (1, 2):
        await retry_old(store, now + day * (DAY + HOUR))
        for minute in range(20):
            await notify.deliver(store, mouth.tell, now + day * (DAY + HOUR) + timedelta(minutes=minute))
        async with store.reading() as tx:
            assert [setback.tries for setback in await setbacks.aside(tx)] == [5]
    assert len(mouth.told) == 1, "the member is told once"
    mouth.failing.clear()
    made = upkeep(store, mouth, now + 3 * (DAY + HOUR), [])
    await made.tick()
    await made.settled()
    assert mouth.told[-1] == (ADA, "odd")


async def test_a_poll_that_failed_five_times_is_set_aside_and_others_continue(store: Store, now: datetime) -> None:
    begun = list[tuple[str, int]]()
    for member in (ADA, BEN):
        await linked(store, member, now)

    async def broken() -> None:
        raise ValueError("odd")

    for minute in range(5):
        await attempt(store, Work("poll", ADA, ADA), broken, now + timedelta(minutes=minute))
    mouth = Mouth()
    made = upkeep(store, mouth, now + HOUR, begun)
    await made.tick()
    await made.settled()
    assert begun == [("poll", BEN)]
    assert "`/sync` tries now" in mouth.told[0][1]


async def test_p08_an_ended_consent_is_reported_once_even_if_the_last_poll_was_postponed(
    store: Store, now: datetime
) -> None:
    async def account_music(_: int) -> None:
        raise ConsentEnded

    await linked(store, ADA, now)
    async with store.writing() as tx:
        await members.change_account(tx, ADA, synced_at=now, warned_days=14)
    nothing: Any = {"vault": None, "sources": (), "libraries": None}
    services: Any = SimpleNamespace(store=store, clock=lambda: now, account_music=account_music, **nothing)
    worker = Worker(services, Mouth(), lambda _: None)
    for job in (Job(JobKind.POLL, ADA, tries=2), Job(JobKind.PLACE, ADA), Job(JobKind.POLL, ADA)):
        await worker.run(job)
    await notify.warn_of_consent(store, now + timedelta(days=181))
    async with store.reading() as tx:
        told = [loaded(notice.body["error"]) for notice in await notices.waiting(tx, ADA)]
    assert [type(error) for error in told] == [ConsentEnded]
    await worker.run(Job(JobKind.SYNC, ADA))  # a sync the member asked for is answered
    async with store.reading() as tx:
        assert len(await notices.waiting(tx, ADA)) == 2


async def test_a_write_to_a_playlist_that_stays_unreadable_fails_with_a_message(store: Store, now: datetime) -> None:
    async def music(_: int) -> None:
        raise Unreadable

    async def enqueue(kind: str, member: int, argument: int, *, tries: int, delay: float) -> None:
        again.append(Job(kind, member, argument, tries))

    await linked(store, ADA, now)
    async with store.writing() as tx:
        layer = (await playlists.ensure_layer(tx, ADA, "main")).layer
        write = await writes.begin(tx, NewWrite(ADA, layer, WriteKind.SORT, 1), now)
        await writes.set_state(tx, write, WriteState.APPLYING)
    jobs, nothing = SimpleNamespace(enqueue=enqueue), dict.fromkeys(("vault", "sources", "libraries"))
    services: Any = SimpleNamespace(store=store, clock=lambda: now, music=music, jobs=jobs, **nothing)
    worker, again = Worker(services, Mouth(), lambda _: None), [Job(JobKind.APPLY, ADA, write)]
    for job in again:
        assert len(again) <= 10 * UNREADABLE, "it never finishes"
        await worker.run(job)
    async with store.reading() as tx:
        ended = await writes.get(tx, write)
        told = [notice.kind for notice in await notices.waiting(tx, ADA)]
    assert ended is not None
    assert ended.state == "failed"
    assert ended.problem
    assert told == ["problem", "problem"]  # one for the delay, one for the end
