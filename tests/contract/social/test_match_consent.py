"""A match: requested, agreed to by both, and gone when either no longer wants it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.adapters.store import Store, personal_data, schema
from bot.adapters.store.account import notices
from bot.adapters.store.feed import dislikes, feed_history
from bot.adapters.store.library import songs
from bot.core import limits
from bot.core.records import Like
from bot.core.social.records import Agreement
from bot.errors import BadChoice
from bot.errors.social import (
    AskedAlready,
    Hidden,
    MatchOver,
    NotAskable,
    NotJoined,
    QuestionForAnother,
    QuestionOver,
    QuestionsFull,
    Yourself,
)
from bot.flows.feed import catalogue_sharing
from bot.flows.feed.catalogue import Entry
from bot.flows.social import match_consent, taste_match
from bot.flows.social.taste_match import TasteMatch
from tests.contract.feed.catalogue_stage import ADA, BEN, EVA, number_of, song, staged
from tests.contract.social.people_stage import CAL, People

WEEK = timedelta(days=7)


@pytest.fixture
async def group(store: Store, tmp_path: Path, now: datetime) -> People:
    """Ada and Ben like the same style and have four songs in common; Eva shares songs of three styles."""
    made = People(staged(store, tmp_path, now), now)
    await made.likes(ADA, range(0, 90, 3))
    await made.likes(BEN, range(78, 168, 3))
    await made.strangers()
    return made


async def agreed(group: People) -> Agreement:
    asked = await match_consent.ask(group.store, ADA, BEN, group.now)
    return await match_consent.accept(group.store, BEN, asked.agreement, group.now)


async def seen(group: People, member: int, number: int) -> TasteMatch:
    return await taste_match.match(group.store, group.stage.catalogue, member, number)


def numbers(entries: Sequence[Entry]) -> set[int]:
    return {number_of(entry.song.song) for entry in entries}


async def test_nothing_is_seen_before_both_agree(group: People) -> None:
    asked = await match_consent.ask(group.store, ADA, BEN, group.now)
    assert asked.agreed_at is None
    for member in (ADA, BEN, CAL):
        with pytest.raises(MatchOver):
            await seen(group, member, asked.agreement)


async def test_both_see_the_same_score_and_each_others_songs(group: People) -> None:
    number = (await agreed(group)).agreement
    of_ada, of_ben = await seen(group, ADA, number), await seen(group, BEN, number)
    assert of_ada.comparison is not None
    assert of_ada.comparison == of_ben.comparison
    assert of_ada.comparison.number >= 60
    assert [song.song for song in of_ada.both] == [song.song for song in of_ben.both]
    assert numbers(of_ada.both) <= {78, 81, 84, 87}
    assert len(of_ada.both) == 3
    assert numbers(of_ada.mine) == numbers(of_ben.theirs) <= set(range(90, 168, 3))
    assert numbers(of_ada.theirs) == numbers(of_ben.mine) <= set(range(0, 78, 3))
    assert len(of_ada.mine) == len(of_ada.theirs) == 3


async def test_the_asker_is_told_when_the_other_agrees_and_not_when_they_do_not(group: People) -> None:
    number = (await agreed(group)).agreement
    async with group.store.reading() as tx:
        (told,) = await notices.waiting(tx, ADA)
        assert await notices.waiting(tx, BEN) == []
    assert (told.kind, told.body) == ("match", {"agreement": number})
    await group.change(EVA, joined=True)
    asked = await match_consent.ask(group.store, ADA, EVA, group.now)
    await match_consent.decline(group.store, EVA, asked.agreement, group.now)
    async with group.store.reading() as tx:
        assert len(await notices.waiting(tx, ADA)) == 1


async def test_the_file_of_what_is_kept_tells_the_asker_of_no_no(group: People) -> None:
    asked = await match_consent.ask(group.store, ADA, BEN, group.now)
    await match_consent.decline(group.store, BEN, asked.agreement, group.now)
    declined = {}
    async with group.store.reading() as tx:
        for member in (ADA, BEN):
            rows = [
                row async for table, rows in personal_data.export(tx, member) if table == "agreement" for row in rows
            ]
            declined[member] = [row["declined_at"] for row in rows]
    assert declined == {ADA: [None], BEN: [group.now]}


async def test_p15_only_the_one_asked_may_answer(group: People) -> None:
    asked = await match_consent.ask(group.store, ADA, BEN, group.now)
    for stranger in (ADA, EVA, CAL):
        with pytest.raises(QuestionForAnother):
            await match_consent.accept(group.store, stranger, asked.agreement, group.now)
        with pytest.raises(QuestionForAnother):
            await match_consent.decline(group.store, stranger, asked.agreement, group.now)
    with pytest.raises(MatchOver):
        await match_consent.end(group.store, EVA, asked.agreement, group.now)
    await match_consent.accept(group.store, BEN, asked.agreement, group.now)
    with pytest.raises(MatchOver):
        await seen(group, EVA, asked.agreement)


async def test_a_question_expires_after_seven_days(group: People) -> None:
    asked = await match_consent.ask(group.store, ADA, BEN, group.now)
    later = group.now + WEEK
    with pytest.raises(QuestionOver):
        await match_consent.accept(group.store, BEN, asked.agreement, later)
    assert await match_consent.agreements(group.store, ADA, later) == []
    again = await match_consent.ask(group.store, ADA, BEN, later)
    assert (await match_consent.accept(group.store, BEN, again.agreement, later)).agreed_at == later


async def test_a_question_is_answered_once(group: People) -> None:
    number = (await agreed(group)).agreement
    for answer in (match_consent.accept, match_consent.decline):
        with pytest.raises(QuestionOver):
            await answer(group.store, BEN, number, group.now)


async def test_after_no_thanks_the_same_question_is_blocked_for_a_week(group: People) -> None:
    asked = await match_consent.ask(group.store, ADA, BEN, group.now)
    await match_consent.decline(group.store, BEN, asked.agreement, group.now)
    almost = group.now + WEEK - timedelta(seconds=1)
    with pytest.raises(NotAskable):
        await match_consent.ask(group.store, ADA, BEN, almost)
    assert (await match_consent.ask(group.store, BEN, ADA, almost)).agreed_at is None, "the one who declined may ask"


async def test_asking_back_means_agreeing(group: People) -> None:
    await match_consent.ask(group.store, ADA, BEN, group.now)
    back = await match_consent.ask(group.store, BEN, ADA, group.now)
    assert back.agreed_at == group.now
    assert (await seen(group, BEN, back.agreement)).other == ADA
    assert await match_consent.ask(group.store, ADA, BEN, group.now) == back, "asking again returns the existing match"


async def test_the_same_question_cannot_be_asked_twice(group: People) -> None:
    await match_consent.ask(group.store, ADA, BEN, group.now)
    with pytest.raises(AskedAlready):
        await match_consent.ask(group.store, ADA, BEN, group.now)
    with pytest.raises(Yourself):
        await match_consent.ask(group.store, ADA, ADA, group.now)


async def test_questions_per_week_are_limited_even_if_withdrawn(group: People) -> None:
    for other in range(2000, 2000 + limits.QUESTIONS_OPEN):
        await group.change(other, joined=True)
        asked = await match_consent.ask(group.store, ADA, other, group.now)
        await match_consent.end(group.store, ADA, asked.agreement, group.now)
    with pytest.raises(QuestionsFull):
        await match_consent.ask(group.store, ADA, BEN, group.now)
    assert (await match_consent.ask(group.store, ADA, BEN, group.now + WEEK)).other == BEN


async def test_a_member_who_has_not_joined_is_told_to_join(group: People) -> None:
    await group.change(ADA, joined=False)
    with pytest.raises(NotJoined):
        await match_consent.ask(group.store, ADA, BEN, group.now)
    asked = await match_consent.ask(group.store, BEN, ADA, group.now)
    with pytest.raises(NotJoined):
        await match_consent.accept(group.store, ADA, asked.agreement, group.now)
    await catalogue_sharing.join(group.store, ADA, group.now)
    assert (await match_consent.accept(group.store, ADA, asked.agreement, group.now)).agreed_at


async def test_hidden_members_strangers_and_refusers_are_indistinguishable(group: People) -> None:
    await group.change(BEN, hidden=True)
    for nobody in (BEN, CAL):
        with pytest.raises(NotAskable) as refused:
            await match_consent.ask(group.store, ADA, nobody, group.now)
        assert not vars(refused.value), "the error doesn't reveal the reason"
    with pytest.raises(Hidden):
        await match_consent.ask(group.store, BEN, ADA, group.now)
    assert await group.count(schema.agreement) == 0


@pytest.mark.parametrize("change", [{"hidden": True}, {"joined": False}])
@pytest.mark.parametrize("who", [ADA, BEN])
async def test_hiding_or_leaving_ends_matches_and_questions(group: People, change: dict[str, bool], who: int) -> None:
    asked = await match_consent.ask(group.store, ADA, BEN, group.now)
    await group.change(who, **change)
    with pytest.raises(BadChoice):
        await match_consent.accept(group.store, BEN, asked.agreement, group.now)
    await group.change(who, hidden=False, joined=True)
    await match_consent.accept(group.store, BEN, asked.agreement, group.now)
    await group.change(who, **change)
    for member in (ADA, BEN):
        with pytest.raises(MatchOver):
            await seen(group, member, asked.agreement)


async def test_a_hidden_member_vanishes_from_the_others_list(group: People) -> None:
    await agreed(group)
    await group.change(BEN, hidden=True)
    assert await match_consent.agreements(group.store, ADA, group.now) == []


@pytest.mark.parametrize(("ends", "stays"), [(ADA, BEN), (BEN, ADA)])
async def test_either_can_end_a_match_and_the_other_waits_a_week(group: People, ends: int, stays: int) -> None:
    number = (await agreed(group)).agreement
    await match_consent.end(group.store, ends, number, group.now)
    for member in (ADA, BEN):
        with pytest.raises(MatchOver):
            await seen(group, member, number)
        assert await match_consent.agreements(group.store, member, group.now) == []
    with pytest.raises(NotAskable):
        await match_consent.ask(group.store, stays, ends, group.now)
    with pytest.raises(MatchOver):
        await match_consent.end(group.store, stays, number, group.now)
    assert (await match_consent.ask(group.store, ends, stays, group.now)).agreed_at is None, "both must agree again"


@pytest.mark.parametrize("who", [ADA, BEN])
async def test_p35_erasing_data_leaves_no_agreement_behind(group: People, who: int) -> None:
    number = (await agreed(group)).agreement
    async with group.store.writing() as tx:
        await personal_data.erase(tx, who)
    assert await group.count(schema.agreement) == 0
    with pytest.raises(MatchOver):
        await seen(group, ADA + BEN - who, number)


async def test_songs_either_dislikes_are_not_suggested(group: People) -> None:
    number = (await agreed(group)).agreement
    first = await seen(group, ADA, number)
    async with group.store.writing() as tx:
        for at, entry in enumerate(first.mine):
            await dislikes.add(tx, ADA, entry.song.song, f"mine{at}", group.now)
        for at, entry in enumerate(first.theirs):
            await dislikes.add(tx, ADA, entry.song.song, f"theirs{at}", group.now)
    then = await seen(group, ADA, number)
    assert not numbers(then.mine) & numbers(first.mine)
    assert not numbers(then.theirs) & numbers(first.theirs)


async def test_one_recording_under_two_ids_is_one_song(group: People, now: datetime) -> None:
    async with group.store.writing() as tx:
        for member, number in ((ADA, 500), (BEN, 501)):
            twin = replace(song(number), isrc="ZZA002600001")
            await songs.like(tx, member, [Like(twin, now + timedelta(days=1))], now)
    await group.stage.catalogue.points.refresh()
    number = (await agreed(group)).agreement
    assert numbers((await seen(group, ADA, number)).both) >= {500}
    assert numbers((await seen(group, BEN, number)).both) >= {501}


async def test_with_too_few_songs_there_is_no_score_but_common_likes_are_shown(
    store: Store, tmp_path: Path, now: datetime
) -> None:
    small = People(staged(store, tmp_path, now), now)
    await small.likes(ADA, [1, 2])
    await small.likes(BEN, [2])
    await small.stage.catalogue.points.refresh()
    match = await seen(small, ADA, (await agreed(small)).agreement)
    assert match.comparison is None
    assert numbers(match.both) == {2}
    assert not match.mine


async def test_without_others_in_the_catalogue_there_is_no_score(store: Store, tmp_path: Path, now: datetime) -> None:
    pair = People(staged(store, tmp_path, now), now)
    await pair.likes(ADA, range(30))
    await pair.likes(BEN, range(20, 50))
    await pair.stage.catalogue.points.refresh()
    match = await seen(pair, ADA, (await agreed(pair)).agreement)
    assert match.comparison is None
    assert len(match.both) == len(match.mine) == len(match.theirs) == 3


async def test_likes_in_the_feed_count_without_being_saved(group: People) -> None:
    number = (await agreed(group)).agreement
    first = await seen(group, ADA, number)
    liked = first.mine[0].song.song
    async with group.store.writing() as tx:
        await feed_history.note(tx, ADA, {liked: first.mine[0].key}, group.now)
        await feed_history.say(tx, ADA, liked, group.now, said="like")
    then = await seen(group, ADA, number)
    assert liked in [entry.song.song for entry in then.both]
    assert liked not in [entry.song.song for entry in then.mine]
