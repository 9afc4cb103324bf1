"""The Spotify adapter against the stand-in, over HTTP: what it asks for, how often, and what it makes of refusals."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web

from bot.adapters.spotify import Pace, Spotify, SpotifyMusic
from bot.adapters.store import limits, members
from bot.core.records import Account, Item
from bot.errors import (
    ConsentEnded,
    CoolingDown,
    LinkRefused,
    NotLinked,
    NotOnAllowList,
    PlaylistGone,
    SpotifyDown,
    SpotifyError,
)
from sandbox.spotify import App
from sandbox.spotify.faults import Request
from tests.contract.stage import (
    APP,
    BACK,
    IDA,
    LIKES,
    MARA,
    OLE,
    START,
    TOKEN,
    UNHURRIED,
    URIS,
    Stage,
    agree,
    empty_store,
    returned,
    served,
    staged,
)

ADD = "POST /v1/playlists/*/items"


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return asyncio.run(empty_store(tmp_path_factory.mktemp("store")))


@pytest.fixture
async def stage(tmp_path: Path, empty: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path, empty) as stage:
        yield stage


@pytest.fixture
async def mara(stage: Stage) -> SpotifyMusic:
    music = await stage.link(MARA, "mara")
    stage.world.requests.clear()
    return music


# ---------------------------------------------------------------- reading
async def test_a_library_is_read_with_one_request_per_50_songs(stage: Stage, mara: SpotifyMusic) -> None:
    pages = [await mara.likes(offset) for offset in range(0, len(URIS), 50)]
    assert [like.song.song for page in pages for like in page.likes] == URIS
    assert {page.total for page in pages} == {260}
    assert stage.asked() == [LIKES] * 6


async def test_a_liked_song_comes_with_all_that_a_card_shows(mara: SpotifyMusic) -> None:
    like = (await mara.likes(7)).likes[0]
    assert (like.song.title, like.song.artists, like.song.album) == ("Song 7", ("First", "Second"), "Album 7")
    assert (like.song.year, like.song.duration_ms, like.song.isrc) == (2019, 200_007, "ZZAAA1900007")
    assert like.song.url == f"https://open.spotify.com/track/{like.song.song.rsplit(':', 1)[-1]}"
    assert like.song.cover
    assert like.added_at == START - timedelta(days=7)


async def test_what_is_no_song_keeps_its_place_in_a_playlist(stage: Stage, mara: SpotifyMusic) -> None:
    run = stage.world.create_playlist("mara", "Run")
    kept = [URIS[0], "spotify:episode:512ojhOuo1ktJprKbVcKyQ", URIS[1], "spotify:local:A:B:C:120", URIS[2]]
    for uri in kept:
        stage.world.add_by_hand("mara", run.id, uri)
    stage.world.taken_down.add(URIS[1])
    contents = await mara.contents(run.id)
    assert contents.songs == [URIS[0], None, None, None, URIS[2]]
    assert contents.items[0] == Item(URIS[0], START)


@pytest.mark.parametrize(("places", "requests"), [(0, 1), (100, 1), (101, 2), (150, 2), (260, 5)])
async def test_a_playlist_is_read_with_no_more_than_one_request_per_50_places(
    stage: Stage, mara: SpotifyMusic, places: int, requests: int
) -> None:
    run = stage.world.create_playlist("mara", "Run")
    stage.world.add("mara", run.id, URIS[:places])
    contents = await mara.contents(run.id)
    assert contents.songs == URIS[:places]
    assert contents.snapshot == run.snapshot
    assert len(stage.asked()) == requests


async def test_a_playlist_that_gets_shorter_while_it_is_read_ends_the_reading(stage: Stage, mara: SpotifyMusic) -> None:
    run = stage.world.create_playlist("mara", "Run")
    stage.world.add("mara", run.id, URIS)
    seen = run.snapshot

    async def shorten(_: Request) -> None:
        if len(run.rows) == len(URIS):
            stage.world.remove("mara", run.id, URIS[100:])

    stage.world.after.append(shorten)
    contents = await mara.contents(run.id)
    assert contents.songs == URIS[:100]
    assert contents.snapshot == seen != run.snapshot


async def test_playlists_are_those_that_the_member_may_write_to(stage: Stage, mara: SpotifyMusic) -> None:
    world = stage.world
    own = [world.create_playlist("mara", f"Own {number}") for number in range(60)]
    followed, joint = world.create_playlist("ida", "Hers"), world.create_playlist("ida", "Ours", collaborative=True)
    world.follow("mara", followed.id)
    world.follow("mara", joint.id)
    world.accounts["mara"].playlists.insert(3, None)
    world.add("mara", own[5].id, URIS[:3])
    listed = {found.id: found for found in await mara.playlists()}
    assert set(listed) == {each.id for each in own} | {joint.id}
    assert (listed[own[5].id].name, listed[own[5].id].total, listed[own[5].id].snapshot) == (
        "Own 5",
        3,
        own[5].snapshot,
    )
    assert stage.asked() == ["GET /v1/me/playlists"] * 2
    after_a_restart = await stage.music(MARA, stage.again())
    assert {found.id for found in await after_a_restart.playlists()} == set(listed)


# ---------------------------------------------------------------- writing
async def test_songs_go_in_where_they_are_wanted_with_one_request(stage: Stage, mara: SpotifyMusic) -> None:
    run = stage.world.create_playlist("mara", "Run")
    await mara.add(run.id, URIS[:100], None)
    await mara.add(run.id, URIS[100:102], 1)
    assert list(run.uris) == [URIS[0], URIS[100], URIS[101], *URIS[1:100]]
    assert len(stage.asked()) == 2


async def test_a_removal_leaves_what_came_after_the_snapshot(stage: Stage, mara: SpotifyMusic) -> None:
    run = stage.world.create_playlist("mara", "Run")
    stage.world.add("mara", run.id, [URIS[0], URIS[1], URIS[0]])
    seen = (await mara.contents(run.id)).snapshot
    stage.world.add_by_hand("mara", run.id, URIS[0])
    await mara.remove(run.id, [URIS[0]], seen)
    assert list(run.uris) == [URIS[1], URIS[0]]


async def test_a_new_playlist_is_asked_to_be_private(stage: Stage, mara: SpotifyMusic) -> None:
    made = await mara.create("Late night")
    assert stage.world.playlists[made.id].name == made.name == "Late night"
    assert not stage.world.playlists[made.id].public
    assert (made.total, made.snapshot) == (0, stage.world.playlists[made.id].snapshot)


@pytest.mark.parametrize("playlist", ["4uLU6hMCjMI75M1A2tKUQC", "../me", "", "a/b?c=d", "spotify:playlist:x"])
async def test_a_playlist_that_is_not_there_is_gone(stage: Stage, mara: SpotifyMusic, playlist: str) -> None:
    for call in (mara.contents(playlist), mara.add(playlist, URIS[:1], None), mara.remove(playlist, URIS[:1], None)):
        with pytest.raises(PlaylistGone):
            await call
    assert all(line.endswith(("4uLU6hMCjMI75M1A2tKUQC", "4uLU6hMCjMI75M1A2tKUQC/items")) for line in stage.asked())


async def test_someone_else_s_playlist_is_gone_too(stage: Stage, mara: SpotifyMusic) -> None:
    hers = stage.world.create_playlist("ida", "Hers")
    for call in (mara.contents(hers.id), mara.add(hers.id, URIS[:1], None)):
        with pytest.raises(PlaylistGone):
            await call


@pytest.mark.parametrize("fault", [{"status": 502}, {"status": 0}, {"status": 500}])
async def test_p02_an_add_that_was_answered_502_is_sent_once(
    stage: Stage, mara: SpotifyMusic, fault: dict[str, int]
) -> None:
    run = stage.world.create_playlist("mara", "Run")
    stage.fault(ADD, "apply-then", **fault)
    with pytest.raises(SpotifyDown):
        await mara.add(run.id, URIS[:3], None)
    assert (await mara.contents(run.id)).songs == URIS[:3]
    assert len(stage.asked("POST")) == 1


# ---------------------------------------------------------------- waiting
async def test_p06_a_short_retry_after_is_waited_out_once(stage: Stage, mara: SpotifyMusic) -> None:
    stage.fault(LIKES, "status", status=429, retry_after=1)
    assert (await mara.likes(0)).total == 260
    assert stage.clock.naps == [1.0]
    assert stage.asked() == [LIKES] * 2


async def test_p06_a_second_refusal_ends_the_waiting(stage: Stage, mara: SpotifyMusic) -> None:
    stage.fault(LIKES, "status", status=429, retry_after=1, times=None)
    with pytest.raises(CoolingDown):
        await mara.likes(0)
    assert stage.asked() == [LIKES] * 2


async def test_p06_nobody_asks_during_a_long_retry_after_not_even_after_a_restart(
    stage: Stage, mara: SpotifyMusic
) -> None:
    ida = await stage.link(IDA, "ida")
    stage.world.requests.clear()
    stage.fault(LIKES, "status", status=429, retry_after=86_400)
    with pytest.raises(CoolingDown) as told:
        await mara.likes(0)
    assert told.value.until == stage.clock() + timedelta(days=1)
    assert f"<t:{int(told.value.until.timestamp())}:t>" in told.value.for_member()
    after_a_restart = await stage.music(MARA, stage.again())
    stage.clock.pass_by(hours=23, minutes=59)
    for call in (ida.likes(0), mara.playlists(), after_a_restart.likes(0)):
        with pytest.raises(CoolingDown):
            await call
    assert stage.asked() == [LIKES]
    assert stage.clock.naps == []
    stage.clock.pass_by(minutes=1)
    assert (await after_a_restart.likes(0)).total == 260


async def test_p06_a_spent_quota_is_never_tried_again(stage: Stage, mara: SpotifyMusic) -> None:
    stage.fault(LIKES, "quota", retry_after=2)
    with pytest.raises(CoolingDown) as told:
        await mara.likes(0)
    assert told.value.until == stage.clock() + timedelta(seconds=2)
    assert stage.asked() == [LIKES]
    assert stage.clock.naps == []


async def test_p06_a_429_without_a_time_keeps_out_of_the_rolling_window(stage: Stage, mara: SpotifyMusic) -> None:
    stage.fault(LIKES, "status", status=429)
    with pytest.raises(CoolingDown) as told:
        await mara.likes(0)
    assert told.value.until == stage.clock() + timedelta(seconds=30)


async def test_p06_a_shorter_cooldown_does_not_end_a_longer_one(stage: Stage, mara: SpotifyMusic) -> None:
    ida, arrived, released = await stage.link(IDA, "ida"), asyncio.Event(), asyncio.Event()
    stage.fault(LIKES, "status", status=429, retry_after=86_400)
    stage.fault("GET /v1/me/playlists", "status", status=429, retry_after=60)

    async def hold_back(request: Request) -> None:
        if "playlists" in request.line:
            arrived.set()
            await released.wait()

    stage.world.before.append(hold_back)
    late = asyncio.create_task(ida.playlists())
    await arrived.wait()
    with pytest.raises(CoolingDown):
        await mara.likes(0)
    released.set()
    with pytest.raises(CoolingDown) as told:
        await late
    assert told.value.until == stage.clock() + timedelta(days=1)
    async with stage.store.reading() as tx:
        assert await limits.cooldown(tx, APP) == told.value.until


async def test_requests_are_paced_and_counted(stage: Stage, mara: SpotifyMusic) -> None:
    paced, before = await stage.music(MARA, stage.again(Pace(rate=1, burst=10))), stage.clock()
    async with stage.store.reading() as tx:
        spent = await limits.spent(tx, APP, stage.clock())
    for _ in range(30):
        await paced.likes(0)
    assert stage.clock() - before == timedelta(seconds=20)
    async with stage.store.reading() as tx:
        assert await limits.spent(tx, APP, stage.clock()) == spent + 30


async def test_p07_an_outage_costs_one_request_a_step_and_two_lines(
    stage: Stage, mara: SpotifyMusic, caplog: pytest.LogCaptureFixture
) -> None:
    stage.fault("GET *", "status", status=503, times=None)
    end = stage.clock() + timedelta(minutes=10)
    with caplog.at_level(logging.INFO, "bot"):
        while stage.clock() < end:
            with suppress(SpotifyDown):
                await mara.likes(0)
            stage.clock.pass_by(seconds=5)
        tried = len(stage.asked())
        stage.world.faults.clear()
        stage.clock.pass_by(minutes=5)
        assert (await mara.likes(0)).total == 260
    assert tried < 40  # 120 callers came by; the steps grow to five minutes, each drawn from all of its length
    start, over = caplog.messages
    assert "does not answer" in start
    assert f"after {tried} tries" in over


async def test_no_connection_is_an_outage(stage: Stage, mara: SpotifyMusic) -> None:
    stage.fault(LIKES, "drop")
    with pytest.raises(SpotifyDown, match="cannot be reached"):
        await mara.likes(0)
    assert stage.asked() == [LIKES]


# ---------------------------------------------------------------- tokens
async def test_tokens_are_renewed_before_they_expire(stage: Stage, mara: SpotifyMusic) -> None:
    before = await stage.tokens(MARA)
    stage.clock.pass_by(minutes=59, seconds=30)
    await mara.likes(0)
    assert stage.asked() == [TOKEN, LIKES]
    after = await stage.tokens(MARA)
    assert after.access != before.access
    assert after.expires_at == stage.clock() + timedelta(hours=1)


async def test_a_rejected_access_token_is_renewed_and_the_call_repeated(stage: Stage, mara: SpotifyMusic) -> None:
    run = stage.world.create_playlist("mara", "Run")
    stage.world.tokens.expire_access("mara")
    await mara.add(run.id, URIS[:1], None)
    assert list(run.uris) == URIS[:1]
    assert stage.asked(TOKEN) == [TOKEN]


async def test_a_fresh_token_that_is_rejected_too_is_not_tried_for_ever(stage: Stage, mara: SpotifyMusic) -> None:
    stage.fault(LIKES, "status", status=401, times=None)
    with pytest.raises(SpotifyError):
        await mara.likes(0)
    assert stage.asked() == [LIKES, TOKEN, LIKES]


@pytest.mark.parametrize("revoked", [True, False])
async def test_p08_ended_consent_deletes_the_tokens_and_is_never_refreshed_again(
    stage: Stage, mara: SpotifyMusic, revoked: bool
) -> None:
    if revoked:
        stage.world.revoke("mara")
    stage.clock.pass_by(days=1 if revoked else 185)
    for _ in range(3):
        with pytest.raises(ConsentEnded):
            await mara.likes(0)
    account = await stage.account(MARA)
    assert account is not None
    assert account.tokens == b""
    assert stage.asked() == [TOKEN]


async def test_p09_fifty_callers_make_one_refresh(stage: Stage, mara: SpotifyMusic) -> None:
    stage.clock.pass_by(hours=2)
    pages = await asyncio.gather(*(mara.likes(0) for _ in range(50)))
    assert {page.total for page in pages} == {260}
    assert (len(stage.asked(TOKEN)), len(stage.asked(LIKES))) == (1, 50)


async def test_p09_a_refresh_whose_reply_was_lost_breaks_nothing(stage: Stage, mara: SpotifyMusic) -> None:
    stage.clock.pass_by(hours=2)
    stage.fault(TOKEN, "apply-then", status=0)
    with pytest.raises(SpotifyDown):
        await mara.likes(0)
    assert (await mara.likes(0)).total == 260


@pytest.mark.parametrize("single_use", [True, False])
async def test_p09_a_refresh_that_was_never_written_breaks_nothing(
    stage: Stage, mara: SpotifyMusic, single_use: bool
) -> None:
    """Killed between reply and commit; where Spotify lets a token refresh but once, the member links again."""
    stage.world.tokens.single_use = single_use
    before = await stage.account(MARA)
    assert before is not None
    stage.clock.pass_by(hours=2)
    await mara.likes(0)
    async with stage.store.writing() as tx:
        await members.save_account(tx, before)
    after_the_kill = await stage.music(MARA, stage.again())
    if single_use:
        with pytest.raises(ConsentEnded):
            await after_the_kill.likes(0)
    else:
        assert (await after_the_kill.likes(0)).total == 260


async def test_p09_who_gives_up_during_a_refresh_does_not_lose_it(stage: Stage, mara: SpotifyMusic) -> None:
    arrived = asyncio.Event()

    async def arrive(_: Request) -> None:
        arrived.set()

    stage.world.before.append(arrive)
    stage.clock.pass_by(hours=2)
    before = await stage.tokens(MARA)
    impatient = asyncio.create_task(mara.likes(0))
    await arrived.wait()
    impatient.cancel()
    with pytest.raises(asyncio.CancelledError):
        await impatient
    assert (await stage.tokens(MARA)).access != before.access
    await mara.likes(0)
    assert stage.asked() == [TOKEN, LIKES]


async def test_p10_a_reply_without_a_refresh_token_keeps_the_old_one(stage: Stage, mara: SpotifyMusic) -> None:
    before = await stage.tokens(MARA)
    stage.fault(TOKEN, "omit-refresh-token")
    stage.clock.pass_by(hours=2)
    await mara.likes(0)
    after = await stage.tokens(MARA)
    assert after.access != before.access
    assert after.refresh == before.refresh


async def test_who_unlinks_during_a_refresh_stays_unlinked(stage: Stage, mara: SpotifyMusic) -> None:
    async def unlink(_: Request) -> None:
        async with stage.store.writing() as tx:
            await members.delete_account(tx, MARA)

    stage.world.after.append(unlink)
    stage.clock.pass_by(hours=2)
    with pytest.raises(NotLinked):
        await mara.likes(0)
    assert await stage.account(MARA) is None
    assert stage.asked(LIKES) == []


async def test_who_links_again_during_a_refresh_keeps_the_new_link(stage: Stage, mara: SpotifyMusic) -> None:
    old = await stage.account(MARA)
    stage.clock.pass_by(hours=2)
    await stage.link(MARA, "mara")
    new = await stage.account(MARA)
    assert old is not None
    assert new is not None

    async def put(account: Account) -> None:
        async with stage.store.writing() as tx:
            await members.save_account(tx, account)

    async def link_again(request: Request) -> None:
        if request.line == TOKEN:
            await put(new)

    await put(old)
    stage.world.after.append(link_again)
    await mara.likes(0)
    assert await stage.account(MARA) == new


# ---------------------------------------------------------------- linking
async def test_p11_a_member_without_a_seat_hears_so_and_leaves_nothing_behind(stage: Stage) -> None:
    state, code = returned(await agree(await stage.begin(OLE), "ole"))
    stage.world.requests.clear()
    with pytest.raises(NotOnAllowList) as told:
        await stage.finish(state, code)
    assert "no seat" in told.value.for_member()
    assert stage.asked() == [TOKEN, "GET /v1/me"]
    assert await stage.account(OLE) is None
    with pytest.raises(LinkRefused):
        await stage.finish(state, code)


async def test_p11_a_member_who_loses_the_seat_later_hears_so_too(stage: Stage, mara: SpotifyMusic) -> None:
    stage.world.apps[APP].users.remove("mara")
    with pytest.raises(NotOnAllowList):
        await mara.likes(0)
    assert stage.asked() == [LIKES]


async def test_an_account_is_known_by_the_key_that_never_changes(stage: Stage, mara: SpotifyMusic) -> None:
    account = await stage.account(MARA)
    assert account is not None
    assert (account.user_key, account.name) == (stage.world.accounts["mara"].account_id, "Mara")


async def test_an_app_with_a_secret_shows_it_and_one_with_the_wrong_secret_is_refused(stage: Stage) -> None:
    stage.world.apps.clear()
    stage.world.register(App(APP, frozenset({BACK}), secret="right", users={"mara"}))
    stage.spotify = stage.again(UNHURRIED, **{APP: "right"})
    await stage.link(MARA, "mara")
    stage.spotify = stage.again(UNHURRIED, **{APP: "wrong"})
    with pytest.raises(SpotifyError, match="invalid_client"):
        await stage.link(MARA, "mara")


async def test_a_code_that_is_not_ours_is_refused(stage: Stage) -> None:
    with pytest.raises(LinkRefused):
        await stage.spotify.exchange(APP, "no-such-code", "verifier", BACK)


# ---------------------------------------------------------------- answers that Spotify should not give
MALFORMED = ["", "<html>", "[]", "null", "{}", '{"items": [7], "total": 1}', '{"items": null}']


def answering(app: web.Application, status: int, body: str, **headers: str) -> web.Application:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=body, headers=headers)

    app.router.add_route("*", "/{tail:.*}", answer)
    return app


def elsewhere(stage: Stage, origin: str) -> Spotify:
    """The adapter, with a Web API that is not the stand-in's."""
    return Spotify(
        stage.store,
        stage.vault,
        api_url=f"{origin}/v1/",
        accounts_url=f"{stage.root}/accounts",
        secrets={},
        clock=stage.clock,
        pace=UNHURRIED,
        sleep=stage.clock.sleep,
    )


async def test_a_malformed_answer_is_a_typed_error(stage: Stage, mara: SpotifyMusic) -> None:
    for body in MALFORMED:
        async with served(answering(web.Application(), 200, body)) as origin:
            music = await stage.music(MARA, elsewhere(stage, origin))
            for call in (music.likes(0), music.playlists(), music.contents("x"), music.create("x")):
                with pytest.raises((SpotifyDown, PlaylistGone)):
                    await call


@pytest.mark.parametrize("status", [400, 401, 403, 404, 418, 429, 500, 503])
async def test_a_malformed_refusal_is_a_typed_error(stage: Stage, mara: SpotifyMusic, status: int) -> None:
    for body in (*MALFORMED, '{"error": null}', '{"error": []}', '{"error": "x"}'):
        app = answering(web.Application(), status, body, **{"Retry-After": "soon"})
        async with served(app) as origin:
            music = await stage.music(MARA, elsewhere(stage, origin))
            with pytest.raises(SpotifyError):
                await music.likes(0)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_p36_no_token_follows_a_redirect(stage: Stage, mara: SpotifyMusic, status: int) -> None:
    stage.world.requests.clear()
    app = answering(web.Application(), status, "", Location=f"{stage.root}/v1/me/tracks")
    async with served(app) as origin:
        music = await stage.music(MARA, elsewhere(stage, origin))
        for call in (music.likes(0), music.add("x", URIS[:1], None)):
            with pytest.raises(SpotifyError):
                await call
    assert stage.asked() == []


async def test_a_token_answer_that_is_malformed_keeps_the_tokens(stage: Stage, mara: SpotifyMusic) -> None:
    before = await stage.tokens(MARA)
    stage.clock.pass_by(hours=2)
    async with served(answering(web.Application(), 200, '{"access_token": "x"}')) as origin:
        odd = Spotify(
            stage.store,
            stage.vault,
            api_url=f"{stage.root}/v1/",
            accounts_url=origin,
            secrets={},
            clock=stage.clock,
        )
        with pytest.raises(SpotifyDown, match="malformed"):
            await (await stage.music(MARA, odd)).likes(0)
    assert await stage.tokens(MARA) == before
