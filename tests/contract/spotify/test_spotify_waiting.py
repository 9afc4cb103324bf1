"""How the adapter waits: cooldowns, quotas, outages, and the app's rate limit."""

import asyncio
import json
import logging
from contextlib import AsyncExitStack, suppress
from datetime import datetime, timedelta

import pytest

from bot.adapters.spotify import SpotifyMusic
from bot.adapters.store import Store, pace
from bot.core.library.pace import Pace
from bot.errors.spotify import CoolingDown, SpotifyDown
from bot.messages.errors import describe
from sandbox.spotify.faults import Request
from tests.contract.spotify.stage import APP, IDA, LIKES, MARA, URIS, Stage, answering, elsewhere, served

SECOND = timedelta(seconds=1)


async def test_p06_a_short_retry_after_is_waited_out_once(stage: Stage, mara: SpotifyMusic) -> None:
    stage.fault(LIKES, "status", status=429, retry_after=1)
    assert (await mara.likes(0)).total == 260
    assert stage.clock.naps == [1.0]
    assert stage.asked() == [LIKES] * 2


async def test_p06_a_second_refusal_ends_the_waiting(stage: Stage, mara: SpotifyMusic) -> None:
    stage.fault(LIKES, "status", status=429, retry_after=1, times=None)
    with pytest.raises(CoolingDown):
        await mara.likes(0)
    assert stage.asked() == [LIKES] * 2


async def test_p06_no_call_during_a_long_retry_after_even_after_a_restart(stage: Stage, mara: SpotifyMusic) -> None:
    ida = await stage.link(IDA, "ida")
    stage.world.requests.clear()
    stage.fault(LIKES, "status", status=429, retry_after=86_400)
    with pytest.raises(CoolingDown) as told:
        await mara.likes(0)
    assert told.value.until == stage.clock() + timedelta(days=1)
    assert f"<t:{int(told.value.until.timestamp())}:t>" in describe(told.value)
    after_a_restart = await stage.music(MARA, stage.again())
    stage.clock.pass_by(hours=23, minutes=59)
    for call in (ida.likes(0), mara.playlists(), after_a_restart.likes(0)):
        with pytest.raises(CoolingDown):
            await call
    assert stage.asked() == [LIKES]
    assert stage.clock.naps == []
    stage.clock.pass_by(minutes=1)
    assert (await after_a_restart.likes(0)).total == 260


async def test_p06_a_spent_quota_is_not_retried(stage: Stage, mara: SpotifyMusic) -> None:
    stage.fault(LIKES, "quota", retry_after=2)
    with pytest.raises(CoolingDown) as told:
        await mara.likes(0)
    assert told.value.until == stage.clock() + timedelta(seconds=2)
    assert stage.asked() == [LIKES]
    assert stage.clock.naps == []


async def test_p06_a_spent_quota_without_a_time_waits_for_hours(stage: Stage, mara: SpotifyMusic) -> None:
    async with served(answering(429, '{"error": {"status": 429, "reason": "QUOTA_EXCEEDED"}}')) as origin:
        music = await stage.music(MARA, elsewhere(stage, origin))
        with pytest.raises(CoolingDown) as told:
            await music.likes(0)
    assert told.value.until == stage.clock() + timedelta(hours=6)


@pytest.mark.parametrize(("seconds", "sent"), [(3, [0, 3, 4]), (86_400, [0])])
async def test_p06_a_call_that_waits_for_its_turn_heeds_a_refusal_met_meanwhile(
    stage: Stage, mara: SpotifyMusic, seconds: int, sent: list[int]
) -> None:
    await stage.link(IDA, "ida")
    stage.clock.pass_by(seconds=5)
    stage.world.requests.clear()
    asleep, queued, began = dict[datetime, asyncio.Event](), asyncio.Event(), stage.clock()

    async def sleep(seconds: float) -> None:
        due = stage.clock() + timedelta(seconds=seconds)
        woken = asleep[due] = asyncio.Event()
        queued.set()
        if len(asleep) == 2:
            wake_the_first()
        await woken.wait()

    def wake_the_first(*_: object) -> None:
        if asleep:
            stage.clock.now = max(stage.clock.now, min(asleep))
            asleep.pop(min(asleep)).set()

    async def hold_back(_: Request) -> None:
        await queued.wait()

    stage.clock.sleep = sleep  # type: ignore[method-assign]
    stage.fault(LIKES, "status", status=429, retry_after=seconds)
    stage.world.before.append(hold_back)
    paced = stage.again(Pace(SECOND))
    calls = [asyncio.create_task((await stage.music(member, paced)).likes(0)) for member in (MARA, IDA)]
    for call in calls:
        call.add_done_callback(wake_the_first)
    told = await asyncio.gather(*calls, return_exceptions=True)
    assert [round((request.at - began).total_seconds()) for request in stage.world.requests] == sent
    assert len([each for each in told if isinstance(each, CoolingDown)]) == (0 if seconds == 3 else 2)


async def test_p06_a_429_without_a_time_waits_out_the_rolling_window(stage: Stage, mara: SpotifyMusic) -> None:
    stage.fault(LIKES, "status", status=429)
    with pytest.raises(CoolingDown) as told:
        await mara.likes(0)
    assert told.value.until == stage.clock() + timedelta(seconds=30)


DATE = "Sun, 01 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("Sun, 01 Nov 2026 12:05:00 GMT", 300),
        ("Sat, 31 Oct 2026 12:05:00 GMT", 0),
        ("7.5", 8),
        ("-5", 30),
        ("soon", 30),
        ("Sun, 99 Nov 2026", 30),
        (f"Sun, 01 Nov 2026 12:05:00 +{'9' * 40}", 30),
        ("999999999", 6 * 3600),
        ("9" * 40, 6 * 3600),
    ],
)
async def test_p06_a_retry_after_is_understood_in_any_form_or_replaced_by_a_default(
    stage: Stage, mara: SpotifyMusic, said: str, seconds: int
) -> None:
    refused = answering(429, "", **{"Retry-After": said, "Date": DATE})
    async with served(refused) as origin:
        music = await stage.music(MARA, elsewhere(stage, origin))
        with pytest.raises(CoolingDown) as told:
            await music.add("x", URIS[:1], None)
    assert told.value.until == stage.clock() + timedelta(seconds=seconds)


@pytest.mark.parametrize("reason", ["\ud83d", "a\x00b", "x" * 5000, 7, {"x": None}])
async def test_p39_a_wait_is_kept_whatever_reason_spotify_gives(
    stage: Stage, mara: SpotifyMusic, reason: object
) -> None:
    body = json.dumps({"error": {"status": 429, "message": reason, "reason": reason}})
    async with served(answering(429, body, **{"Retry-After": "600"})) as origin:
        music = await stage.music(MARA, elsewhere(stage, origin))
        with pytest.raises(CoolingDown):
            await music.likes(0)
    with pytest.raises(CoolingDown):
        await mara.likes(0)
    assert stage.asked() == []


async def test_p06_a_shorter_cooldown_does_not_end_a_longer_one(stage: Stage, mara: SpotifyMusic) -> None:
    ida, arrived, released = await stage.link(IDA, "ida"), asyncio.Event(), asyncio.Event()
    stage.fault(LIKES, "status", status=429, retry_after=86_400)
    stage.fault("GET /v1/me/playlists", "status", status=429, retry_after=60)

    async def hold_back(request: Request) -> None:
        if "playlists" in request.line:
            arrived.set()
            await released.wait()

    stage.world.before.append(hold_back)
    late = asyncio.create_task(ida.playlists())
    await arrived.wait()
    with pytest.raises(CoolingDown):
        await mara.likes(0)
    released.set()
    with pytest.raises(CoolingDown) as told:
        await late
    assert told.value.until == stage.clock() + timedelta(days=1)
    async with stage.store.reading() as tx:
        assert await pace.cooldown(tx, APP) == told.value.until


@pytest.mark.slow
async def test_requests_are_rate_limited_and_counted(stage: Stage, mara: SpotifyMusic) -> None:
    stage.clock.pass_by(seconds=1)  # since linking
    paced, before = await stage.music(MARA, stage.again(Pace(SECOND, burst=10))), stage.clock()
    async with stage.store.reading() as tx:
        spent = await pace.spent(tx, APP, stage.clock())
    for _ in range(30):
        await paced.likes(0)
    assert stage.clock() - before == timedelta(seconds=20)
    async with stage.store.reading() as tx:
        assert await pace.spent(tx, APP, stage.clock()) == spent + 30


async def test_all_processes_share_an_apps_pace(stage: Stage, mara: SpotifyMusic) -> None:
    stage.clock.pass_by(seconds=1)  # since linking
    pace, before = Pace(SECOND, burst=10), stage.clock()
    async with AsyncExitStack() as closing:
        stores = [Store(stage.store.url) for _ in range(2)]
        for store in stores:
            closing.push_async_callback(store.close)
        processes = [await stage.music(MARA, stage.again(pace, store)) for store in stores]
        for _ in range(15):
            for music in processes:
                await music.likes(0)
    assert stage.clock() - before == timedelta(seconds=20)


@pytest.mark.parametrize("days", [-212, -1, 30])
async def test_a_clock_set_back_or_forward_keeps_nobody_waiting(stage: Stage, mara: SpotifyMusic, days: int) -> None:
    paced = await stage.music(MARA, stage.again(Pace(SECOND, burst=2)))
    stage.fault(LIKES, "drop")
    with pytest.raises(SpotifyDown):
        await paced.likes(0)
    stage.clock.put(days=days)
    stage.clock.pass_by(seconds=2)
    stage.clock.naps.clear()
    for _ in range(3):
        assert (await paced.likes(0)).total == 260
    assert sum(stage.clock.naps) <= 10


async def test_a_wait_that_is_over_does_not_restart_when_the_clock_is_set_back(
    stage: Stage, mara: SpotifyMusic
) -> None:
    stage.fault(LIKES, "status", status=429, retry_after=60)
    with pytest.raises(CoolingDown):
        await mara.likes(0)
    stage.clock.pass_by(minutes=2)
    await mara.likes(0)
    stage.clock.put(days=-1)
    assert (await mara.likes(0)).total == 260


async def test_p07_an_outage_costs_one_request_per_step_and_two_log_lines(
    stage: Stage, mara: SpotifyMusic, caplog: pytest.LogCaptureFixture
) -> None:
    stage.fault("GET *", "status", status=503, times=None)
    end = stage.clock() + timedelta(minutes=10)
    with caplog.at_level(logging.INFO, "bot"):
        while stage.clock() < end:
            with suppress(SpotifyDown):
                await mara.likes(0)
            stage.clock.pass_by(seconds=5)
        tried = len(stage.asked())
        stage.world.faults.clear()
        stage.clock.pass_by(minutes=5)
        assert (await mara.likes(0)).total == 260
    assert tried < 40  # out of 120 calls; the backoff grows to five minutes, with full jitter
    start, over = caplog.messages
    assert "does not answer" in start
    assert f"after {tried} tries" in over


@pytest.mark.parametrize("kind", ["drop", "cut"])
async def test_a_connection_that_breaks_is_an_outage(stage: Stage, mara: SpotifyMusic, kind: str) -> None:
    stage.fault(LIKES, kind)
    with pytest.raises(SpotifyDown, match="cannot be reached"):
        await mara.likes(0)
    assert stage.asked() == [LIKES]
    stage.clock.pass_by(seconds=5)
    assert (await mara.likes(0)).total == 260


async def test_p27_a_bot_that_stops_begins_no_request(stage: Stage, mara: SpotifyMusic) -> None:
    stage.spotify.stop()
    with pytest.raises(SpotifyDown):
        await mara.likes(0)
    assert stage.asked() == []


@pytest.mark.slow
async def test_p27_an_answer_that_trickles_in_is_given_up_after_ten_seconds(stage: Stage, mara: SpotifyMusic) -> None:
    """Nothing could end it: the member's other requests would wait, and so would a stop."""
    stage.fault(LIKES, "dribble", seconds=0.5)
    async with asyncio.timeout(15):
        with pytest.raises(SpotifyDown, match="cannot be reached"):
            await mara.likes(0)
    stage.clock.pass_by(seconds=5)
    assert (await mara.likes(0)).total == 260
