"""Shared playlists on a real database: who sees and says what, and what is written where."""

from contextlib import suppress
from datetime import datetime, timedelta

import pytest

from bot.adapters.shelf import Shelf
from bot.adapters.store import Store, members, notices, places, songs, whole
from bot.adapters.store import shared as table
from bot.core.records import Like, Song
from bot.core.shared import State
from bot.errors import BadChoice, NotLinked, SpotifyDown, Unsettled
from bot.flows import hosting, publish, shared
from bot.flows.points import key
from bot.ports import Music
from sandbox.spotify import Fault
from tests.contract.conftest import MEMBER, Linked, track

SERVER, ELSEWHERE = 50, 51
BOB, CYD, DEE = 12, 13, 14
URIS = [track(number).uri for number in range(1, 121)]


def song(uri: str) -> Song:
    return Song(uri, f"Title of {uri[-3:]}", ("Artist",))


async def begun(store: Store, now: datetime, count: int = 3, server: int | None = SERVER, by: int = BOB) -> int:
    """A playlist that MEMBER hosts, with songs on record, not written yet."""
    async with store.writing() as tx:
        await songs.save(tx, map(song, URIS), now)
    return await shared.open_with(store, "Ours", MEMBER, server, [(uri, by) for uri in URIS[:count]], now)


async def states(store: Store, number: int) -> dict[str, str]:
    async with store.reading() as tx:
        return {each.song: each.state for each in await table.record(tx, number)}


async def standing(store: Store, number: int, member: int = MEMBER, server: int | None = SERVER) -> list[str]:
    return [each.song for each in (await shared.show(store, member, server, number)).standing]


async def drop(store: Store, number: int, uri: str, now: datetime, *by: int) -> shared.Voted:
    for member in by:
        voted = await shared.vote(store, member, SERVER, number, key(uri), False, now)
    return voted


def at_spotify(linked: Linked, name: str = "Ours") -> list[list[str]]:
    """What stands in each of Ada's playlists of that name."""
    ids = [each for each in linked.house.spotify.accounts["ada"].playlists if each is not None]
    return [list(each.uris) for each in map(linked.house.spotify.playlist, ids) if each.name == name]


# Who sees what


async def test_songs_of_a_round_are_on_record_in_their_order_by_their_names(store: Store, now: datetime) -> None:
    given = [(URIS[2], BOB), (URIS[0], None), (URIS[1], CYD), (URIS[2], CYD)]
    number = await shared.open_with(store, "Ours", MEMBER, SERVER, given, now)
    found = await shared.show(store, DEE, SERVER, number)
    assert [(each.song, each.brought_by) for each in found.record] == given[:3]
    assert found.named == {MEMBER, BOB, CYD}


async def test_a_servers_list_is_seen_in_that_server_and_a_groups_by_its_partners(store: Store, now: datetime) -> None:
    ours = await shared.open_new(store, "Server's", MEMBER, SERVER, now)
    group = await shared.open_new(store, "Group's", MEMBER, None, now)
    assert [each.shared for each in await shared.lists(store, BOB, SERVER)] == [ours]
    assert [each.shared for each in await shared.lists(store, BOB, ELSEWHERE)] == []
    assert [each.shared for each in await shared.lists(store, MEMBER, ELSEWHERE)] == [ours, group], "what they host"
    with pytest.raises(BadChoice, match="seen in that server"):
        await shared.show(store, MEMBER, ELSEWHERE, ours)
    for number, server in ((ours, ELSEWHERE), (ours, None), (group, SERVER), (999, SERVER)):
        with pytest.raises(BadChoice, match="no such shared playlist here"):
            await shared.show(store, BOB, server, number)
        with pytest.raises(BadChoice, match="no such shared playlist here"):
            await shared.add(store, BOB, server, number, song(URIS[0]), now)


async def test_nobody_comes_into_a_group_without_its_button(store: Store, now: datetime) -> None:
    group = await shared.open_new(store, "Group's", MEMBER, None, now)
    with pytest.raises(BadChoice):
        await shared.join(store, BOB, group, "0", now)
    ticket = shared.invitation((await shared.show(store, MEMBER, None, group)).shared)
    await shared.join(store, BOB, group, ticket, now)
    assert (await shared.show(store, BOB, None, group)).named == {MEMBER, BOB}


async def test_hidden_members_are_not_named_and_their_votes_count(store: Store, now: datetime) -> None:
    number = await begun(store, now, 9)
    async with store.writing() as tx:
        await members.change(tx, BOB, hidden=True)
    assert (await shared.show(store, CYD, SERVER, number)).named == {MEMBER}
    later = now + timedelta(days=2)
    assert not (await drop(store, number, URIS[0], later, MEMBER, CYD)).after.stands


async def test_who_erases_themselves_leaves_songs_without_a_name(store: Store, now: datetime) -> None:
    number = await begun(store, now)
    await shared.vote(store, BOB, SERVER, number, key(URIS[0]), True, now)
    async with store.writing() as tx:
        await whole.erase(tx, BOB)
    found = await shared.show(store, CYD, SERVER, number)
    assert {each.brought_by for each in found.record} == {None}
    assert found.votes == []
    assert len(found.standing) == 3


async def test_an_erased_host_leaves_the_list_to_others_and_a_group_of_their_own_goes(
    store: Store, now: datetime
) -> None:
    ours = await begun(store, now)
    alone = await shared.open_with(store, "Alone", MEMBER, None, [(URIS[0], MEMBER)], now)
    async with store.writing() as tx:
        await whole.erase(tx, MEMBER)
    assert (await shared.show(store, BOB, SERVER, ours)).shared.host is None
    async with store.reading() as tx:
        assert await table.get(tx, alone) is None


async def test_the_last_who_leaves_a_group_takes_it_along(store: Store, now: datetime) -> None:
    group = await shared.open_new(store, "Group's", MEMBER, None, now)
    with pytest.raises(BadChoice, match="You host it"):
        await shared.leave(store, MEMBER, None, group)
    await hosting.lay_down(store, MEMBER, group)
    await shared.leave(store, MEMBER, None, group)
    async with store.reading() as tx:
        assert await table.get(tx, group) is None


# What is said


async def test_adding_is_counted_and_names_its_member_from_then_on(store: Store, now: datetime) -> None:
    number = await begun(store, now)
    first = await shared.add(store, CYD, SERVER, number, song(URIS[5]), now)
    second = await shared.add(store, CYD, SERVER, number, song(URIS[6]), now)
    assert (first.first, second.first) == (True, False)
    assert first.host is None, "nothing is written before the host says so"
    async with store.reading() as tx:
        assert await places.counts(tx, SERVER, now) == {"shared": 2}
    with pytest.raises(BadChoice, match="in it already"):
        await shared.add(store, DEE, SERVER, number, song(URIS[5]), now)


async def test_a_member_leaves_and_comes_back_without_new_rights(store: Store, now: datetime) -> None:
    number = await begun(store, now)
    for uri in URIS[10:20]:
        await shared.add(store, CYD, SERVER, number, song(uri), now)
    await shared.leave(store, CYD, SERVER, number)
    assert CYD not in (await shared.show(store, DEE, SERVER, number)).named
    with pytest.raises(BadChoice, match="More tomorrow"):
        await shared.add(store, CYD, SERVER, number, song(URIS[30]), now)


async def test_a_members_votes_bring_down_three_songs_a_day(store: Store, now: datetime) -> None:
    number, later = await begun(store, now, 12), now + timedelta(days=2)
    for uri in URIS[:3]:
        assert not (await drop(store, number, uri, later, CYD, DEE)).after.stands
    fourth = await drop(store, number, URIS[3], later, CYD, DEE)
    assert fourth.after.stands
    assert fourth.spent
    assert fourth.host is None
    assert not (await drop(store, number, URIS[3], later + timedelta(days=1, seconds=1), DEE)).after.stands


async def test_taking_back_pressed_twice_is_once(store: Store, now: datetime) -> None:
    number = await begun(store, now)
    again = await drop(store, number, URIS[0], now, BOB, BOB)
    assert not again.after.stands
    assert again.shown.votes == []


async def test_a_song_taken_back_may_be_brought_by_another(store: Store, now: datetime) -> None:
    number = await begun(store, now)
    await drop(store, number, URIS[0], now, BOB)
    assert await standing(store, number) == URIS[1:3]
    await shared.add(store, CYD, SERVER, number, song(URIS[0]), now + timedelta(seconds=1))
    assert await standing(store, number) == [*URIS[1:3], URIS[0]]


async def test_an_ended_list_can_be_read_and_gone_on_with(store: Store, now: datetime) -> None:
    number = await begun(store, now)
    await hosting.end(store, MEMBER, number, now)
    assert await standing(store, number, DEE) == URIS[:3]
    with pytest.raises(BadChoice, match="It has ended"):
        await shared.add(store, CYD, SERVER, number, song(URIS[5]), now)
    with pytest.raises(BadChoice, match="It has ended"):
        await drop(store, number, URIS[0], now, CYD)
    await hosting.confirm(store, CYD, SERVER, number, now)
    await shared.add(store, DEE, SERVER, number, song(URIS[5]), now)


async def test_only_the_host_ends_or_hands_on(store: Store, now: datetime) -> None:
    number = await begun(store, now)
    for forbidden in (
        hosting.end(store, BOB, number, now),
        hosting.take_back(store, BOB, number, now),
        hosting.lay_down(store, BOB, number),
        hosting.confirm(store, BOB, SERVER, number, now),
        hosting.dry_run(store, BOB, SERVER, number, now),
    ):
        with pytest.raises(BadChoice, match=r"hosts it"):
            await forbidden


async def test_a_list_that_nobody_writes_for_a_week_may_have_another_host(store: Store, now: datetime) -> None:
    number, later = await begun(store, now), now + hosting.STALE
    with pytest.raises(BadChoice, match="Somebody else hosts it"):
        await hosting.confirm(store, BOB, SERVER, number, later - timedelta(minutes=1))
    dry = await hosting.dry_run(store, BOB, SERVER, number, later + timedelta(minutes=1))
    assert (dry.put_in, dry.shared.host) == (3, None)
    await hosting.confirm(store, BOB, SERVER, number, later + timedelta(minutes=1))
    assert (await shared.show(store, DEE, SERVER, number)).shared.host == BOB


async def test_a_server_can_delete_its_own_lists_alone(store: Store, now: datetime) -> None:
    number = await begun(store, now)
    with pytest.raises(BadChoice):
        await hosting.remove(store, ELSEWHERE, number)
    await hosting.remove(store, SERVER, number)
    assert await shared.lists(store, MEMBER, SERVER) == []


# What is written


@pytest.fixture(params=["spotify", "shelf"])
async def music(request: pytest.FixtureRequest, linked: Linked) -> Music:
    if request.param == "shelf":
        async with linked.store.writing() as tx:
            await members.change(tx, MEMBER, source="file")
        return Shelf(linked.store, MEMBER, lambda: linked.now)
    return await linked.music()


async def there(linked: Linked, music: Music, number: int) -> list[str | None]:
    async with linked.store.reading() as tx:
        known = await table.get(tx, number)
    assert known is not None
    return (await music.contents(known.ref or "")).songs


async def test_what_stands_is_written_and_what_is_dropped_comes_out(linked: Linked, music: Music) -> None:
    store, now = linked.store, linked.now
    number = await begun(store, now, 8)
    dry = await hosting.dry_run(store, MEMBER, SERVER, number, now)
    assert (dry.put_in, dry.take_out) == (8, 0)
    first = await publish.write(store, music, MEMBER, number, now)
    assert first is not None
    assert (first.first, first.put_in, first.taken_out) == (True, 8, 0)
    assert await there(linked, music, number) == URIS[:8]
    await drop(store, number, URIS[1], now, BOB)
    await shared.add(store, CYD, SERVER, number, song(URIS[40]), now + timedelta(seconds=1))
    dry = await hosting.dry_run(store, MEMBER, SERVER, number, now)
    assert (dry.put_in, dry.take_out) == (1, 1)
    assert [each.shared for each in await publish.unwritten(store)] == [number]
    await publish.write(store, music, MEMBER, number, now)
    assert await there(linked, music, number) == [URIS[0], *URIS[2:8], URIS[40]]
    assert await publish.unwritten(store) == []


async def test_ending_it_takes_back_exactly_what_was_written(linked: Linked, music: Music) -> None:
    number = await begun(linked.store, linked.now)
    await publish.write(linked.store, music, MEMBER, number, linked.now)
    async with linked.store.reading() as tx:
        ref = (await shared.found(tx, MEMBER, SERVER, number)).ref or ""
    await music.add(ref, [URIS[99]], 0)
    await hosting.take_back(linked.store, MEMBER, number, linked.now)
    done = await publish.write(linked.store, music, MEMBER, number, linked.now)
    assert done is not None
    assert done.taken_out == 3
    assert (await music.contents(ref)).songs == [URIS[99]]
    assert (await shared.show(linked.store, DEE, SERVER, number)).shared.host is None
    assert await standing(linked.store, number) == URIS[:3], "the record can be read"


async def test_files_are_not_written_to_spotify_and_stay_on_record(linked: Linked) -> None:
    number = await shared.open_with(
        linked.store, "Ours", MEMBER, SERVER, [("local:abc", None), (URIS[0], None), ("file:abc", BOB)], linked.now
    )
    assert (await hosting.dry_run(linked.store, MEMBER, SERVER, number, linked.now)).unwritable == 2
    await publish.write(linked.store, await linked.music(), MEMBER, number, linked.now)
    assert at_spotify(linked) == [[URIS[0]]]
    assert await publish.unwritten(linked.store) == []


async def test_p04_what_the_host_put_in_or_took_out_by_hand_stays_so(linked: Linked) -> None:
    store, music, spotify = linked.store, await linked.music(), linked.house.spotify
    number = await begun(store, linked.now)
    await publish.write(store, music, MEMBER, number, linked.now)
    async with store.reading() as tx:
        ref = (await shared.found(tx, MEMBER, SERVER, number)).ref or ""
    spotify.add_by_hand("ada", ref, URIS[50], 0)
    spotify.remove_by_hand("ada", ref, URIS[0])
    for uri in (URIS[50], URIS[60]):
        await shared.add(store, CYD, SERVER, number, song(uri), linked.now + timedelta(seconds=1))
    await publish.write(store, music, MEMBER, number, linked.now)
    assert at_spotify(linked) == [[URIS[50], *URIS[1:3], URIS[60]]]
    assert (await states(store, number))[URIS[0]] == State.TAKEN
    await drop(store, number, URIS[50], linked.now + timedelta(seconds=2), CYD)
    await publish.write(store, music, MEMBER, number, linked.now)
    assert at_spotify(linked) == [[URIS[50], *URIS[1:3], URIS[60]]]


async def test_a_look_that_finds_nothing_to_do_is_one_call(linked: Linked) -> None:
    number, music = await begun(linked.store, linked.now, 120), await linked.music()
    await publish.write(linked.store, music, MEMBER, number, linked.now)
    later = linked.now + timedelta(minutes=1)  # by then it has settled
    await publish.write(linked.store, music, MEMBER, number, later)
    linked.calls()
    await publish.write(linked.store, music, MEMBER, number, later)
    assert len(linked.calls()) == 1


@pytest.mark.parametrize("line", ["POST /v1/me/playlists", "POST /v1/playlists/*/items"])
async def test_p02_a_call_that_was_applied_and_answered_with_an_error_is_not_sent_twice(
    linked: Linked, line: str
) -> None:
    number, music = await begun(linked.store, linked.now), await linked.music()
    linked.house.spotify.faults.append(Fault(line, "apply-then", times=1, status=502))
    for _ in range(2):
        with suppress(SpotifyDown):  # the job comes back, as the worker has it do
            await publish.write(linked.store, music, MEMBER, number, linked.now)
    assert at_spotify(linked) == [URIS[:3]]


async def test_p04_a_playlist_of_that_name_is_not_taken_for_ours(linked: Linked) -> None:
    linked.house.spotify.create_playlist("ada", "Ours")
    number = await begun(linked.store, linked.now)
    await publish.write(linked.store, await linked.music(), MEMBER, number, linked.now)
    assert sorted(at_spotify(linked)) == [[], URIS[:3]]


async def test_who_hosts_no_longer_is_written_to_no_longer(linked: Linked) -> None:
    number, music = await begun(linked.store, linked.now), await linked.music()
    await publish.write(linked.store, music, MEMBER, number, linked.now)
    await hosting.lay_down(linked.store, MEMBER, number)
    async with linked.store.writing() as tx:
        await members.ensure(tx, CYD, linked.now)
        await songs.like(tx, CYD, [Like(song(URIS[7]), None)], linked.now)
    await hosting.confirm(linked.store, CYD, SERVER, number, linked.now)
    linked.calls()
    assert await publish.write(linked.store, music, MEMBER, number, linked.now) is None
    assert linked.calls() == []
    shelf = Shelf(linked.store, CYD, lambda: linked.now)
    await publish.write(linked.store, shelf, CYD, number, linked.now)
    assert await there(linked, shelf, number) == URIS[:3]
    assert at_spotify(linked) == [URIS[:3]]


async def test_a_host_is_told_once_for_each_consent(linked: Linked) -> None:
    for _ in range(3):
        await publish.tell_once(linked.store, MEMBER, "ended", linked.now)
    async with linked.store.writing() as tx:
        (told,) = await notices.waiting(tx, MEMBER)
        await notices.mark_sent(tx, [told.notice], linked.now + timedelta(hours=1))
    await publish.tell_once(linked.store, MEMBER, "ended", linked.now + timedelta(days=1))
    async with linked.store.writing() as tx:
        assert await notices.waiting(tx, MEMBER) == []
        await members.change_account(tx, MEMBER, consented_at=linked.now + timedelta(days=2))
    await publish.tell_once(linked.store, MEMBER, "ended", linked.now + timedelta(days=3))
    async with linked.store.reading() as tx:
        assert len(await notices.waiting(tx, MEMBER)) == 1


async def test_a_playlist_that_is_gone_is_hosted_by_nobody_and_its_host_hears_so(linked: Linked) -> None:
    number = await begun(linked.store, linked.now)
    await publish.write(linked.store, await linked.music(), MEMBER, number, linked.now)
    await publish.lose(linked.store, MEMBER, number, linked.now)
    assert (await shared.show(linked.store, DEE, SERVER, number)).shared.host is None
    async with linked.store.reading() as tx:
        assert [each.kind for each in await notices.waiting(tx, MEMBER)] == ["lost"]
    assert set((await states(linked.store, number)).values()) == {State.WANTED}


async def shared_out(linked: Linked, number: int, now: datetime) -> list[str]:
    """Write it as the worker does, put off for as long as it says; what the host hears."""

    async def music_of(_: int) -> Music:
        return await linked.music()

    for _ in range(30):
        try:
            await publish.share(linked.store, music_of, MEMBER, number, now)
        except Unsettled as wait:
            now = wait.until
        else:
            break
    async with linked.store.reading() as tx:
        return [each.kind for each in await notices.waiting(tx, MEMBER)]


@pytest.mark.parametrize("times", [1, None])
async def test_p41_a_playlist_that_is_not_there_once_is_hosted_on_and_one_that_stays_away_is_lost(
    linked: Linked, times: int | None
) -> None:
    number = await begun(linked.store, linked.now)
    await publish.write(linked.store, await linked.music(), MEMBER, number, linked.now)
    await shared.add(linked.store, CYD, SERVER, number, song(URIS[40]), linked.now)
    linked.house.spotify.faults.append(Fault("GET /v1/playlists/*", "status", times=times, status=404))
    heard = await shared_out(linked, number, linked.now + timedelta(minutes=2))
    assert heard == (["lost"] if times is None else [])
    assert at_spotify(linked) == [URIS[:3] if times is None else [*URIS[:3], URIS[40]]]


async def test_a_host_without_an_account_is_no_host(store: Store, now: datetime) -> None:
    async def nowhere(_: int) -> Music:
        raise NotLinked

    number = await begun(store, now)
    await publish.share(store, nowhere, BOB, number, now)
    assert (await shared.show(store, DEE, SERVER, number)).shared.host == MEMBER, "it was not theirs to give up"
    await publish.share(store, nowhere, MEMBER, number, now)
    assert (await shared.show(store, DEE, SERVER, number)).shared.host is None


async def test_the_host_has_a_receipt_of_the_first_write_and_of_the_last(linked: Linked) -> None:
    async def music_of(_: int) -> Music:
        return await linked.music()

    number = await begun(linked.store, linked.now)
    for _ in range(2):
        await publish.share(linked.store, music_of, MEMBER, number, linked.now)
    await hosting.take_back(linked.store, MEMBER, number, linked.now)
    await publish.share(linked.store, music_of, MEMBER, number, linked.now)
    async with linked.store.reading() as tx:
        first, last = [each.body for each in await notices.waiting(tx, MEMBER)]
    assert (first["put_in"], first["ended"]) == (3, False)
    assert (last["taken_out"], last["ended"]) == (3, True)
