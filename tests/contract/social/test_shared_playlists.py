"""Shared playlists on a real database: who sees what, and who can do what."""

from datetime import datetime, timedelta

import pytest

from bot.adapters.store import Store, personal_data
from bot.adapters.store.account import members
from bot.adapters.store.social import server_channels
from bot.adapters.store.social import shared_playlists as table
from bot.core.records import Actor
from bot.errors.social import AddsToday, HostedByAnother, HostsOnly, HostStays, NoSuchShared, SharedEnded, SongThere
from bot.flows.feed.catalogue_index import key
from bot.flows.social.shared import hosting
from bot.flows.social.shared import playlists as shared_playlists
from tests.contract.conftest import MEMBER
from tests.contract.social.shared_stage import (
    BOB,
    CYD,
    DEE,
    ELSEWHERE,
    SERVER,
    URIS,
    begun,
    drop,
    opened_with,
    song,
    standing,
)

# Who sees what


async def test_a_rounds_songs_are_listed_in_order_with_their_members(store: Store, now: datetime) -> None:
    given = [(URIS[2], BOB), (URIS[0], None), (URIS[1], CYD), (URIS[2], CYD)]
    number = await opened_with(store, Actor(MEMBER, SERVER, now), "Ours", given)
    shown = await shared_playlists.show(store, DEE, SERVER, number)
    assert [(brought.song, brought.brought_by) for brought in shown.record] == given[:3]
    assert shown.named == {MEMBER, BOB, CYD}


async def test_a_servers_list_is_visible_in_that_server_and_a_groups_to_its_members(
    store: Store, now: datetime
) -> None:
    ours = await shared_playlists.open_new(store, Actor(MEMBER, SERVER, now), "Server's")
    group = await shared_playlists.open_new(store, Actor(MEMBER, None, now), "Group's")
    assert [playlist.shared for playlist in await shared_playlists.lists(store, BOB, SERVER)] == [ours]
    assert [playlist.shared for playlist in await shared_playlists.lists(store, BOB, ELSEWHERE)] == []
    assert [playlist.shared for playlist in await shared_playlists.lists(store, MEMBER, ELSEWHERE)] == [ours, group], (
        "the host sees their own list anywhere"
    )
    with pytest.raises(NoSuchShared):
        await shared_playlists.show(store, MEMBER, ELSEWHERE, ours)
    for number, server in ((ours, ELSEWHERE), (ours, None), (group, SERVER), (999, SERVER)):
        with pytest.raises(NoSuchShared):
            await shared_playlists.show(store, BOB, server, number)
        with pytest.raises(NoSuchShared):
            await shared_playlists.add(store, Actor(BOB, server, now), number, song(URIS[0]))


async def test_nobody_joins_a_group_without_its_button(store: Store, now: datetime) -> None:
    group = await shared_playlists.open_new(store, Actor(MEMBER, None, now), "Group's")
    with pytest.raises(NoSuchShared):
        await shared_playlists.join(store, BOB, group, "0", now)
    ticket = shared_playlists.invitation((await shared_playlists.show(store, MEMBER, None, group)).shared)
    await shared_playlists.join(store, BOB, group, ticket, now)
    assert (await shared_playlists.show(store, BOB, None, group)).named == {MEMBER, BOB}


async def test_hidden_members_are_not_named_and_their_votes_count(store: Store, now: datetime) -> None:
    number = await begun(store, now, 9)
    async with store.writing() as tx:
        await members.change(tx, BOB, hidden=True)
    assert (await shared_playlists.show(store, CYD, SERVER, number)).named == {MEMBER}
    later = now + timedelta(days=2)
    assert not (await drop(store, number, URIS[0], later, MEMBER, CYD)).after.stands


async def test_an_erased_member_leaves_songs_without_a_name(store: Store, now: datetime) -> None:
    number = await begun(store, now)
    await shared_playlists.vote(store, Actor(BOB, SERVER, now), number, key(URIS[0]), True)
    async with store.writing() as tx:
        await personal_data.erase(tx, BOB)
    shown = await shared_playlists.show(store, CYD, SERVER, number)
    assert {brought.brought_by for brought in shown.record} == {None}
    assert shown.votes == []
    assert len(shown.standing) == 3


async def test_an_erased_hosts_list_passes_to_others_and_their_empty_group_goes(store: Store, now: datetime) -> None:
    ours = await begun(store, now)
    alone = await opened_with(store, Actor(MEMBER, None, now), "Alone", [(URIS[0], MEMBER)])
    async with store.writing() as tx:
        await personal_data.erase(tx, MEMBER)
    assert (await shared_playlists.show(store, BOB, SERVER, ours)).shared.host is None
    async with store.reading() as tx:
        assert await table.get(tx, alone) is None


async def test_a_group_is_deleted_when_its_last_member_leaves(store: Store, now: datetime) -> None:
    group = await shared_playlists.open_new(store, Actor(MEMBER, None, now), "Group's")
    with pytest.raises(HostStays):
        await shared_playlists.leave(store, MEMBER, group)
    await hosting.stop(store, MEMBER, group)
    await shared_playlists.leave(store, MEMBER, group)
    async with store.reading() as tx:
        assert await table.get(tx, group) is None


async def test_a_member_can_take_their_name_back_wherever_they_are(store: Store, now: datetime) -> None:
    ours = await begun(store, now)
    group = await opened_with(store, Actor(MEMBER, None, now), "Group's", [(URIS[0], CYD)])
    assert [shared.shared for shared in await shared_playlists.naming(store, BOB)] == [ours]
    assert [shared.shared for shared in await shared_playlists.naming(store, CYD)] == [group]
    await shared_playlists.leave(store, BOB, ours)
    assert BOB not in (await shared_playlists.show(store, DEE, SERVER, ours)).named
    assert await shared_playlists.naming(store, BOB) == []
    for number in (ours, group):
        with pytest.raises(NoSuchShared):
            await shared_playlists.leave(store, BOB, number)


# Adding and voting


async def test_adding_a_song_is_counted_and_names_its_member(store: Store, now: datetime) -> None:
    number = await begun(store, now)
    first = await shared_playlists.add(store, Actor(CYD, SERVER, now), number, song(URIS[5]))
    second = await shared_playlists.add(store, Actor(CYD, SERVER, now), number, song(URIS[6]))
    assert (first.first, second.first) == (True, False)
    assert first.host is None, "nothing is written until the host says so"
    async with store.reading() as tx:
        assert await server_channels.counts(tx, SERVER, now) == {"shared": 2}
    with pytest.raises(SongThere):
        await shared_playlists.add(store, Actor(DEE, SERVER, now), number, song(URIS[5]))


async def test_leaving_and_rejoining_gives_no_new_rights(store: Store, now: datetime) -> None:
    number = await begun(store, now)
    for uri in URIS[10:20]:
        await shared_playlists.add(store, Actor(CYD, SERVER, now), number, song(uri))
    await shared_playlists.leave(store, CYD, number)
    assert CYD not in (await shared_playlists.show(store, DEE, SERVER, number)).named
    with pytest.raises(AddsToday):
        await shared_playlists.add(store, Actor(CYD, SERVER, now), number, song(URIS[30]))


async def test_a_members_votes_can_drop_three_songs_a_day(store: Store, now: datetime) -> None:
    number, later = await begun(store, now, 12), now + timedelta(days=2)
    for uri in URIS[:3]:
        assert not (await drop(store, number, uri, later, CYD, DEE)).after.stands
    fourth = await drop(store, number, URIS[3], later, CYD, DEE)
    assert fourth.after.stands
    assert fourth.spent
    assert fourth.host is None
    assert not (await drop(store, number, URIS[3], later + timedelta(days=1, seconds=1), DEE)).after.stands


async def test_removing_twice_counts_once(store: Store, now: datetime) -> None:
    number = await begun(store, now)
    again = await drop(store, number, URIS[0], now, BOB, BOB)
    assert not again.after.stands
    assert again.shown.votes == []


async def test_a_removed_song_can_be_added_by_another_member(store: Store, now: datetime) -> None:
    number = await begun(store, now)
    await drop(store, number, URIS[0], now, BOB)
    assert await standing(store, number) == URIS[1:3]
    await shared_playlists.add(store, Actor(CYD, SERVER, now + timedelta(seconds=1)), number, song(URIS[0]))
    assert await standing(store, number) == [*URIS[1:3], URIS[0]]


async def test_an_ended_list_can_be_read_and_continued(store: Store, now: datetime) -> None:
    number = await begun(store, now)
    await hosting.end(store, MEMBER, number, now)
    assert await standing(store, number, DEE) == URIS[:3]
    with pytest.raises(SharedEnded):
        await shared_playlists.add(store, Actor(CYD, SERVER, now), number, song(URIS[5]))
    with pytest.raises(SharedEnded):
        await drop(store, number, URIS[0], now, CYD)
    await hosting.confirm(store, Actor(CYD, SERVER, now), number)
    await shared_playlists.add(store, Actor(DEE, SERVER, now), number, song(URIS[5]))


async def test_p15_only_the_host_can_end_or_hand_over(store: Store, now: datetime) -> None:
    number = await begun(store, now)
    for forbidden, refusal in (
        (hosting.end(store, BOB, number, now), HostsOnly),
        (hosting.end_and_remove(store, BOB, number, now), HostsOnly),
        (hosting.stop(store, BOB, number), HostsOnly),
        (hosting.confirm(store, Actor(BOB, SERVER, now), number), HostedByAnother),
        (hosting.dry_run(store, Actor(BOB, SERVER, now), number), HostedByAnother),
        (hosting.confirm(store, Actor(DEE, ELSEWHERE, now), number), NoSuchShared),
        (hosting.dry_run(store, Actor(DEE, ELSEWHERE, now), number), NoSuchShared),
    ):
        with pytest.raises(refusal):
            await forbidden


async def test_a_list_not_written_for_a_week_may_get_another_host(store: Store, now: datetime) -> None:
    number, later = await begun(store, now), now + hosting.STALE
    with pytest.raises(HostedByAnother):
        await hosting.confirm(store, Actor(BOB, SERVER, later - timedelta(minutes=1)), number)
    dry = await hosting.dry_run(store, Actor(BOB, SERVER, later + timedelta(minutes=1)), number)
    assert (dry.put_in, dry.shared.host) == (3, None)
    await hosting.confirm(store, Actor(BOB, SERVER, later + timedelta(minutes=1)), number)
    assert (await shared_playlists.show(store, DEE, SERVER, number)).shared.host == BOB


async def test_p15_a_server_can_delete_only_its_own_lists(store: Store, now: datetime) -> None:
    number = await begun(store, now)
    with pytest.raises(NoSuchShared):
        await hosting.remove(store, ELSEWHERE, number)
    await hosting.remove(store, SERVER, number)
    assert await shared_playlists.lists(store, MEMBER, SERVER) == []
