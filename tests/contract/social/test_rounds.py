"""Rounds on a real database: who may do what, when phases change, and what's stored about whom."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial

import pytest

from bot.adapters.store import Store, personal_data
from bot.adapters.store.account import members
from bot.adapters.store.social import reposts, server_channels
from bot.chat.social.pages import rounds as pages
from bot.core.records import Actor, Song
from bot.core.social.records import Place, RoundState
from bot.errors import BadChoice, BadLength
from bot.errors.social import (
    BadHours,
    BadVotes,
    EntriesClosed,
    NoRound,
    NotForRounds,
    NotRoundHost,
    NotVoting,
    OwnSong,
    RoundHasPlaylist,
    RoundUnderWay,
    SongBarred,
    SongTaken,
    TooFewEntries,
)
from bot.flows.feed.catalogue_index import key
from bot.flows.social import rounds
from bot.flows.social import server_channels as flow
from bot.flows.social.server_channels import Purpose
from bot.flows.social.shared import playlists as shared_playlists
from bot.flows.social.shared import publish
from bot.messages.social import rounds as messages

ADA, BEN, CAL, EVA = 1001, 1002, 1003, 1004
SERVER, CHANNEL, OTHER = 7001, 7002, 7003
HOUR = timedelta(hours=1)


def song(number: int) -> Song:
    return Song(f"spotify:track:{number:022d}", f"Song {number}", ("Ann",))


@pytest.fixture
async def begun(store: Store, now: datetime) -> int:
    async with store.writing() as tx:
        await server_channels.give(tx, Place(CHANNEL, "rounds", SERVER))
    return await rounds.start(store, Actor(ADA, SERVER, now), CHANNEL, "Songs for rain", (24, 48))


async def entered(store: Store, number: int, now: datetime, *who: int) -> None:
    for member in who:
        await rounds.enter(store, member, number, song(member), now)


async def entry_of(store: Store, number: int, member: int) -> str:
    table = await rounds.show(store, number)
    return next(key(entry.song) for entry in table.entries if entry.member == member)


async def state(store: Store, number: int, now: datetime) -> str:
    themed = await rounds.turn(store, number, now)
    assert themed is not None
    return themed.state


async def test_a_round_is_played_where_the_server_allows_it_and_one_at_a_time(
    store: Store, begun: int, now: datetime
) -> None:
    for server, channel in ((SERVER, OTHER), (None, CHANNEL)):
        with pytest.raises(NotForRounds):
            await rounds.start(store, Actor(BEN, server, now), channel, "Sun", (24, 24))
    with pytest.raises(RoundUnderWay):
        await rounds.start(store, Actor(BEN, SERVER, now), CHANNEL, "Sun", (24, 24))
    assert (await rounds.here(store, CHANNEL)).round == begun


@pytest.mark.parametrize(
    ("theme", "hours", "refusal"),
    [
        (" ", (24, 24), BadLength),
        ("x" * 101, (24, 24), BadLength),
        ("x", (0, 24), BadHours),
        ("x", (24, 169), BadHours),
    ],
)
async def test_themes_and_hours_have_limits(
    store: Store, begun: int, now: datetime, theme: str, hours: tuple[int, int], refusal: type[BadChoice]
) -> None:
    with pytest.raises(refusal):
        await rounds.start(store, Actor(BEN, SERVER, now), CHANNEL, theme, hours)


async def test_entries_can_be_replaced_until_voting_starts_and_songs_are_unique(
    store: Store, begun: int, now: datetime
) -> None:
    await entered(store, begun, now, ADA, BEN, CAL)
    await rounds.enter(store, ADA, begun, song(9), now)
    assert {entry.song for entry in (await rounds.show(store, begun)).entries} == {
        song(number).song for number in (9, BEN, CAL)
    }
    with pytest.raises(SongTaken):
        await rounds.enter(store, EVA, begun, song(BEN), now)
    assert await state(store, begun, now + 24 * HOUR) == RoundState.VOTING
    with pytest.raises(EntriesClosed):
        await rounds.enter(store, EVA, begun, song(8), now)


async def test_votes_are_for_others_songs_and_at_most_three(store: Store, begun: int, now: datetime) -> None:
    await entered(store, begun, now, ADA, BEN, CAL, EVA)
    numbers = {member: await entry_of(store, begun, member) for member in (ADA, BEN, CAL, EVA)}
    with pytest.raises(NotVoting):
        await rounds.vote(store, ADA, begun, [numbers[BEN]], now)
    late = now + 24 * HOUR
    await rounds.turn(store, begun, late)
    offered = await rounds.choices(store, ADA, begun)
    assert numbers[ADA] not in [key(entry.song) for entry in offered.entries]
    for wrong, refusal in (
        ([], BadVotes),
        ([numbers[ADA]], OwnSong),
        (["999"], BadVotes),
        ([*numbers.values()], BadVotes),
    ):
        with pytest.raises(refusal):
            await rounds.vote(store, ADA, begun, wrong, late)
    assert not await rounds.vote(store, ADA, begun, [numbers[BEN]], late)
    await rounds.vote(store, ADA, begun, [numbers[CAL], numbers[EVA]], late)
    assert (await rounds.show(store, begun)).voters == 1


async def test_select_values_do_not_reveal_who_entered_first(store: Store, begun: int, now: datetime) -> None:
    """The same songs entered in a different order in another round give the same options."""
    await entered(store, begun, now, ADA, BEN, CAL)
    async with store.writing() as tx:
        await server_channels.give(tx, Place(OTHER, "rounds", SERVER))
    second = await rounds.start(store, Actor(ADA, SERVER, now), OTHER, "Sun", (24, 24))
    for member, entry in ((CAL, BEN), (ADA, CAL), (BEN, ADA)):
        await rounds.enter(store, member, second, song(entry), now)
    values = [set(await offered(store, number, now)) for number in (begun, second)]
    assert values[0] == values[1]
    assert not any(character.isdigit() for character in values[0])


async def offered(store: Store, number: int, now: datetime) -> list[str]:
    """The values in the vote select, in display order, for somebody who entered nothing."""
    await rounds.turn(store, number, now + 24 * HOUR)
    (menu,) = [
        row for row in pages.ballot(await rounds.choices(store, EVA, number)).to_components() if row["type"] == 1
    ]
    return [option["value"] for option in menu["components"][0]["options"]]


async def test_a_round_closes_when_all_players_have_voted_and_names_them(
    store: Store, begun: int, now: datetime
) -> None:
    await entered(store, begun, now, ADA, BEN, CAL)
    late = now + 24 * HOUR
    await rounds.turn(store, begun, late)
    ben, cal = [await entry_of(store, begun, member) for member in (BEN, CAL)]
    assert (await rounds.show(store, begun)).ranking == ()
    assert not await rounds.vote(store, ADA, begun, [ben], late)
    assert not await rounds.vote(store, EVA, begun, [ben], late), "others may vote, but the round doesn't wait for them"
    assert await state(store, begun, late) == RoundState.VOTING
    assert not await rounds.vote(store, CAL, begun, [ben], late)
    assert await rounds.vote(store, BEN, begun, [cal], late)
    assert await state(store, begun, late) == RoundState.CLOSED
    async with store.writing() as tx:
        await members.change(tx, CAL, hidden=True)
    table = await rounds.show(store, begun)
    assert [(placed.entry.member, placed.votes, placed.place) for placed in table.ranking][:2] == [
        (BEN, 3, 1),
        (CAL, 1, 2),
    ]
    assert set(table.hidden) == {CAL}
    async with store.reading() as tx:
        assert await server_channels.counts(tx, SERVER, now) == {"round": 1}


async def test_downtime_does_not_shorten_voting_and_no_phase_changes_twice(
    store: Store, begun: int, now: datetime
) -> None:
    await entered(store, begun, now, ADA, BEN, CAL)
    late = now + 100 * HOUR
    assert await rounds.due(store, late) == [begun]
    assert [await state(store, begun, late) for _ in range(2)] == [RoundState.VOTING, RoundState.VOTING]
    assert await state(store, begun, late + 47 * HOUR) == RoundState.VOTING
    assert await state(store, begun, late + 48 * HOUR) == RoundState.CLOSED
    async with store.reading() as tx:
        assert await server_channels.counts(tx, SERVER, now) == {"round": 1}


async def test_an_unannounced_phase_stays_due_until_announced(store: Store, begun: int, now: datetime) -> None:
    assert await rounds.due(store, now) == [], "the announcement is still being sent"
    assert await rounds.due(store, now + HOUR) == [begun]
    await rounds.told(store, begun, RoundState.ENTERING, 55)
    assert await rounds.due(store, now + HOUR) == []
    assert await state(store, begun, now + 24 * HOUR) == RoundState.CANCELLED, "nobody entered"
    assert await rounds.due(store, now + 24 * HOUR) == [begun]
    await rounds.told(store, begun, RoundState.CANCELLED, None)
    assert await rounds.due(store, now + 99 * HOUR) == []
    assert (await rounds.last(store, CHANNEL)).message == 55


async def test_p15_only_the_host_or_a_server_manager_can_advance_or_cancel_a_round(
    store: Store, begun: int, now: datetime
) -> None:
    await entered(store, begun, now, ADA, BEN, CAL)
    for deed in (rounds.go_on, rounds.cancel):
        with pytest.raises(NotRoundHost):
            await deed(store, BEN, begun, runs_server=False, now=now)
    await rounds.go_on(store, BEN, begun, runs_server=True, now=now)
    assert await state(store, begun, now) == RoundState.VOTING
    themed = await rounds.here(store, CHANNEL)
    assert themed.vote_until == now + 48 * HOUR, "voting gets its full time"
    await rounds.cancel(store, ADA, begun, runs_server=False, now=now)
    with pytest.raises(NoRound):
        await rounds.here(store, CHANNEL)


@pytest.mark.parametrize("songs", [0, 1, 2])
async def test_advancing_with_too_few_entries_is_refused_and_changes_nothing(
    store: Store, begun: int, now: datetime, songs: int
) -> None:
    await entered(store, begun, now, *(BEN, CAL)[:songs])
    with pytest.raises(TooFewEntries):
        await rounds.go_on(store, ADA, begun, runs_server=False, now=now)
    assert await state(store, begun, now) == RoundState.ENTERING
    await entered(store, begun, now, ADA, BEN, CAL)
    await rounds.go_on(store, ADA, begun, runs_server=False, now=now)
    assert await state(store, begun, now) == RoundState.VOTING


async def test_p35_erasing_removes_entries_and_votes_and_a_hosts_round(store: Store, begun: int, now: datetime) -> None:
    await entered(store, begun, now, ADA, BEN, CAL, EVA)
    await rounds.turn(store, begun, now + 24 * HOUR)
    cal = await entry_of(store, begun, CAL)
    await rounds.vote(store, BEN, begun, [cal], now + 24 * HOUR)
    async with store.writing() as tx:
        await personal_data.erase(tx, BEN)
    table = await rounds.show(store, begun)
    assert (len(table.entries), table.voters) == (3, 0)
    await rounds.told(store, begun, RoundState.VOTING, 55)
    async with store.writing() as tx:
        await personal_data.erase(tx, ADA)
        takedowns = [(takedown.channel, takedown.message) for takedown in await reposts.takedowns(tx, now)]
    assert takedowns == [(CHANNEL, 55)], "nobody can vote there any more"
    assert await rounds.turn(store, begun, now) is None
    with pytest.raises(NoRound):
        await rounds.show(store, begun)


async def all_but(store: Store, number: int, now: datetime, late: int) -> datetime:
    """Have Ben, Cal and Eva enter, and all but `late` vote. Returns the time of the votes."""
    await entered(store, number, now, BEN, CAL, EVA)
    voting = now + 24 * HOUR
    await rounds.turn(store, number, voting)
    await rounds.told(store, number, RoundState.VOTING, 55)
    for member in {BEN, CAL, EVA} - {late}:
        other = await entry_of(store, number, CAL if member != CAL else BEN)
        await rounds.vote(store, member, number, [other], voting)
    return voting


async def test_the_last_vote_makes_a_round_due_at_once(store: Store, begun: int, now: datetime) -> None:
    voting = await all_but(store, begun, now, EVA)
    assert await rounds.due(store, voting) == []
    assert await rounds.vote(store, EVA, begun, [await entry_of(store, begun, BEN)], voting)
    assert await rounds.due(store, voting) == [begun]


async def test_votes_in_another_round_do_not_make_this_one_due(store: Store, begun: int, now: datetime) -> None:
    async with store.writing() as tx:
        await server_channels.give(tx, Place(OTHER, "rounds", SERVER))
    second = await rounds.start(store, Actor(ADA, SERVER, now), OTHER, "Songs for sun", (24, 48))
    await all_but(store, begun, now, EVA)
    voting = await all_but(store, second, now, BEN)
    assert await rounds.due(store, voting) == []


async def test_p35_the_round_does_not_wait_for_an_erased_members_vote(store: Store, begun: int, now: datetime) -> None:
    voting = await all_but(store, begun, now, EVA)
    async with store.writing() as tx:
        await personal_data.erase(tx, EVA)
    assert await rounds.due(store, voting) == [begun]
    assert await state(store, begun, voting) == RoundState.CLOSED


async def test_p35_a_round_whose_players_were_all_erased_can_still_be_shown(
    store: Store, begun: int, now: datetime
) -> None:
    voting = await all_but(store, begun, now, EVA)
    async with store.writing() as tx:
        for member in (BEN, CAL, EVA):
            await personal_data.erase(tx, member)
    shown = pages.page(await rounds.show(store, begun)).to_components()
    assert "rhear" not in str(shown), "Discord rejects a select without options"
    assert await state(store, begun, voting) == RoundState.CLOSED
    assert messages.ALL_GONE in str(pages.page(await rounds.show(store, begun)).to_components())


async def test_a_rounds_playlist_is_the_rounds_and_waits_to_be_written_whatever_becomes_of_the_job(
    store: Store, begun: int, now: datetime
) -> None:
    await entered(store, begun, now, BEN, CAL)
    songs = [(song(BEN).song, BEN), (song(CAL).song, CAL)]
    made = await rounds.make_playlist(store, begun, Actor(ADA, SERVER, now), "Songs for rain", songs)
    assert (await rounds.show(store, begun)).round.shared == made
    assert [(shared.shared, shared.host) for shared in await publish.unwritten(store)] == [(made, ADA)]
    with pytest.raises(RoundHasPlaylist):
        await rounds.make_playlist(store, begun, Actor(BEN, SERVER, now), "Songs for rain", songs)


async def test_p35_a_rounds_playlist_brings_back_nobody_who_was_erased_meanwhile(
    store: Store, begun: int, now: datetime
) -> None:
    await entered(store, begun, now, BEN, CAL)
    async with store.writing() as tx:
        await personal_data.erase(tx, BEN)
    songs = [(song(BEN).song, BEN), (song(CAL).song, CAL)]
    made = await rounds.make_playlist(store, begun, Actor(ADA, SERVER, now), "Songs for rain", songs)
    view = await shared_playlists.show(store, ADA, SERVER, made)
    assert [brought.brought_by for brought in view.record] == [None, CAL]
    async with store.reading() as tx:
        assert await members.get(tx, BEN) is None


@pytest.mark.parametrize("gone", [partial(flow.close, channel=CHANNEL), partial(flow.leave, server=SERVER)])
async def test_a_round_ends_with_its_channel_and_its_server(
    store: Store, begun: int, now: datetime, gone: Callable[[Store], Awaitable[None]]
) -> None:
    await entered(store, begun, now, ADA, BEN, CAL)
    await gone(store)
    assert await rounds.due(store, now + 99 * HOUR) == []
    with pytest.raises(NoRound):
        await rounds.show(store, begun)


async def test_a_round_of_a_server_that_removed_the_bot_unnoticed_ends(store: Store, begun: int) -> None:
    await flow.choose(store, SERVER, Purpose.ROUNDS, [])
    await flow.keep_only(store, set(), lambda _: True)
    with pytest.raises(NoRound):
        await rounds.show(store, begun)


async def test_a_barred_song_cannot_be_entered(store: Store, begun: int, now: datetime) -> None:
    async with store.writing() as tx:
        await server_channels.bar(tx, SERVER, key(song(BEN).song))
    with pytest.raises(SongBarred):
        await entered(store, begun, now, BEN)
    await entered(store, begun, now, CAL)
