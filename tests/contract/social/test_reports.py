"""Reports: limits, recipients and outcomes; on a real store."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.adapters.store import Store
from bot.adapters.store.feed import dislikes
from bot.adapters.store.social import reposts
from bot.core import limits
from bot.errors import BadChoice
from bot.errors.social import AlreadyReported, ReportsToday
from bot.flows.feed.catalogue_index import key
from bot.flows.social import reports, server_channels
from bot.flows.social.reports import Where
from bot.flows.social.server_channels import Purpose
from tests.contract.feed.catalogue_stage import ADA, BEN, EVA, Stage, song, staged

SERVER, OTHER, CHANNEL, SEEN = 7001, 7002, 31, Where(7001, 32, 900)
NOWHERE = Where()


@pytest.fixture
async def stage(store: Store, tmp_path: Path, now: datetime) -> Stage:
    made = staged(store, tmp_path, now)
    await made.like(ADA, range(30))
    await made.like(BEN, range(40, 43))
    await made.catalogue.points.refresh()
    return made


async def send(
    stage: Stage,
    number: int,
    where: Where = NOWHERE,
    *,
    reason: str = "wrong",
    words: str = "",
    after: timedelta = timedelta(),
) -> int | None:
    report = reports.written(song(number).song, reason, words, where)
    return (await reports.send(stage.store, stage.catalogue, BEN, report, stage.now + after)).channel


async def test_reports_go_to_the_channel_the_server_managers_chose(stage: Stage) -> None:
    assert await send(stage, 1, SEEN) is None
    await server_channels.choose(stage.store, SERVER, Purpose.REPORTS, [CHANNEL])
    assert await send(stage, 2, SEEN) == CHANNEL
    assert await send(stage, 3, Where(OTHER)) is None
    assert await reports.open_ones(stage.store, stage.now) == 3


async def test_a_reported_song_is_no_longer_shown_to_its_reporter(stage: Stage) -> None:
    await send(stage, 1)
    async with stage.store.reading() as tx:
        assert await dislikes.of(tx, BEN) == [song(1).song]
        assert await dislikes.of(tx, ADA) == []


async def test_a_song_is_reported_once_and_a_member_reports_a_few_a_day(stage: Stage) -> None:
    for number in range(limits.REPORTS_A_DAY):
        await send(stage, number)
    with pytest.raises(AlreadyReported):
        await send(stage, 0, after=timedelta(days=2))
    with pytest.raises(ReportsToday):
        await send(stage, 20)
    await send(stage, 20, after=timedelta(days=1, seconds=1))


async def test_a_server_is_told_once_a_day_about_the_same_song_and_reason(stage: Stage) -> None:
    async def known(member: int, reason: str, where: Where, at: datetime, number: int = 1) -> bool:
        report = reports.written(song(number).song, reason, "words of one's own", where)
        return (await reports.send(stage.store, stage.catalogue, member, report, at)).known

    assert not await known(BEN, "spam", SEEN, stage.now)
    later = stage.now + timedelta(hours=23)
    assert await known(ADA, "spam", SEEN, later)
    assert await reports.open_ones(stage.store, later) == 2, "it's still counted"
    await stage.like(EVA, range(50, 53))
    assert not await known(EVA, "offensive", SEEN, later)
    assert not await known(EVA, "spam", Where(OTHER), later, number=2)
    assert not await known(BEN, "spam", SEEN, later, number=2), "only the other server has been told"
    await reports.leave_be(stage.store, SERVER, key(song(2).song))
    assert not await known(ADA, "spam", SEEN, later, number=2), "after a decision, the server is told again"


async def test_the_next_day_a_server_is_told_again(stage: Stage) -> None:
    for member, at in ((BEN, stage.now), (ADA, stage.now + reports.TOLD_AGAIN)):
        report = reports.written(song(1).song, "spam", "", Where(SERVER))
        assert not (await reports.send(stage.store, stage.catalogue, member, report, at)).known


async def test_reasons_are_limited_to_known_ones_and_text_is_truncated(stage: Stage) -> None:
    with pytest.raises(BadChoice):
        await send(stage, 1, reason="because")
    assert len(reports.written("", "wrong", "x" * 5000, NOWHERE).words) == limits.REPORT_WORDS
    assert reports.written("", "wrong", "  ", NOWHERE).kept == "wrong"


async def test_barring_a_song_deletes_its_message_and_settles_its_reports(stage: Stage) -> None:
    await send(stage, 1, SEEN)
    await send(stage, 2, Where(OTHER, 50, 901))
    await reports.bar(stage.store, SERVER, key(song(1).song))
    async with stage.store.reading() as tx:
        assert [takedown.message for takedown in await reposts.takedowns(tx, stage.now)] == [900]
    assert await server_channels.barred(stage.store, SERVER) == {key(song(1).song)}
    assert await server_channels.barred(stage.store, OTHER) == set()
    assert await reports.open_ones(stage.store, stage.now) == 1


async def test_a_dismissed_report_bars_nothing(stage: Stage) -> None:
    await send(stage, 1, SEEN)
    await reports.leave_be(stage.store, SERVER, key(song(1).song))
    assert await reports.open_ones(stage.store, stage.now) == 0
    assert await server_channels.barred(stage.store, SERVER) == set()


async def test_unhandled_reports_expire(stage: Stage) -> None:
    await send(stage, 1)
    await reports.sweep(stage.store, stage.now + reports.KEPT - timedelta(seconds=1))
    assert await reports.open_ones(stage.store, stage.now) == 1
    await reports.sweep(stage.store, stage.now + reports.KEPT + timedelta(seconds=1))
    assert await reports.open_ones(stage.store, stage.now) == 0
