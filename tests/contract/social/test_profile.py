"""Profiles and following: nothing is shown that its owner did not choose, and nobody learns who looks."""

from datetime import datetime
from pathlib import Path

import pytest

from bot.adapters.hearing import Hearing
from bot.adapters.store import Store, personal_data, schema
from bot.adapters.store.feed import dislikes
from bot.adapters.store.social import people, reposts
from bot.core.social.records import Profile
from bot.errors import BadChoice, NothingThereYet
from bot.flows.account import hide
from bot.flows.social import follow, profile, taste_map
from tests.contract.feed.catalogue_stage import ADA, BEN, EVA, song, staged
from tests.contract.social.people_stage import CAL, ELSEWHERE, SERVER, People


@pytest.fixture
async def home(store: Store, tmp_path: Path, now: datetime) -> People:
    """Ada with two playlists and two reposts, which she does not show."""
    made = People(staged(store, tmp_path, now), now)
    await made.strangers()
    await made.likes(ADA, range(30))
    await made.keeps(ADA, "Late night", range(0, 30, 3))
    await made.keeps(ADA, "Secret", range(1, 4))
    await made.reposts(ADA, 1, ago=2)
    await made.reposts(ADA, 2, ago=1, server=ELSEWHERE)
    return made


async def show_all(home: People, member: int) -> None:
    mine = await profile.mine(home.store, member, SERVER)
    await profile.choose_playlists(home.store, member, [each.playlist for each, _ in mine.kept[:1]], home.now)
    await profile.show(home.store, member, "map", home.now)
    await profile.show(home.store, member, "reposts", home.now)


async def test_everything_is_off_until_it_is_chosen(home: People) -> None:
    assert (await profile.shown(home.store, ADA, SERVER)).empty
    assert (await profile.mine(home.store, ADA, SERVER)).chosen == Profile(ADA)
    assert (await profile.shown(home.store, CAL, SERVER)).empty


async def test_others_see_what_was_chosen_and_no_more(home: People) -> None:
    await show_all(home, ADA)
    shown = await profile.shown(home.store, ADA, SERVER)
    assert [(each.name, songs) for each, songs in shown.playlists] == [("Late night", 10)]
    assert shown.map
    assert [each.song.song for each in shown.reposts] == [song(1).song], "what was passed on elsewhere stays there"
    await profile.choose_playlists(home.store, ADA, [], home.now)
    assert not (await profile.shown(home.store, ADA, SERVER)).playlists


async def test_choosing_what_is_chosen_already_writes_nothing(home: People) -> None:
    await profile.choose_playlists(home.store, CAL, [], home.now)
    await profile.conceal(home.store, CAL, "map", home.now)
    assert await home.count(schema.profile) == 0


async def test_another_members_playlist_cannot_be_shown(home: People) -> None:
    of_ben = await home.keeps(BEN, "Ben's", range(3))
    await profile.choose_playlists(home.store, ADA, [of_ben.playlist], home.now)
    assert (await profile.shown(home.store, ADA, SERVER)).empty


async def test_who_is_hidden_is_seen_by_nobody_and_still_sees_what_they_chose(home: People) -> None:
    await show_all(home, ADA)
    await home.change(ADA, hidden=True)
    assert (await profile.shown(home.store, ADA, SERVER)).empty
    mine = await profile.mine(home.store, ADA, SERVER)
    assert mine.hidden
    assert mine.chosen.map
    await home.change(ADA, hidden=False)
    assert not (await profile.shown(home.store, ADA, SERVER)).empty


async def test_only_who_shows_reposts_can_be_followed(home: People) -> None:
    for nobody in (ADA, CAL):
        with pytest.raises(BadChoice, match="nothing to follow"):
            await follow.follow(home.store, BEN, nobody, home.now)
    await show_all(home, ADA)
    with pytest.raises(BadChoice, match="That is you"):
        await follow.follow(home.store, ADA, ADA, home.now)
    for _ in range(2):
        await follow.follow(home.store, BEN, ADA, home.now)
    assert await follow.following(home.store, BEN) == [ADA]
    assert (await profile.mine(home.store, ADA, SERVER)).followers == 1


async def test_followers_see_what_is_passed_on_where_they_ask(home: People) -> None:
    await show_all(home, ADA)
    await home.reposts(ADA, 4)
    await home.reposts(EVA, 1000)
    await follow.follow(home.store, BEN, ADA, home.now)
    assert [each.song.song for each in await follow.news(home.store, BEN, SERVER)] == [song(4).song, song(1).song]
    assert [each.song.song for each in await follow.news(home.store, BEN, ELSEWHERE)] == [song(2).song]
    assert await follow.news(home.store, CAL, SERVER) == []
    async with home.store.writing() as tx:
        await dislikes.add(tx, BEN, song(4).song, "key4", home.now)
    assert [each.song.song for each in await follow.news(home.store, BEN, SERVER)] == [song(1).song]


async def test_what_followers_see_ends_at_once_when_reposts_are_switched_off(home: People) -> None:
    await show_all(home, ADA)
    await follow.follow(home.store, BEN, ADA, home.now)
    await profile.conceal(home.store, ADA, "reposts", home.now)
    assert await follow.news(home.store, BEN, SERVER) == []
    await profile.show(home.store, ADA, "reposts", home.now)
    assert await follow.following(home.store, BEN) == [], "whoever wants to follow again says so again"


async def test_who_hides_is_gone_from_every_list_and_comes_back(home: People) -> None:
    await show_all(home, ADA)
    await follow.follow(home.store, BEN, ADA, home.now)
    await home.change(ADA, hidden=True)
    assert await follow.following(home.store, BEN) == []
    assert await follow.news(home.store, BEN, SERVER) == []
    assert await follow.unfollow(home.store, BEN, ADA)
    await home.change(ADA, hidden=False)
    assert await follow.following(home.store, BEN) == []
    assert not await follow.unfollow(home.store, BEN, ADA)


async def test_a_follower_who_is_hidden_is_not_counted(home: People) -> None:
    await show_all(home, ADA)
    await follow.follow(home.store, BEN, ADA, home.now)
    await home.change(BEN, hidden=True)
    assert (await profile.mine(home.store, ADA, SERVER)).followers == 0


async def test_concealing_the_map_leaves_followers(home: People) -> None:
    await show_all(home, ADA)
    await follow.follow(home.store, BEN, ADA, home.now)
    await profile.conceal(home.store, ADA, "map", home.now)
    assert await follow.following(home.store, BEN) == [ADA]
    async with home.store.reading() as tx:
        assert not (await people.seen(tx, ADA)).map


async def test_the_map_draws_shown_playlists_and_says_what_is_on_it(home: People) -> None:
    await show_all(home, ADA)
    shown = await profile.shown(home.store, ADA, SERVER)
    hearing = Hearing()
    drawn = await taste_map.draw(home.store, home.stage.catalogue, hearing, ADA, [each for each, _ in shown.playlists])
    await hearing.close()
    assert drawn.png.startswith(b"\x89PNG")
    assert drawn.songs == 30
    assert drawn.finding.startswith("The latest 10 lie ")
    assert "Secret" not in drawn.finding


async def test_of_too_few_songs_there_is_no_map(home: People) -> None:
    await home.likes(BEN, range(200, 205))
    with pytest.raises(BadChoice, match="wants 10 liked songs"):
        await taste_map.draw(home.store, home.stage.catalogue, Hearing(), BEN, [])


async def test_without_a_catalogue_there_is_no_map(store: Store, tmp_path: Path, now: datetime) -> None:
    with pytest.raises(NothingThereYet):
        await taste_map.draw(store, staged(store, tmp_path, now).catalogue, Hearing(), ADA, [])


async def test_nothing_is_written_by_looking(home: People) -> None:
    await profile.shown(home.store, CAL, SERVER)
    await profile.mine(home.store, CAL, SERVER)
    await follow.news(home.store, CAL, SERVER)
    assert await home.count(schema.profile) == 0


async def down(home: People) -> set[int]:
    async with home.store.reading() as tx:
        return {each.message for each in await reposts.takedowns(tx, home.now)}


async def test_messages_that_name_a_member_go_when_they_hide(home: People) -> None:
    await home.change(BEN, hidden=False)
    await hide.posted(home.store, [ADA], 5, 901)
    await hide.posted(home.store, [ADA, BEN], 5, 902)
    await hide.posted(home.store, [BEN], 5, 903)
    assert await down(home) == set()
    await hide.hide(home.store, ADA, home.now)
    assert {901, 902} <= await down(home)
    assert 903 not in await down(home)
    await hide.posted(home.store, [ADA, BEN], 5, 904)
    assert 904 in await down(home), "hidden while it was being posted"


async def test_p35_messages_that_name_a_member_go_when_they_erase_their_data(home: People) -> None:
    await hide.posted(home.store, [ADA], 5, 901)
    async with home.store.writing() as tx:
        await personal_data.erase(tx, ADA)
    assert 901 in await down(home)
    assert await home.count(schema.posted) == 0
