"""Groups on a real database: who can remove whom, what stays, and who sees it."""

from datetime import datetime

import pytest

from bot.adapters.store import Store, personal_data
from bot.adapters.store.account import members
from bot.adapters.store.library import songs
from bot.chat.layout import Page
from bot.chat.social.pages import groups as pages
from bot.core.records import Actor, Song
from bot.errors import BadChoice
from bot.errors.social import HostsOnly, HostStays, NoSuchShared, NotInGroup, RemovedFromGroup
from bot.flows.social.shared import groups
from bot.flows.social.shared import playlists as shared_playlists
from tests.unit.chat.shown import said

ADA, BOB, CYD, EVA = 11, 12, 13, 14
SONG = Song("spotify:track:x", "Song", ("Ann",))


@pytest.fixture
async def group(store: Store, now: datetime) -> int:
    """Ada hosts, Bob and Cyd have joined, and Bob has added a song."""
    number = await shared_playlists.open_new(store, Actor(ADA, None, now), "Kitchen")
    for member in (BOB, CYD):
        await join(store, member, number, now)
    async with store.writing() as tx:
        await songs.save(tx, [SONG], now)
    await shared_playlists.add(store, Actor(BOB, None, now), number, SONG)
    return number


async def join(store: Store, member: int, number: int, now: datetime) -> None:
    async with store.reading() as tx:
        known = await shared_playlists.table.get(tx, number)
    assert known is not None
    await shared_playlists.join(store, member, number, shared_playlists.invitation(known), now)


async def test_the_host_removes_a_member_openly_and_their_songs_stay(store: Store, group: int, now: datetime) -> None:
    await groups.remove(store, ADA, group, BOB, now)
    seen = await groups.show(store, CYD, group)
    assert (list(seen.partners), [(removal.member, removal.by, removal.at) for removal in seen.removals]) == (
        [ADA, CYD],
        [(BOB, ADA, now)],
    )
    assert f"<@{BOB}> · by <@{ADA}>" in said(pages.page(seen, CYD))
    with pytest.raises(NoSuchShared):
        await shared_playlists.show(store, BOB, None, group)
    shown = await shared_playlists.show(store, CYD, None, group)
    assert [brought.song for brought in shown.standing] == [SONG.song]
    assert BOB not in shown.named


async def test_a_removed_member_cannot_rejoin_until_the_host_allows_it(store: Store, group: int, now: datetime) -> None:
    await groups.remove(store, ADA, group, BOB, now)
    with pytest.raises(RemovedFromGroup):
        await join(store, BOB, group, now)
    assert (await groups.let_back_in(store, ADA, group, BOB)).removals == []
    await join(store, BOB, group, now)
    assert BOB in (await groups.show(store, ADA, group)).partners


async def test_p15_only_the_host_can_remove_members_but_not_themselves(store: Store, group: int, now: datetime) -> None:
    refusals: list[tuple[int, int, type[BadChoice]]] = [
        (BOB, CYD, HostsOnly),
        (EVA, CYD, NoSuchShared),
        (ADA, ADA, HostStays),
        (ADA, EVA, NotInGroup),
    ]
    for member, whom, refusal in refusals:
        with pytest.raises(refusal):
            await groups.remove(store, member, group, whom, now)
    with pytest.raises(HostsOnly):
        await groups.let_back_in(store, BOB, group, CYD)
    assert taps(pages.page(await groups.show(store, CYD, group), CYD)) == []
    assert taps(pages.page(await groups.show(store, ADA, group), ADA)) == ["Remove", "Remove"]


def taps(page: Page) -> list[str]:
    return [str(item.item.label) for item in page.walk_children() if hasattr(item, "item")]


async def test_a_servers_list_has_no_members_to_remove(store: Store, now: datetime) -> None:
    number = await shared_playlists.open_new(store, Actor(ADA, 50, now), "Ours")
    with pytest.raises(NoSuchShared):
        await groups.remove(store, ADA, number, BOB, now)


async def test_hidden_members_are_anonymous_and_erased_ones_are_off_the_record(
    store: Store, group: int, now: datetime
) -> None:
    await groups.remove(store, ADA, group, BOB, now)
    async with store.writing() as tx:
        await members.change(tx, BOB, hidden=True)
    assert f"<@{BOB}>" not in said(pages.page(await groups.show(store, CYD, group), CYD))
    async with store.writing() as tx:
        await personal_data.erase(tx, BOB)
    assert (await groups.show(store, CYD, group)).removals == []
