"""The catalogue and its recommendations, on a real store."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, update

from bot.adapters.store import Store, personal_data, schema
from bot.adapters.store.account import members
from bot.adapters.store.feed import catalogue as entries
from bot.adapters.store.library import recordings, songs
from bot.adapters.store.rows import CHUNK
from bot.core.library.file_match import FileMatch
from bot.errors import BadChoice, NoClip, NothingThereYet
from bot.flows.account import erase, hide
from bot.flows.feed import catalogue_sharing
from bot.flows.feed.catalogue_index import key
from tests.contract.feed.catalogue_stage import ADA, BEN, EVA, STYLES, Stage, local, number_of, song, staged
from tests.contract.library.slices_stage import MANY, rows_written


@pytest.fixture
def stage(store: Store, tmp_path: Path, now: datetime) -> Stage:
    return staged(store, tmp_path, now)


async def pages(stage: Stage, member: int) -> set[str]:
    listed, after = set(), None
    while True:
        page = await stage.catalogue.page(member, after, 7)
        listed |= {entry.song.song for entry in page.entries}
        if page.next is None:
            return listed
        after = page.next


async def test_only_members_who_joined_share_their_likes(stage: Stage) -> None:
    await stage.like(ADA, range(30), joined=False)
    assert await stage.catalogue.points.refresh() == 0
    await catalogue_sharing.join(stage.store, ADA, stage.now)
    assert await stage.catalogue.points.refresh() == 30
    assert await pages(stage, ADA) == {song(number).song for number in range(30)}


async def test_members_who_have_not_joined_see_only_the_operators_files(stage: Stage) -> None:
    await stage.like(ADA, range(30))
    await stage.like(BEN, range(100, 110), joined=False)
    await stage.hear([200, 201])
    await stage.catalogue.points.refresh()
    assert await pages(stage, BEN) == {local(200), local(201)}
    with pytest.raises(BadChoice):
        await stage.catalogue.entry(BEN, song(3).song)
    recommended = await stage.recommender.recommend(BEN, None, 10)
    assert {pick.entry.song.song for pick in recommended} == {local(200), local(201)}


async def _unlike_all(store: Store, member: int, _: datetime) -> None:
    async with store.writing() as tx:
        await tx.execute(delete(schema.liked).where(schema.liked.c.member == member))


@pytest.mark.parametrize("ends", [catalogue_sharing.leave, hide.hide, _unlike_all])
async def test_p40_a_large_library_leaves_the_catalogue_in_slices(stage: Stage, ends) -> None:
    await stage.like(ADA, range(MANY))
    await stage.like(BEN, range(MANY, MANY + 30))
    await stage.catalogue.points.refresh()
    with rows_written(stage.store) as written:
        await ends(stage.store, ADA, stage.now)
        if ends is _unlike_all:
            written.clear()
            await stage.catalogue.points.refresh()
    assert max(written) <= CHUNK
    async with stage.store.reading() as tx:
        assert (await tx.execute(select(func.count()).select_from(schema.entry))).scalar_one() == 30


async def test_songs_are_suggested_to_those_who_like_or_can_see_them(stage: Stage) -> None:
    await stage.like(ADA, range(30))
    await stage.like(BEN, [100, 7], joined=False)
    await stage.like(EVA, [200])
    await stage.hear([107])
    await stage.catalogue.points.refresh()

    async def suggested(member: int, typed: str) -> list[str]:
        return [song.song for song in await stage.catalogue.suggest(member, typed, 25)]

    assert await suggested(BEN, "song 1") == [song(100).song]
    assert await suggested(BEN, "7") == [song(7).song, local(107)]
    assert sorted(await suggested(EVA, "7")) == sorted([song(7).song, song(17).song, song(27).song, local(107)])
    assert await suggested(EVA, "100") == [], "whoever likes it hasn't joined"
    assert await suggested(EVA, "%") == []


async def test_strangers_to_two_members_are_songs_of_others_in_a_fixed_order(stage: Stage) -> None:
    await stage.like(ADA, range(10))
    await stage.like(BEN, range(5, 15))
    await stage.like(EVA, range(8, 40))
    await stage.hear([200])
    await stage.catalogue.points.refresh()
    others = [*(song(number).song for number in range(15, 40)), local(200)]

    async def strangers(limit: int) -> list[str]:
        async with stage.store.reading() as tx:
            return await entries.strangers_to(tx, (ADA, BEN), limit)

    assert await strangers(50) == sorted(others, key=key)
    assert await strangers(7) == sorted(others, key=key)[:7]
    async with stage.store.writing() as tx:
        await tx.execute(update(schema.entry).where(schema.entry.c.song == local(200)).values(point=None))
        await members.change(tx, EVA, joined=False)
    assert await strangers(50) == [], "without a point, or shared by nobody any more"


async def test_recommendations_are_new_songs_of_the_same_style(stage: Stage) -> None:
    await stage.like(ADA, range(60))
    await stage.like(BEN, range(0, 12, STYLES))
    await stage.catalogue.points.refresh()
    recommended = await stage.recommender.recommend(BEN, None, 10)
    assert len(recommended) == 10
    assert all(number_of(pick.entry.song.song) % STYLES == 0 for pick in recommended)
    assert not {pick.entry.song.song for pick in recommended} & {song(number).song for number in range(0, 12, STYLES)}
    assert all(pick.near for pick in recommended)
    near_one = await stage.recommender.recommend(BEN, song(4).song, 5)
    assert [number_of(pick.entry.song.song) % STYLES for pick in near_one] == [1] * 5
    assert near_one[0].near[0] == song(4)


@pytest.mark.slow
async def test_disliked_songs_stay_away_until_undone(stage: Stage) -> None:
    await stage.like(ADA, range(30))
    await stage.like(BEN, [0])
    await stage.catalogue.points.refresh()
    first = (await stage.recommender.recommend(BEN, song(0).song, 1))[0].entry.song.song
    await catalogue_sharing.dislike(stage.store, BEN, first, stage.now)
    assert first not in {pick.entry.song.song for pick in await stage.recommender.recommend(BEN, song(0).song, 25)}
    assert {(await stage.catalogue.random(BEN)).song.song for _ in range(200)}.isdisjoint({first})
    await catalogue_sharing.undo_dislike(stage.store, BEN, key(first))
    assert first in {pick.entry.song.song for pick in await stage.recommender.recommend(BEN, song(0).song, 25)}


async def test_new_songs_are_found_and_removed_songs_vanish_at_once(stage: Stage) -> None:
    await stage.like(ADA, range(0, 60, STYLES))
    await stage.like(BEN, [0, STYLES])
    await stage.catalogue.points.refresh()
    await stage.recommender.recommend(BEN, None, 5)  # now the songs are cached in memory
    await stage.like(EVA, [300])
    assert await stage.catalogue.points.refresh() == 1
    assert song(300).song in {pick.entry.song.song for pick in await stage.recommender.recommend(BEN, None, 25)}
    await catalogue_sharing.leave(stage.store, EVA, stage.now)
    assert song(300).song not in {pick.entry.song.song for pick in await stage.recommender.recommend(BEN, None, 25)}
    with pytest.raises(BadChoice):
        await stage.recommender.recommend(BEN, song(300).song, 5)


async def test_a_song_that_one_of_two_still_likes_stays(stage: Stage) -> None:
    await stage.like(ADA, range(20))
    await stage.like(BEN, range(10, 30))
    await stage.catalogue.points.refresh()
    await catalogue_sharing.leave(stage.store, BEN, stage.now)
    assert await pages(stage, ADA) == {song(number).song for number in range(20)}


async def test_p35_erasing_a_member_removes_songs_only_they_shared(stage: Stage) -> None:
    await stage.like(ADA, range(20))
    await stage.like(BEN, range(10, 30))
    await stage.catalogue.points.refresh()
    async with stage.store.writing() as tx:
        await personal_data.erase(tx, BEN)
    await erase.forget_unused(stage.store)
    async with stage.store.reading() as tx:
        kept = set((await tx.execute(select(schema.entry.c.song))).scalars())
    assert kept == {song(number).song for number in range(20)}


async def test_another_process_reads_the_points_without_refitting(stage: Stage, tmp_path: Path) -> None:
    await stage.like(ADA, range(60))
    await stage.like(BEN, [0])
    await stage.catalogue.points.refresh()
    again = staged(stage.store, tmp_path, stage.now)
    assert await again.catalogue.points.refresh() == 0
    before = await stage.recommender.recommend(BEN, song(0).song, 10)
    assert await again.recommender.recommend(BEN, song(0).song, 10) == before


async def test_a_catalogue_that_has_doubled_is_refitted(stage: Stage) -> None:
    await stage.like(ADA, range(20))
    await stage.catalogue.points.refresh()
    await stage.like(ADA, range(20, 50))
    assert await stage.catalogue.points.refresh() == 30
    assert await stage.catalogue.points.refresh() == 50
    assert await stage.catalogue.points.refresh() == 0


async def test_a_space_of_an_older_format_is_fitted_again(stage: Stage, tmp_path: Path) -> None:
    await stage.like(ADA, range(20))
    await stage.catalogue.points.refresh()
    async with stage.store.writing() as tx:
        await tx.execute(update(schema.space).values(definition=b'{"format":3}\n'))
        await tx.execute(update(schema.entry).values(artist=1))
    again = staged(stage.store, tmp_path, stage.now)
    with pytest.raises(NothingThereYet):
        await again.catalogue.points.index()
    assert await again.catalogue.points.refresh() == 20
    assert len((await again.catalogue.points.index()).neighbours) == 20
    async with stage.store.reading() as tx:
        assert 1 not in (await tx.execute(select(schema.entry.c.artist))).scalars().all()


async def test_features_that_arrive_later_count(stage: Stage) -> None:
    await stage.like(ADA, range(30))
    await stage.catalogue.points.refresh()
    stage.now += timedelta(minutes=5)
    await stage.like(ADA, [31])
    async with stage.store.writing() as tx:
        changed = {song(7).song: (await songs.features(tx, ADA, [song(8)]))[song(8).song]}
        await songs.save_features(tx, schema.OPERATOR, "reccobeats", changed, stage.now)
    assert await stage.catalogue.points.refresh() == 2


async def test_a_file_of_a_shared_song_is_listed_once(stage: Stage) -> None:
    await stage.like(ADA, range(20))
    await stage.hear([1, 500])
    async with stage.store.writing() as tx:
        matches = {song(1).song: ("/music/1.mp3", FileMatch(1.0, "isrc"))}
        await recordings.save_matches(tx, [song(1).song], matches, stage.now)
    await stage.catalogue.points.refresh()
    assert {song_id for song_id in await pages(stage, ADA) if song_id.startswith("local:")} == {local(500)}
    assert (await stage.catalogue.entry(ADA, song(1).song)).clip
    await catalogue_sharing.leave(stage.store, ADA, stage.now)
    await stage.catalogue.points.refresh()
    assert await pages(stage, ADA) == {local(1), local(500)}


async def test_a_button_finds_its_song_while_the_song_exists(stage: Stage) -> None:
    await stage.like(ADA, range(12))
    await stage.catalogue.points.refresh()
    assert await stage.catalogue.named(key(song(3).song)) == song(3).song
    await catalogue_sharing.leave(stage.store, ADA, stage.now)
    with pytest.raises(BadChoice):
        await stage.catalogue.named(key(song(3).song))


async def test_a_mix_finds_songs_like_some_and_unlike_others(stage: Stage) -> None:
    await stage.like(ADA, range(60))
    await stage.like(BEN, [90])
    await stage.catalogue.points.refresh()
    blend = await stage.recommender.mix(BEN, [song(0).song, song(1).song], [song(4).song], 6)
    assert [number_of(pick.entry.song.song) % STYLES for pick in blend] == [0] * 6


async def test_a_walk_leads_from_one_song_to_another(stage: Stage) -> None:
    await stage.like(ADA, range(90))
    await stage.catalogue.points.refresh()
    steps = await stage.recommender.path(ADA, song(0).song, song(1).song, 6)
    numbers = [number_of(step.song.song) for step in steps]
    assert len(set(numbers)) == len(numbers)
    assert numbers[0] % STYLES == 0
    assert numbers[-1] % STYLES == 1
    assert {0, 1}.isdisjoint(numbers)


async def test_an_empty_catalogue_says_so(stage: Stage) -> None:
    with pytest.raises(NothingThereYet):
        await stage.recommender.recommend(ADA, None, 5)
    with pytest.raises(NothingThereYet):
        await stage.catalogue.random(ADA)
    assert (await stage.catalogue.page(ADA, None, 10)).entries == ()


async def test_without_its_file_a_song_has_no_clip(stage: Stage) -> None:
    await stage.like(ADA, range(12))
    await stage.catalogue.points.refresh()
    assert not (await stage.catalogue.entry(ADA, song(3).song)).clip
    with pytest.raises(NoClip):
        await stage.catalogue.clip(ADA, song(3).song)
