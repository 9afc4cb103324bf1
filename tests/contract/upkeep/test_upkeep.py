"""Work that fails or waits doesn't block other work; after five failures it's set aside, by name."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from bot.adapters import parts
from bot.adapters.artefacts import Folder
from bot.adapters.scorer import Scorer
from bot.adapters.store import Store, schema, setbacks
from bot.adapters.store.account import members, notices
from bot.adapters.store.social import reposts, server_channels
from bot.adapters.store.sorting import creations, models, playlists, writes
from bot.core import limits
from bot.core.jobs import Job, JobKind
from bot.core.notices import NoticeKind
from bot.core.records import NewModel, NewWrite, Setback, Work
from bot.core.social.records import NewRepost, Place
from bot.core.sorting.learning.prior import Prior
from bot.core.sorting.writing.writes import WriteKind, WriteState
from bot.errors import ModelCorrupt
from bot.errors.spotify import ConsentEnded
from bot.errors.stored import loaded
from bot.flows.account import link, notify
from bot.flows.attempt import attempt, retry_old
from bot.flows.library import poll
from bot.flows.social.server_channels import Purpose
from bot.flows.sorting.playlists import KEPT
from bot.flows.sorting.writing.create import new_making
from bot.upkeep import Upkeep
from bot.worker import Worker
from tests.contract.limits_stage import count, fill
from tests.contract.upkeep.stage import ADA, BEN, DAY, HOUR, RHYTHM, Messenger, linked, news, until, upkeep


async def test_p39_a_failing_step_stops_neither_the_others_nor_the_process(store: Store, now: datetime) -> None:
    messenger, begun = Messenger(), list[tuple[str, int]]()
    await linked(store, ADA, now)
    await news(store, now, hello=BEN)
    async with store.writing() as tx:
        for table in ("report", "write", "round"):  # hides the tables that upkeep's steps read
            await tx.exec_driver_sql(f'ALTER TABLE "{table}" RENAME TO "{table}_gone"')
    made = upkeep(store, messenger, now, begun)
    await made.tick()
    await made.settled()
    assert begun == [("poll", ADA)]
    assert messenger.told == [(BEN, "hello")]


async def test_no_step_of_a_start_or_a_tick_fails(store: Store, now: datetime) -> None:
    """The tests below are of these steps, and one that fails is only noted."""
    await linked(store, ADA, now)
    made = upkeep(store, Messenger(), now, [])
    await made.open()
    await made.tick()
    await made.settled()
    assert made._opening == {}
    async with store.reading() as tx:
        assert await count(tx, schema.setback) == 0


async def test_p40_a_tick_thins_out_old_writes(store: Store, now: datetime) -> None:
    await linked(store, ADA, now)
    async with store.writing() as tx:
        layer = await playlists.ensure_layer(tx, ADA, "main")
        made = {"member": ADA, "layer": layer.layer, "kind": "add", "state": "done", "created_at": now - 2 * DAY}
        await fill(tx, schema.write, limits.WRITES + 3, now, **made)
    await upkeep(store, Messenger(), now, []).tick()
    async with store.reading() as tx:
        assert await count(tx, schema.write) == limits.WRITES, "those without lines go altogether"


async def test_the_first_tick_pulls_in_what_a_fast_clock_left_far_ahead(store: Store, now: datetime) -> None:
    await linked(store, ADA, now)
    async with store.writing() as tx:
        await members.change(tx, ADA, next_poll_at=now + 212 * DAY)
    made, pulled_in = upkeep(store, Messenger(), now, []), list[datetime]()

    async def pull_in(latest: datetime, _: timedelta) -> None:
        pulled_in.append(latest)

    made._services.jobs.pull_in = pull_in
    await made.tick()
    async with store.reading() as tx:
        member = await members.get(tx, ADA)
    assert member is not None and member.next_poll_at is not None
    assert member.next_poll_at - now <= RHYTHM.last
    assert pulled_in == [now]


async def test_a_start_with_a_defect_goes_on_and_retries(store: Store, now: datetime) -> None:
    messenger, begun = Messenger(), list[tuple[str, int]]()
    async with store.writing() as tx:
        await tx.exec_driver_sql('ALTER TABLE "shown" RENAME TO "shown_gone"')  # songs waiting to be saved
    made = upkeep(store, messenger, now, begun)
    await made.open()
    await made.tick()
    assert [*made._opening] == [Work("opening: saving", 0)]
    async with store.writing() as tx:
        await tx.exec_driver_sql('ALTER TABLE "shown_gone" RENAME TO "shown"')
    later = upkeep(store, messenger, now + HOUR, begun)
    later._opening = made._opening
    await later.tick()
    assert later._opening == {}


async def test_a_delivery_that_never_ends_delays_neither_polls_nor_other_notices(store: Store, now: datetime) -> None:
    messenger, begun = Messenger(), list[tuple[str, int]]()
    messenger.silent.add(ADA)
    await linked(store, BEN, now)
    await news(store, now, stuck=ADA, hello=BEN)
    made = upkeep(store, messenger, now, begun)
    async with asyncio.timeout(5):
        await made.tick()
        await made.tick()
    await until(lambda: bool(messenger.told))
    assert messenger.told == [(BEN, "hello")]
    assert ("poll", BEN) in begun
    await made.stop()


async def test_p39_a_channel_that_never_responds_blocks_no_other(store: Store, now: datetime) -> None:
    messenger, slow, quick, member = Messenger(), 31, 32, ADA
    messenger.silent.add(slow)
    async with store.writing() as tx:
        await members.ensure(tx, member, now)
        for channel in (slow, quick):
            await reposts.take_down(tx, channel, message=channel)
            await reposts.add(tx, NewRepost(member, channel, channel, "spotify:track:1", "k", now - HOUR))
            await server_channels.give(tx, Place(channel, Purpose.DIGEST, channel, now))
            await server_channels.count(tx, channel, "like", now - 2 * DAY, times=9)
    made = upkeep(store, messenger, now, [])
    await made.tick()
    await until(lambda: len(messenger.done) == 3)
    assert sorted(messenger.done) == [("digest", quick), ("repost", quick), ("takedown", quick)]
    async with store.writing() as tx:
        await reposts.take_down(tx, quick, message=2)
    await made.tick()
    await until(lambda: len(messenger.done) == 4)
    assert messenger.done[-1] == ("takedown", quick), "new work isn't held up by what still waits"
    await made.stop()


async def test_work_set_aside_is_retried_once_a_day_without_a_restart(store: Store, now: datetime) -> None:
    messenger = Messenger()
    (odd,) = await news(store, now, odd=ADA)
    messenger.failing[odd] = TypeError()
    for minute in range(20):
        await notify.deliver(store, messenger.tell, now + timedelta(minutes=minute))
    (text,) = [said for _, said in messenger.told]
    assert "once a day" in text
    for day in (1, 2):
        await retry_old(store, now + day * (DAY + HOUR))
        for minute in range(20):
            await notify.deliver(store, messenger.tell, now + day * (DAY + HOUR) + timedelta(minutes=minute))
        async with store.reading() as tx:
            assert [setback.tries for setback in await setbacks.aside(tx)] == [5]
    assert len(messenger.told) == 1, "the member is told once"
    messenger.failing.clear()
    made = upkeep(store, messenger, now + 3 * (DAY + HOUR), [])
    await made.tick()
    await made.settled()
    assert messenger.told[-1] == (ADA, "odd")


async def test_a_poll_that_failed_five_times_is_set_aside_and_others_continue(store: Store, now: datetime) -> None:
    begun = list[tuple[str, int]]()
    for member in (ADA, BEN):
        await linked(store, member, now)

    async def broken() -> None:
        raise ValueError("odd")

    for minute in range(5):
        await attempt(store, Work("poll", ADA, ADA), broken, now + timedelta(minutes=minute))
    messenger = Messenger()
    made = upkeep(store, messenger, now + HOUR, begun)
    await made.tick()
    await made.settled()
    assert begun == [("poll", BEN)]
    assert "`/sync` tries now" in messenger.told[0][1]


async def test_a_start_clears_the_trainings_that_a_crash_cut_short(store: Store, now: datetime) -> None:
    await linked(store, ADA, now)
    async with store.writing() as tx:
        layer = await playlists.ensure_layer(tx, ADA, "main")
        await playlists.change_layer(tx, layer.layer, training=True)
    await upkeep(store, Messenger(), now, []).open()
    async with store.reading() as tx:
        assert [known.training for known in await playlists.layers(tx, ADA)] == [False]


async def test_a_new_leader_leaves_what_another_process_prepares(store: Store, now: datetime) -> None:
    await linked(store, ADA, now)
    async with store.writing() as tx:
        layer = (await playlists.ensure_layer(tx, ADA, "main")).layer
        new = NewWrite(ADA, layer, WriteKind.SORT, 1)
        abandoned, prepared = await writes.begin(tx, new, now - HOUR), await writes.begin(tx, new, now)
    whole = upkeep(store, Messenger(), now, [])
    for made, left in ((Upkeep(whole._services, Messenger(), parts.web("1")), [prepared]), (whole, [])):
        await made.open()
        async with store.reading() as tx:
            assert [write for write in (abandoned, prepared) if await writes.get(tx, write)] == left


async def test_p28_a_start_reads_no_model_and_those_gone_or_met_damaged_are_learned_again(
    store: Store, tmp_path: Path, now: datetime
) -> None:
    files, begun = Folder(tmp_path / "models"), list[tuple[str, int]]()
    digests = {ADA: "a" * 64, BEN: "b" * 64}
    for member, digest in digests.items():
        await linked(store, member, now)
        async with store.writing() as tx:
            layer = await playlists.ensure_layer(tx, member, "main")
            await models.publish(tx, NewModel(member, layer.layer, digest, 9, {}, now))
    files.put(f"{digests[BEN]}.onnx", b"no model")
    made = upkeep(store, Messenger(), now, begun)
    made._services.models, made._services.scorer = files, Scorer(files)
    await made.open()
    await made.tick()
    assert [member for kind, member in begun if kind == JobKind.TRAIN] == [ADA]
    with pytest.raises(ModelCorrupt):
        made._services.scorer.load(digests[BEN])
    await made.tick()
    await made.tick()
    assert [member for kind, member in begun if kind == JobKind.TRAIN] == [ADA, BEN]


async def test_at_a_start_models_that_learned_with_a_prior_that_is_gone_are_learned_again(
    store: Store, now: datetime
) -> None:
    nothing = np.zeros(0, np.uint32)
    prior = Prior(nothing, np.zeros((0, 3), np.float16), (), nothing.astype(np.uint16), nothing)
    begun = list[tuple[str, int]]()
    made_with = {ADA: f"{prior.version}+gone", BEN: prior.version, BEN + 1: None}
    for member, versions in made_with.items():
        await linked(store, member, now, app=f"app {member}")
        async with store.writing() as tx:
            layer = await playlists.ensure_layer(tx, member, "main")
            await models.publish(tx, NewModel(member, layer.layer, f"{member:064}", 9, {"prior": versions}, now))
    made = upkeep(store, Messenger(), now, begun)
    made._services.models = SimpleNamespace(names=lambda: {f"{member:064}.onnx" for member in made_with})
    made._services.priors = SimpleNamespace(current=lambda: prior)
    await made.open()
    await made.tick()
    assert [member for kind, member in begun if kind == JobKind.TRAIN] == [ADA]


@pytest.mark.slow
async def test_after_an_outage_each_tick_begins_some_of_the_polls_and_none_is_left_out(
    store: Store, now: datetime
) -> None:
    begun, everybody = list[tuple[str, int]](), range(1_000, 1_000 + 2 * poll.AT_ONCE + 20)
    for member in everybody:
        await linked(store, member, now, app=f"app {member}")
    async with store.writing() as tx:
        for age, member in enumerate(everybody):
            await members.change(tx, member, next_poll_at=now - HOUR - timedelta(minutes=age))
        broken = everybody[-poll.AT_ONCE - 10 :]  # the longest overdue
        held = {"kind": "poll", "tries": 5, "due": now - HOUR, "reference": "", "told": True}
        await fill(tx, schema.setback, len(broken), now, **held, subject=lambda at: broken[at])
    made = upkeep(store, Messenger(), now, begun)
    await made.tick()
    healthy = [member for member in reversed(everybody) if member not in broken]
    assert [member for _, member in begun] == healthy[: poll.AT_ONCE]
    await made.tick()
    assert [member for _, member in begun] == healthy


async def test_p08_the_end_of_a_consent_is_announced_14_and_2_days_before_once_each(
    store: Store, now: datetime
) -> None:
    await linked(store, ADA, now)

    async def told(days: float) -> list[int]:
        """The warnings that upkeep has left that many days before the end."""
        end = now + link.CONSENT
        await upkeep(store, Messenger(), end - timedelta(days=days), []).tick()
        async with store.reading() as tx:
            bodies = sa.select(schema.notice.c.body).where(schema.notice.c.kind == NoticeKind.CONSENT)
            return [body["days"] for body in (await tx.execute(bodies)).scalars()]

    assert await told(20) == await told(15.5) == []
    assert await told(14.5) == await told(14) == await told(3) == [14]
    assert await told(2.5) == await told(1) == await told(0) == [14, 2]


@pytest.mark.slow
async def test_p08_an_ended_consent_is_reported_once_even_if_the_last_poll_was_postponed(
    store: Store, now: datetime
) -> None:
    async def account_music(_: int) -> None:
        raise ConsentEnded

    await linked(store, ADA, now)
    async with store.writing() as tx:
        await members.change_account(tx, ADA, synced_at=now, warned_days=14)
    nothing: Any = {"vault": None, "polls": None, "sources": (), "libraries": None}
    services: Any = SimpleNamespace(store=store, clock=lambda: now, account_music=account_music, **nothing)
    worker = Worker(services, Messenger(), lambda _: None)
    for job in (Job(JobKind.POLL, ADA, tries=2), Job(JobKind.PLACE, ADA), Job(JobKind.POLL, ADA)):
        await worker.run(job)
    await notify.warn_of_consent(store, now + timedelta(days=181))
    async with store.reading() as tx:
        told = [loaded(notice.body["error"]) for notice in await notices.waiting(tx, ADA)]
    assert [type(error) for error in told] == [ConsentEnded]
    await worker.run(Job(JobKind.SYNC, ADA))  # a sync the member asked for is answered
    async with store.reading() as tx:
        assert len(await notices.waiting(tx, ADA)) == 2


async def test_p26_a_write_whose_job_was_given_up_fails_and_its_member_hears_of_it(store: Store, now: datetime) -> None:
    begun: list[tuple[str, int]] = []
    await linked(store, ADA, now)
    async with store.writing() as tx:
        layer = (await playlists.ensure_layer(tx, ADA, "main")).layer
        write = await writes.begin(tx, NewWrite(ADA, layer, WriteKind.TAP, 1), now)
        await writes.set_state(tx, write, WriteState.APPLYING)
    made = upkeep(store, Messenger(), now, begun, given_up=[Job(JobKind.APPLY, ADA, write)])
    for _ in range(2):
        await made.tick()
    assert JobKind.APPLY not in {kind for kind, _ in begun}, "five starts are five"
    async with store.reading() as tx:
        ended = await writes.get(tx, write)
        told = [body["about"] for body in (await tx.execute(sa.select(schema.notice.c.body))).scalars()]
    assert ended is not None and ended.state == WriteState.FAILED
    assert told == [write]


async def test_p08_what_waits_for_spotify_goes_on_only_once_the_member_has_linked_again(
    store: Store, now: datetime
) -> None:
    """Each try would end with the same message to them, every few seconds."""
    begun: list[tuple[str, int]] = []
    for member, tokens in ((ADA, b""), (BEN, b"sealed")):
        await linked(store, member, now)
        async with store.writing() as tx:
            await members.change_account(tx, member, tokens=tokens)
            layer = (await playlists.ensure_layer(tx, member, "main")).layer
            write = await writes.begin(tx, NewWrite(member, layer, WriteKind.TAP, 1), now)
            await writes.set_state(tx, write, WriteState.APPLYING)
            making = await creations.begin(tx, new_making(member, f"{KEPT}{layer}:Run", "Run"))
            await creations.asked(tx, making, now)
    made = upkeep(store, Messenger(), now, begun)
    await made.tick()
    assert {job for job in begun if job[0] != JobKind.POLL} == {(JobKind.APPLY, BEN), (JobKind.KEEP, BEN)}
    async with store.writing() as tx:
        await members.change_account(tx, ADA, tokens=b"sealed")
    await made.tick()
    assert {(JobKind.APPLY, ADA), (JobKind.KEEP, ADA)} <= set(begun)


async def test_a_playlist_whose_making_was_set_aside_is_left_alone(store: Store, now: datetime) -> None:
    begun: list[tuple[str, int]] = []
    await linked(store, ADA, now)
    async with store.writing() as tx:
        await creations.asked(tx, await creations.begin(tx, new_making(ADA, f"{KEPT}1:Run", "Run")), now)
        setback = Setback(JobKind.KEEP, ADA, ADA, setbacks.TRIES, now, "ref", told=True)
        await setbacks.note(tx, Work(JobKind.KEEP, ADA, ADA), setback)
    await upkeep(store, Messenger(), now, begun).tick()
    assert (JobKind.KEEP, ADA) not in begun


async def test_erasures_that_wait_for_the_database_to_rest_hold_nothing_up(store: Store, now: datetime) -> None:
    begun, resting = list[datetime](), asyncio.Event()

    async def tick(at: datetime) -> None:
        begun.append(at)
        await resting.wait()

    keeping = upkeep(store, messenger := Messenger(), now, [])
    keeping._services.erasing.tick = tick  # type: ignore[method-assign]
    await news(store, now, hello=BEN)
    async with asyncio.timeout(5):
        for _ in range(2):
            await keeping.tick()
        await until(lambda: messenger.told == [(BEN, "hello")])
    assert len(begun) == 1
    resting.set()
    await keeping.settled()
