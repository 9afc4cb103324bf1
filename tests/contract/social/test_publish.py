"""Writing shared playlists to their host's account: real database, HTTP to the stand-in."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

import pytest

from bot.adapters.local_playlists import LocalPlaylists
from bot.adapters.spotify import SpotifyMusic
from bot.adapters.store import Store, personal_data
from bot.adapters.store.account import members, notices
from bot.adapters.store.library import songs
from bot.adapters.store.social import shared_playlists as table
from bot.chat.social.pages import shared_playlists as pages
from bot.core.records import Actor, Like
from bot.core.social.shared_playlists import SongState
from bot.errors import NotLinked
from bot.errors.spotify import SpotifyDown, Unsettled
from bot.flows.social.shared import hosting, publish
from bot.flows.social.shared import playlists as shared_playlists
from bot.ports import Contents, ListedPlaylist, Music
from sandbox.spotify import Fault, Lag
from sandbox.spotify.faults import Request
from tests.contract.conftest import MEMBER, Linked
from tests.contract.social.shared_stage import (
    BOB,
    CYD,
    DEE,
    SERVER,
    URIS,
    at_spotify,
    begun,
    drop,
    opened_with,
    shared_out,
    song,
    standing,
    states,
)
from tests.unit.chat.shown import said


@pytest.fixture(params=["spotify", "local"])
async def music(request: pytest.FixtureRequest, linked: Linked) -> Music:
    if request.param == "local":
        async with linked.store.writing() as tx:
            await members.change(tx, MEMBER, source="file")
        return LocalPlaylists(linked.store, MEMBER, lambda: linked.now)
    return await linked.music()


async def there(linked: Linked, music: Music, number: int) -> list[str | None]:
    async with linked.store.reading() as tx:
        known = await table.get(tx, number)
    assert known is not None
    return (await music.contents(known.ref or "")).songs


@pytest.mark.slow
async def test_current_songs_are_written_and_dropped_ones_removed(linked: Linked, music: Music) -> None:
    store, now = linked.store, linked.now
    number = await begun(store, now, 8)
    dry = await hosting.dry_run(store, Actor(MEMBER, SERVER, now), number)
    assert (dry.put_in, dry.take_out) == (8, 0)
    first = await publish.write(store, music, MEMBER, number, now)
    assert first is not None
    assert (first.first, first.put_in, first.taken_out) == (True, 8, 0)
    assert await there(linked, music, number) == URIS[:8]
    await drop(store, number, URIS[1], now, BOB)
    await shared_playlists.add(store, Actor(CYD, SERVER, now + timedelta(seconds=1)), number, song(URIS[40]))
    dry = await hosting.dry_run(store, Actor(MEMBER, SERVER, now), number)
    assert (dry.put_in, dry.take_out) == (1, 1)
    assert [playlist.shared for playlist in await publish.unwritten(store)] == [number]
    await publish.write(store, music, MEMBER, number, now)
    assert await there(linked, music, number) == [URIS[0], *URIS[2:8], URIS[40]]
    assert await publish.unwritten(store) == []


async def test_a_playlist_whose_host_agreed_waits_to_be_written_whatever_becomes_of_the_job(
    linked: Linked, music: Music
) -> None:
    number = await begun(linked.store, linked.now)
    assert await publish.unwritten(linked.store) == [], "nobody agreed yet"
    await hosting.confirm(linked.store, Actor(MEMBER, SERVER, linked.now), number)
    assert [playlist.shared for playlist in await publish.unwritten(linked.store)] == [number]
    await publish.write(linked.store, music, MEMBER, number, linked.now)
    assert await publish.unwritten(linked.store) == []


async def test_ending_a_playlist_removes_exactly_what_was_written(linked: Linked, music: Music) -> None:
    number = await begun(linked.store, linked.now)
    await publish.write(linked.store, music, MEMBER, number, linked.now)
    async with linked.store.reading() as tx:
        ref = (await shared_playlists.visible(tx, MEMBER, SERVER, number)).ref or ""
    await music.add(ref, [URIS[99]], 0)
    await hosting.end_and_remove(linked.store, MEMBER, number, linked.now)
    done = await publish.write(linked.store, music, MEMBER, number, linked.now)
    assert done is not None
    assert done.taken_out == 3
    assert (await music.contents(ref)).songs == [URIS[99]]
    assert (await shared_playlists.show(linked.store, DEE, SERVER, number)).shared.host is None
    assert await standing(linked.store, number) == URIS[:3], "the list stays readable"


async def test_local_files_are_not_written_to_spotify_but_stay_listed(linked: Linked) -> None:
    number = await opened_with(
        linked.store,
        Actor(MEMBER, SERVER, linked.now),
        "Ours",
        [("local:abc", None), (URIS[0], None), ("file:abc", BOB)],
    )
    assert (await hosting.dry_run(linked.store, Actor(MEMBER, SERVER, linked.now), number)).unwritable == 2
    await publish.write(linked.store, await linked.music(), MEMBER, number, linked.now)
    assert at_spotify(linked) == [[URIS[0]]]
    assert await publish.unwritten(linked.store) == []


@pytest.mark.slow
async def test_p04_the_hosts_changes_by_hand_stay(linked: Linked) -> None:
    store, music, spotify = linked.store, await linked.music(), linked.stack.spotify
    number = await begun(store, linked.now)
    await publish.write(store, music, MEMBER, number, linked.now)
    async with store.reading() as tx:
        ref = (await shared_playlists.visible(tx, MEMBER, SERVER, number)).ref or ""
    spotify.add_by_hand("ada", ref, URIS[50], 0)
    spotify.remove_by_hand("ada", ref, URIS[0])
    for uri in (URIS[50], URIS[60]):
        await shared_playlists.add(store, Actor(CYD, SERVER, linked.now + timedelta(seconds=1)), number, song(uri))
    await publish.write(store, music, MEMBER, number, linked.now)
    assert at_spotify(linked) == [[URIS[50], *URIS[1:3], URIS[60]]]
    assert (await states(store, number))[URIS[0]] == SongState.TAKEN
    await drop(store, number, URIS[50], linked.now + timedelta(seconds=2), CYD)
    await publish.write(store, music, MEMBER, number, linked.now)
    assert at_spotify(linked) == [[URIS[50], *URIS[1:3], URIS[60]]]


async def test_finding_nothing_to_write_costs_one_call(linked: Linked) -> None:
    number, music = await begun(linked.store, linked.now, 120), await linked.music()
    await publish.write(linked.store, music, MEMBER, number, linked.now)
    later = linked.now + timedelta(minutes=1)  # by then the write has settled
    await publish.write(linked.store, music, MEMBER, number, later)
    linked.calls()
    await publish.write(linked.store, music, MEMBER, number, later)
    assert len(linked.calls()) == 1


@pytest.mark.parametrize("line", ["POST /v1/me/playlists", "POST /v1/playlists/*/items"])
async def test_p02_a_call_that_was_applied_and_answered_with_an_error_is_not_sent_twice(
    linked: Linked, line: str
) -> None:
    number, music = await begun(linked.store, linked.now), await linked.music()
    linked.stack.spotify.faults.append(Fault(line, "apply-then", times=1, status=502))
    for _ in range(2):
        with suppress(SpotifyDown):  # the worker would retry the job
            await publish.write(linked.store, music, MEMBER, number, linked.now)
    assert at_spotify(linked) == [URIS[:3]]


async def test_p04_an_existing_playlist_of_the_same_name_is_not_used(linked: Linked) -> None:
    linked.stack.spotify.create_playlist("ada", "Ours")
    number = await begun(linked.store, linked.now)
    await publish.write(linked.store, await linked.music(), MEMBER, number, linked.now)
    assert sorted(at_spotify(linked)) == [[], URIS[:3]]


async def test_a_former_hosts_playlist_is_no_longer_written(linked: Linked) -> None:
    number, music = await begun(linked.store, linked.now), await linked.music()
    await publish.write(linked.store, music, MEMBER, number, linked.now)
    await hosting.stop(linked.store, MEMBER, number)
    async with linked.store.writing() as tx:
        await members.ensure(tx, CYD, linked.now)
        await songs.like(tx, CYD, [Like(song(URIS[7]), None)], linked.now)
    await hosting.confirm(linked.store, Actor(CYD, SERVER, linked.now), number)
    linked.calls()
    assert await publish.write(linked.store, music, MEMBER, number, linked.now) is None
    assert linked.calls() == []
    local = LocalPlaylists(linked.store, CYD, lambda: linked.now)
    await publish.write(linked.store, local, CYD, number, linked.now)
    assert await there(linked, local, number) == URIS[:3]
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


async def test_a_deleted_playlist_loses_its_host_who_is_told(linked: Linked) -> None:
    number = await begun(linked.store, linked.now)
    await publish.write(linked.store, await linked.music(), MEMBER, number, linked.now)
    await publish.lose(linked.store, MEMBER, number, linked.now)
    assert (await shared_playlists.show(linked.store, DEE, SERVER, number)).shared.host is None
    async with linked.store.reading() as tx:
        assert [notice.kind for notice in await notices.waiting(tx, MEMBER)] == ["lost"]
    assert set((await states(linked.store, number)).values()) == {SongState.WANTED}


@pytest.mark.parametrize("times", [1, None])
async def test_p41_a_playlist_missing_once_keeps_its_host_and_loses_it_if_it_stays_missing(
    linked: Linked, times: int | None
) -> None:
    number = await begun(linked.store, linked.now)
    await publish.write(linked.store, await linked.music(), MEMBER, number, linked.now)
    await shared_playlists.add(linked.store, Actor(CYD, SERVER, linked.now), number, song(URIS[40]))
    linked.stack.spotify.faults.append(Fault("GET /v1/playlists/*", "status", times=times, status=404))
    heard = await shared_out(linked, number, linked.now + timedelta(minutes=2))
    assert heard == (["lost"] if times is None else [])
    assert at_spotify(linked) == [URIS[:3] if times is None else [*URIS[:3], URIS[40]]]


async def test_a_host_without_an_account_stops_hosting(store: Store, now: datetime) -> None:
    async def nowhere(_: int) -> Music:
        raise NotLinked

    number = await begun(store, now)
    await publish.share(store, nowhere, BOB, number, now)
    assert (await shared_playlists.show(store, DEE, SERVER, number)).shared.host == MEMBER, (
        "Bob isn't the host, so nothing changes"
    )
    await publish.share(store, nowhere, MEMBER, number, now)
    assert (await shared_playlists.show(store, DEE, SERVER, number)).shared.host is None


async def test_the_host_gets_a_receipt_for_the_first_write_and_the_last(linked: Linked) -> None:
    async def music_of(_: int) -> Music:
        return await linked.music()

    number = await begun(linked.store, linked.now)
    for _ in range(2):
        await publish.share(linked.store, music_of, MEMBER, number, linked.now)
    await hosting.end_and_remove(linked.store, MEMBER, number, linked.now)
    await publish.share(linked.store, music_of, MEMBER, number, linked.now)
    async with linked.store.reading() as tx:
        first, last = [notice.body for notice in await notices.waiting(tx, MEMBER)]
    assert (first["put_in"], first["ended"]) == (3, False)
    assert (last["taken_out"], last["ended"]) == (3, True)


class Meanwhile(SpotifyMusic):
    """A host's music, and what happens at the first request of a kind."""

    at: str
    then: list[Callable[[], Awaitable[object]]]

    async def create(self, name: str, mark: str = "") -> ListedPlaylist:
        made = await super().create(name, mark)
        await self._meanwhile("create")
        return made

    async def contents(self, playlist: str, known: Contents | None = None) -> Contents:
        await self._meanwhile("contents")
        return await super().contents(playlist, known)

    async def _meanwhile(self, request: str) -> None:
        if request == self.at and self.then:
            await self.then.pop()()


async def meanwhile(linked: Linked, request: str, then: Callable[[], Awaitable[object]]) -> Music:
    music = await linked.music()
    music.__class__, music.at, music.then = Meanwhile, request, [then]  # type: ignore[attr-defined]
    return music


async def test_p43_a_shared_playlist_is_said_to_be_written_only_once_read_back_from_spotify(linked: Linked) -> None:
    async def shown() -> str:
        view = await shared_playlists.show(linked.store, MEMBER, SERVER, number)
        return said(pages.show(view, MEMBER, linked.now))

    number = await begun(linked.store, linked.now)
    linked.stack.spotify.lag = Lag(items=60)
    with pytest.raises(Unsettled):
        await publish.write(linked.store, await linked.music(), MEMBER, number, linked.now, tell=True)
    async with linked.store.reading() as tx:
        assert await notices.waiting(tx, MEMBER) == []
    assert "3 changes are waiting to be written" in await shown()
    linked.stack.spotify.lag = Lag()
    assert await shared_out(linked, number, linked.now) == ["shared"]
    assert "Everything is written." in await shown()


async def test_who_takes_over_while_the_former_hosts_playlist_is_made_gets_their_own(linked: Linked) -> None:
    async def hand_over() -> None:
        await hosting.stop(linked.store, MEMBER, number)
        await hosting.confirm(linked.store, Actor(CYD, SERVER, linked.now), number)

    number = await begun(linked.store, linked.now)
    async with linked.store.writing() as tx:
        await members.ensure(tx, CYD, linked.now)
        await members.change(tx, CYD, source="file")
    music = await meanwhile(linked, "create", hand_over)
    assert await publish.write(linked.store, music, MEMBER, number, linked.now, tell=True) is None
    assert [shared.host for shared in await publish.unwritten(linked.store)] == [CYD], "after a crash, too"
    local = LocalPlaylists(linked.store, CYD, lambda: linked.now)
    await publish.write(linked.store, local, CYD, number, linked.now)
    assert await there(linked, local, number) == URIS[:3]
    assert at_spotify(linked) == [[]]
    async with linked.store.reading() as tx:
        assert await notices.waiting(tx, MEMBER) == [], "nobody keeps that playlist up to date"


async def test_a_host_who_ends_a_playlist_while_it_is_written_gets_the_last_receipt(linked: Linked) -> None:
    number = await begun(linked.store, linked.now)
    await publish.write(linked.store, await linked.music(), MEMBER, number, linked.now)
    await shared_playlists.add(linked.store, Actor(CYD, SERVER, linked.now), number, song(URIS[40]))
    end = partial(hosting.end_and_remove, linked.store, MEMBER, number, linked.now)
    music = await meanwhile(linked, "contents", end)
    written = await publish.write(linked.store, music, MEMBER, number, linked.now, tell=True)
    assert written is not None
    assert at_spotify(linked) == [[]]
    async with linked.store.reading() as tx:
        (told,) = await notices.waiting(tx, MEMBER)
    assert (told.body["taken_out"], told.body["ended"]) == (3, True)


async def test_p04_a_host_who_stops_during_a_write_gets_no_more_of_it(linked: Linked) -> None:
    async def stop(request: Request) -> None:
        if request.line.startswith("DELETE"):
            await hosting.stop(linked.store, MEMBER, number)

    number, later = await begun(linked.store, linked.now), linked.now + timedelta(minutes=2)
    await publish.write(linked.store, await linked.music(), MEMBER, number, linked.now)
    await drop(linked.store, number, URIS[0], linked.now, BOB, CYD, DEE)
    await shared_playlists.add(linked.store, Actor(CYD, SERVER, linked.now), number, song(URIS[40]))
    linked.stack.spotify.before.append(stop)
    assert await publish.write(linked.store, await linked.music(), MEMBER, number, later, tell=True) is None
    assert at_spotify(linked) == [URIS[1:3]]


async def test_a_playlist_that_seemed_missing_gets_its_time_again_with_the_next_host(linked: Linked) -> None:
    number = await begun(linked.store, linked.now)
    await publish.write(linked.store, await linked.music(), MEMBER, number, linked.now)
    async with linked.store.writing() as tx:
        await table.change(tx, number, missed_at=linked.now)
        await personal_data.forget_spotify(tx, MEMBER)
        assert (known := await table.get(tx, number)) is not None
    assert (known.host, known.ref, known.missed_at) == (None, None, None)


async def test_p41_a_host_whose_playlist_seemed_missing_long_ago_loses_it_no_sooner(linked: Linked) -> None:
    number = await begun(linked.store, linked.now)
    await publish.write(linked.store, await linked.music(), MEMBER, number, linked.now)
    await shared_playlists.add(linked.store, Actor(CYD, SERVER, linked.now), number, song(URIS[40]))
    async with linked.store.writing() as tx:
        await table.change(tx, number, missed_at=linked.now - timedelta(days=30))
    linked.stack.spotify.faults.append(Fault("GET /v1/playlists/*", "status", status=404))
    assert await shared_out(linked, number, linked.now + timedelta(minutes=2)) == []
    assert at_spotify(linked) == [[*URIS[:3], URIS[40]]]


async def test_refused_songs_are_named_and_the_host_can_retry_them(linked: Linked) -> None:
    number, later = await begun(linked.store, linked.now), linked.now + timedelta(minutes=5)
    linked.stack.spotify.faults.append(Fault("POST /v1/playlists/*/items", "status", times=None, status=403))
    await shared_out(linked, number, linked.now)
    page = pages.show(await shared_playlists.show(linked.store, MEMBER, SERVER, number), MEMBER, later)
    shown = str(page.to_components())
    assert "3 changes couldn't be written" in shown
    assert shown.count("not written: the playlist is full") == 3
    assert "Everything is written" not in shown
    linked.stack.spotify.faults.clear()
    await hosting.confirm(linked.store, Actor(MEMBER, SERVER, later), number)
    await shared_out(linked, number, later)
    assert at_spotify(linked) == [URIS[:3]]


@pytest.mark.slow
async def test_p41_one_empty_response_loses_no_song(linked: Linked) -> None:
    number, later = await begun(linked.store, linked.now), linked.now + timedelta(minutes=2)
    await shared_out(linked, number, linked.now)
    await shared_playlists.add(linked.store, Actor(CYD, SERVER, later), number, song(URIS[40]))

    def emptied(answer: dict) -> dict:
        return answer | {"items": answer["items"] | {"items": [], "total": 0}}

    linked.stack.spotify.faults.append(Fault("GET /v1/playlists/*", "edit", edit=emptied))
    await shared_out(linked, number, later)
    assert at_spotify(linked) == [[*URIS[:3], URIS[40]]]
    assert set((await states(linked.store, number)).values()) == {SongState.WRITTEN}
