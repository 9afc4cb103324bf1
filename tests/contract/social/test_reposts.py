"""Reposts: who may post, how often, and how they're deleted; on a real store."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.adapters.parts import EVERYTHING
from bot.adapters.store import Store, personal_data
from bot.adapters.store.social import reposts
from bot.core import limits
from bot.core.records import Actor
from bot.core.social.records import Repost, Takedown
from bot.errors import BadChoice
from bot.errors.feed import NotInCatalogue
from bot.errors.social import (
    AlreadyReposted,
    Hidden,
    NoRepostChannel,
    NotInChannel,
    NotYourRepost,
    RepostsToday,
    SongBarred,
)
from bot.flows.account import erase, hide
from bot.flows.feed import catalogue_sharing
from bot.flows.feed.catalogue_index import key
from bot.flows.social import reports, server_channels
from bot.flows.social import reposts as flow
from bot.flows.social.server_channels import Purpose
from tests.contract.feed.catalogue_stage import ADA, BEN, Stage, song, staged

SERVER, OTHER, CHANNEL, MESSAGE = 7001, 7002, 31, 900


@pytest.fixture
async def stage(store: Store, tmp_path: Path, now: datetime) -> Stage:
    """Ada shares thirty songs and Ben sees them; one of two servers has a channel for reposts."""
    made = staged(store, tmp_path, now)
    await made.like(ADA, range(30))
    await made.like(BEN, range(40, 43))
    await made.catalogue.points.refresh()
    await server_channels.choose(store, SERVER, Purpose.REPOSTS, [CHANNEL])
    return made


async def post(stage: Stage, number: int, member: int = BEN, *, message: int | None = MESSAGE) -> Repost:
    """Repost a song and record its message; `message=None` is as if the bot was killed before recording it."""
    begun = await flow.begin(stage.store, stage.catalogue, Actor(member, SERVER, stage.now), song(number).song)
    repost = await flow.wanted(stage.store, begun)
    assert repost is not None
    if message is not None:
        await flow.posted(stage.store, repost, message + number, stage.now)
    return repost


async def waiting(stage: Stage, now: datetime | None = None) -> set[int]:
    """The messages due for deletion by then."""
    async with stage.store.reading() as tx:
        return {takedown.message for takedown in await reposts.takedowns(tx, now or stage.now)}


async def kept(stage: Stage, member: int = BEN) -> list[Repost]:
    async with stage.store.reading() as tx:
        return await reposts.of(tx, member, stage.now - timedelta(days=30))


async def test_a_button_is_only_offered_where_it_does_something(stage: Stage) -> None:
    assert await flow.are_open(stage.store, SERVER, BEN)
    assert not await flow.are_open(stage.store, OTHER, BEN)
    await hide.hide(stage.store, BEN, stage.now)
    assert not await flow.are_open(stage.store, SERVER, BEN)
    assert await flow.are_open(stage.store, SERVER), "the others in the channel aren't hidden"


@pytest.mark.parametrize(("server", "refusal"), [(None, NotInChannel), (OTHER, NoRepostChannel)])
async def test_reposts_need_a_server_with_a_channel_for_them(
    stage: Stage, server: int | None, refusal: type[BadChoice]
) -> None:
    with pytest.raises(refusal):
        await flow.begin(stage.store, stage.catalogue, Actor(BEN, server, stage.now), song(1).song)
    assert await kept(stage) == []


async def test_the_same_song_can_be_reposted_once_a_week(stage: Stage) -> None:
    first = await post(stage, 1)
    with pytest.raises(AlreadyReposted) as already:
        await flow.offer(stage.store, stage.catalogue, Actor(BEN, SERVER, stage.now + timedelta(days=6)), song(1).song)
    assert already.value.repost == first.repost
    later = stage.now + timedelta(days=7, seconds=1)
    assert (await flow.offer(stage.store, stage.catalogue, Actor(BEN, SERVER, later), song(1).song)).channel == CHANNEL
    assert await flow.offer(stage.store, stage.catalogue, Actor(ADA, SERVER, stage.now), song(1).song), (
        "other members may"
    )


async def test_a_member_can_repost_a_few_songs_a_day(stage: Stage) -> None:
    for number in range(limits.REPOSTS_A_DAY):
        await post(stage, number)
    with pytest.raises(RepostsToday):
        await post(stage, 20)
    later = stage.now + timedelta(days=1, seconds=1)
    assert await flow.begin(stage.store, stage.catalogue, Actor(BEN, SERVER, later), song(20).song)


async def test_a_member_cannot_repost_a_song_they_cannot_see(stage: Stage) -> None:
    await catalogue_sharing.leave(stage.store, BEN, stage.now)
    with pytest.raises(NotInCatalogue):
        await post(stage, 1)


async def test_a_barred_songs_repost_is_deleted_and_stays_barred_until_allowed(stage: Stage) -> None:
    await post(stage, 1)
    await reports.bar(stage.store, SERVER, key(song(1).song))
    assert await waiting(stage) == {MESSAGE + 1}
    assert await kept(stage) == []
    with pytest.raises(SongBarred):
        await post(stage, 1)
    await reports.unbar(stage.store, SERVER, key(song(1).song))
    await post(stage, 1)


async def test_p15_only_its_member_can_delete_a_repost(stage: Stage) -> None:
    posted = await post(stage, 1)
    with pytest.raises(NotYourRepost):
        await flow.delete(stage.store, ADA, posted.repost)
    assert await waiting(stage) == set()
    await flow.delete(stage.store, BEN, posted.repost)
    assert await waiting(stage) == {MESSAGE + 1}
    with pytest.raises(NotYourRepost):
        await flow.delete(stage.store, BEN, posted.repost)


async def test_hiding_deletes_a_members_reposts_and_blocks_new_ones(stage: Stage) -> None:
    await post(stage, 1)
    await hide.hide(stage.store, BEN, stage.now)
    assert await waiting(stage) == {MESSAGE + 1}
    with pytest.raises(Hidden):
        await post(stage, 2)
    await hide.show(stage.store, BEN, stage.now)
    await post(stage, 2)


async def test_hiding_removes_shared_songs_from_the_catalogue_until_unhidden(stage: Stage) -> None:
    await hide.hide(stage.store, ADA, stage.now)
    assert await stage.catalogue.visible(BEN, [song(1).song, song(40).song]) == await stage.catalogue.visible(
        BEN, [song(40).song]
    )
    await hide.show(stage.store, ADA, stage.now)
    await stage.catalogue.points.refresh()
    assert song(1).song in await stage.catalogue.visible(BEN, [song(1).song])


async def test_leaving_deletes_a_members_reposts(stage: Stage) -> None:
    await post(stage, 1)
    await catalogue_sharing.leave(stage.store, BEN, stage.now)
    assert await waiting(stage) == {MESSAGE + 1}
    assert await kept(stage) == []


async def test_p35_an_erased_members_messages_are_deleted_afterwards(stage: Stage) -> None:
    await post(stage, 1)
    async with stage.store.writing() as tx:
        await personal_data.erase(tx, BEN)
    await erase.forget_unused(stage.store)
    assert await waiting(stage) == {MESSAGE + 1}
    gone: list[Takedown] = []

    async def delete(takedown: Takedown) -> bool:
        gone.append(takedown)
        return True

    await flow.clear(stage.store, delete, CHANNEL, stage.now)
    assert [(takedown.channel, takedown.message) for takedown in gone] == [(CHANNEL, MESSAGE + 1)]
    assert await waiting(stage) == set()


@pytest.mark.parametrize("meanwhile", [hide.hide, catalogue_sharing.leave])
async def test_a_repost_made_while_its_member_hides_or_leaves_is_deleted(stage: Stage, meanwhile) -> None:
    posted = await post(stage, 1, message=None)
    await meanwhile(stage.store, BEN, stage.now)
    assert await flow.wanted(stage.store, posted.repost) is None
    await flow.posted(stage.store, posted, MESSAGE, stage.now)
    assert await waiting(stage) == {MESSAGE}


async def test_failed_deletions_are_retried_later_but_not_forever(stage: Stage) -> None:
    async with stage.store.writing() as tx:
        await reposts.take_down(tx, CHANNEL, MESSAGE)

    async def refuse(_: Takedown) -> bool:
        return False

    await flow.clear(stage.store, refuse, CHANNEL, stage.now)
    assert await waiting(stage) == set()
    when = stage.now + flow.PATIENCE
    assert await waiting(stage, when) == {MESSAGE}
    for _ in range(flow.MOST_TRIES):
        when += timedelta(days=3)
        await flow.clear(stage.store, refuse, CHANNEL, when)
    assert await waiting(stage, when + timedelta(days=30)) == set()


async def test_a_repost_is_found_after_a_kill_before_it_was_recorded(stage: Stage) -> None:
    posted, never = await post(stage, 1, message=None), await post(stage, 2, message=None)
    asked: list[int] = []

    async def find(repost: Repost) -> int | None:
        asked.append(repost.repost)
        return MESSAGE if repost.repost == posted.repost else None

    await flow.resume(stage.store, find, CHANNEL, stage.now + flow.SENDING - timedelta(seconds=1))
    assert asked == [], "it may still be in flight"
    for _ in range(2):
        await flow.resume(stage.store, find, CHANNEL, stage.now + flow.SENDING)
    assert asked == [posted.repost, never.repost]
    assert [(repost.repost, repost.message) for repost in await kept(stage)] == [(posted.repost, MESSAGE)]


async def test_deleted_servers_and_channels_are_forgotten(stage: Stage, store: Store, now: datetime) -> None:
    await post(stage, 1)
    await reports.bar(store, OTHER, "aa")
    await server_channels.close(store, CHANNEL)
    assert await kept(stage) == []
    assert not await server_channels.serves(store, CHANNEL, Purpose.REPOSTS)
    await server_channels.choose(store, SERVER, Purpose.REPOSTS, [CHANNEL])
    await post(stage, 2)
    await server_channels.keep_only(store, {OTHER}, EVERYTHING.is_told_of)
    assert await kept(stage) == []
    assert await server_channels.of_server(store, SERVER) == []
    assert await waiting(stage) == {MESSAGE + 2}, "kept in case the bot comes back"
    assert await server_channels.barred(store, OTHER) == {"aa"}
