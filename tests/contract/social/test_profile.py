"""Profiles and follows: they show only what their owner chose, and nobody learns who looks."""

from datetime import datetime
from pathlib import Path

import pytest

from bot.adapters.hearing import Hearing
from bot.adapters.store import Store, personal_data, schema
from bot.adapters.store.feed import dislikes
from bot.adapters.store.social import profiles, reposts
from bot.core.social.records import Profile
from bot.errors import NothingThereYet
from bot.errors.social import ShowsNoReposts, TooFewForMap, Yourself
from bot.flows.account import hide
from bot.flows.social import follow, profile, taste_map
from tests.contract.feed.catalogue_stage import ADA, BEN, EVA, song, staged
from tests.contract.social.people_stage import CAL, ELSEWHERE, SERVER, People


@pytest.fixture
async def group(store: Store, tmp_path: Path, now: datetime) -> People:
    """Ada, with two playlists and two reposts that she doesn't show."""
    made = People(staged(store, tmp_path, now), now)
    await made.strangers()
    await made.likes(ADA, range(30))
    await made.keeps(ADA, "Late night", range(0, 30, 3))
    await made.keeps(ADA, "Secret", range(1, 4))
    await made.reposts(ADA, 1, ago=2)
    await made.reposts(ADA, 2, ago=1, server=ELSEWHERE)
    return made


async def show_all(group: People, member: int) -> None:
    mine = await profile.mine(group.store, member, SERVER)
    await profile.choose_playlists(group.store, member, [playlist.playlist for playlist, _ in mine.kept[:1]], group.now)
    await profile.show(group.store, member, "map", group.now)
    await profile.show(group.store, member, "reposts", group.now)


async def test_nothing_of_a_profile_is_shown_until_chosen(group: People) -> None:
    assert (await profile.shown(group.store, ADA, SERVER)).empty
    assert (await profile.mine(group.store, ADA, SERVER)).chosen == Profile(ADA)
    assert (await profile.shown(group.store, CAL, SERVER)).empty


async def test_others_see_what_was_chosen_and_no_more(group: People) -> None:
    await show_all(group, ADA)
    shown = await profile.shown(group.store, ADA, SERVER)
    assert [(playlist.name, songs) for playlist, songs in shown.playlists] == [("Late night", 10)]
    assert shown.map
    assert [repost.song.song for repost in shown.reposts] == [song(1).song], "reposts elsewhere aren't shown here"
    await profile.choose_playlists(group.store, ADA, [], group.now)
    assert not (await profile.shown(group.store, ADA, SERVER)).playlists


async def test_choosing_the_same_again_writes_nothing(group: People) -> None:
    await profile.choose_playlists(group.store, CAL, [], group.now)
    await profile.conceal(group.store, CAL, "map", group.now)
    assert await group.count(schema.profile) == 0


async def test_p15_another_members_playlist_cannot_be_shown(group: People) -> None:
    of_ben = await group.keeps(BEN, "Ben's", range(3))
    await profile.choose_playlists(group.store, ADA, [of_ben.playlist], group.now)
    assert (await profile.shown(group.store, ADA, SERVER)).empty


async def test_a_hidden_members_profile_is_visible_only_to_them(group: People) -> None:
    await show_all(group, ADA)
    await group.change(ADA, hidden=True)
    assert (await profile.shown(group.store, ADA, SERVER)).empty
    mine = await profile.mine(group.store, ADA, SERVER)
    assert mine.hidden
    assert mine.chosen.map
    await group.change(ADA, hidden=False)
    assert not (await profile.shown(group.store, ADA, SERVER)).empty


async def test_only_members_who_show_reposts_can_be_followed(group: People) -> None:
    for nobody in (ADA, CAL):
        with pytest.raises(ShowsNoReposts):
            await follow.follow(group.store, BEN, nobody, group.now)
    await show_all(group, ADA)
    with pytest.raises(Yourself):
        await follow.follow(group.store, ADA, ADA, group.now)
    for _ in range(2):
        await follow.follow(group.store, BEN, ADA, group.now)
    assert await follow.following(group.store, BEN) == [ADA]
    assert (await profile.mine(group.store, ADA, SERVER)).followers == 1


async def test_followers_see_reposts_in_the_server_they_ask_in(group: People) -> None:
    await show_all(group, ADA)
    await group.reposts(ADA, 4)
    await group.reposts(EVA, 1000)
    await follow.follow(group.store, BEN, ADA, group.now)
    assert [repost.song.song for repost in await follow.news(group.store, BEN, SERVER)] == [song(4).song, song(1).song]
    assert [repost.song.song for repost in await follow.news(group.store, BEN, ELSEWHERE)] == [song(2).song]
    assert await follow.news(group.store, CAL, SERVER) == []
    async with group.store.writing() as tx:
        await dislikes.add(tx, BEN, song(4).song, "key4", group.now)
    assert [repost.song.song for repost in await follow.news(group.store, BEN, SERVER)] == [song(1).song]


async def test_switching_reposts_off_ends_follows_at_once(group: People) -> None:
    await show_all(group, ADA)
    await follow.follow(group.store, BEN, ADA, group.now)
    await profile.conceal(group.store, ADA, "reposts", group.now)
    assert await follow.news(group.store, BEN, SERVER) == []
    await profile.show(group.store, ADA, "reposts", group.now)
    assert await follow.following(group.store, BEN) == [], "followers must follow again themselves"


async def test_a_hidden_member_vanishes_from_every_list(group: People) -> None:
    await show_all(group, ADA)
    await follow.follow(group.store, BEN, ADA, group.now)
    await group.change(ADA, hidden=True)
    assert await follow.following(group.store, BEN) == []
    assert await follow.news(group.store, BEN, SERVER) == []
    assert await follow.unfollow(group.store, BEN, ADA)
    await group.change(ADA, hidden=False)
    assert await follow.following(group.store, BEN) == []
    assert not await follow.unfollow(group.store, BEN, ADA)


async def test_hidden_followers_are_not_counted(group: People) -> None:
    await show_all(group, ADA)
    await follow.follow(group.store, BEN, ADA, group.now)
    await group.change(BEN, hidden=True)
    assert (await profile.mine(group.store, ADA, SERVER)).followers == 0


async def test_hiding_the_map_keeps_followers(group: People) -> None:
    await show_all(group, ADA)
    await follow.follow(group.store, BEN, ADA, group.now)
    await profile.conceal(group.store, ADA, "map", group.now)
    assert await follow.following(group.store, BEN) == [ADA]
    async with group.store.reading() as tx:
        assert not (await profiles.seen(tx, ADA)).map


@pytest.mark.slow
async def test_the_map_draws_the_shown_playlists_and_describes_them(group: People) -> None:
    await show_all(group, ADA)
    shown = await profile.shown(group.store, ADA, SERVER)
    hearing = Hearing()
    drawn = await taste_map.draw(
        group.store, group.stage.catalogue, hearing, ADA, [playlist for playlist, _ in shown.playlists]
    )
    await hearing.close()
    assert drawn.png.startswith(b"\x89PNG")
    assert drawn.songs == 30
    assert (drawn.finding.latest, drawn.finding.home) == (10, None)
    assert "Secret" not in repr(drawn.finding)


async def test_with_too_few_songs_there_is_no_map(group: People) -> None:
    await group.likes(BEN, range(200, 205))
    with pytest.raises(TooFewForMap):
        await taste_map.draw(group.store, group.stage.catalogue, Hearing(), BEN, [])


async def test_without_a_catalogue_there_is_no_map(store: Store, tmp_path: Path, now: datetime) -> None:
    with pytest.raises(NothingThereYet):
        await taste_map.draw(store, staged(store, tmp_path, now).catalogue, Hearing(), ADA, [])


async def test_viewing_writes_nothing(group: People) -> None:
    await profile.shown(group.store, CAL, SERVER)
    await profile.mine(group.store, CAL, SERVER)
    await follow.news(group.store, CAL, SERVER)
    assert await group.count(schema.profile) == 0


async def down(group: People) -> set[int]:
    async with group.store.reading() as tx:
        return {takedown.message for takedown in await reposts.takedowns(tx, group.now)}


async def test_messages_naming_a_member_are_deleted_when_they_hide(group: People) -> None:
    await group.change(BEN, hidden=False)
    await hide.posted(group.store, [ADA], 5, 901)
    await hide.posted(group.store, [ADA, BEN], 5, 902)
    await hide.posted(group.store, [BEN], 5, 903)
    assert await down(group) == set()
    await hide.hide(group.store, ADA, group.now)
    assert {901, 902} <= await down(group)
    assert 903 not in await down(group)
    await hide.posted(group.store, [ADA, BEN], 5, 904)
    assert 904 in await down(group), "she hid while it was being posted"


async def test_p35_messages_naming_a_member_are_deleted_when_they_erase_their_data(group: People) -> None:
    await hide.posted(group.store, [ADA], 5, 901)
    async with group.store.writing() as tx:
        await personal_data.erase(tx, ADA)
    assert 901 in await down(group)
    assert await group.count(schema.posted) == 0
