"""Tokens: refreshed in time, once, and never lost; and how members get them."""

import asyncio
from datetime import timedelta

import pytest

from bot.adapters.spotify import SpotifyMusic
from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.core.records import Account
from bot.errors import LinkRefused, NotLinked
from bot.errors.spotify import AppRefused, ConsentEnded, NotOnAllowList, SpotifyDown, SpotifyError
from bot.messages.errors import describe
from sandbox.spotify import App
from sandbox.spotify.errors import SEATLESS
from sandbox.spotify.faults import Request
from tests.contract.spotify.stage import APP, BACK, LIKES, MARA, OLE, TOKEN, URIS, Stage, agree, returned


async def test_tokens_are_refreshed_before_they_expire(stage: Stage, mara: SpotifyMusic) -> None:
    before = await stage.tokens(MARA)
    stage.clock.pass_by(minutes=59, seconds=30)
    await mara.likes(0)
    assert stage.asked() == [TOKEN, LIKES]
    after = await stage.tokens(MARA)
    assert after.access != before.access
    assert after.expires_at == stage.clock() + timedelta(hours=1)


async def test_a_rejected_access_token_is_refreshed_and_the_call_repeated(stage: Stage, mara: SpotifyMusic) -> None:
    run = stage.world.create_playlist("mara", "Run")
    stage.world.tokens.expire_access("mara")
    await mara.add(run.id, URIS[:1], None)
    assert list(run.uris) == URIS[:1]
    assert stage.asked(TOKEN) == [TOKEN]


async def test_a_fresh_token_rejected_too_is_not_retried_forever(stage: Stage, mara: SpotifyMusic) -> None:
    stage.fault(LIKES, "status", status=401, times=None)
    with pytest.raises(SpotifyError):
        await mara.likes(0)
    assert stage.asked() == [LIKES, TOKEN, LIKES]


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_a_refused_refresh_says_nothing_about_songs_or_playlists(
    stage: Stage, mara: SpotifyMusic, status: int
) -> None:
    run = stage.world.create_playlist("mara", "Run")
    stage.clock.pass_by(hours=2)
    stage.fault(TOKEN, "status", status=status, times=None)
    for call in (mara.add(run.id, URIS[:1], None), mara.remove(run.id, URIS[:1], None), mara.save(URIS[:1])):
        with pytest.raises(SpotifyDown):
            await call
    assert set(stage.asked()) == {TOKEN}
    account = await stage.account(MARA)
    assert account is not None
    assert account.tokens


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
    async with stage.store.reading() as tx:
        assert await members.due(tx, stage.clock(), 9) == []


async def test_p09_fifty_callers_make_one_refresh(stage: Stage, mara: SpotifyMusic) -> None:
    stage.clock.pass_by(hours=2)
    pages = await asyncio.gather(*(mara.likes(0) for _ in range(50)))
    assert {page.total for page in pages} == {260}
    assert (len(stage.asked(TOKEN)), len(stage.asked(LIKES))) == (1, 50)


@pytest.mark.postgresql
async def test_p09_processes_that_call_at_once_make_one_refresh(stage: Stage, mara: SpotifyMusic) -> None:
    """Single-use refresh tokens, and a slow reply: a second refresh would be refused, and end the consent."""
    stage.world.tokens.single_use = True
    stores = [Store(stage.store.url) for _ in range(3)]
    elsewhere = [await stage.music(MARA, stage.again(store=store)) for store in stores]
    stage.fault(TOKEN, "slow", seconds=0.3, times=None)
    stage.clock.pass_by(hours=2)
    pages = await asyncio.gather(*(music.likes(0) for music in [mara, *elsewhere] * 5))
    assert {page.total for page in pages} == {260}
    assert len(stage.asked(TOKEN)) == 1
    for store in stores:
        await store.close()


async def test_p09_a_refresh_whose_reply_was_lost_breaks_nothing(stage: Stage, mara: SpotifyMusic) -> None:
    stage.clock.pass_by(hours=2)
    stage.fault(TOKEN, "apply-then", status=0)
    with pytest.raises(SpotifyDown):
        await mara.likes(0)
    assert (await mara.likes(0)).total == 260


@pytest.mark.parametrize("single_use", [True, False])
async def test_p09_a_refresh_that_was_never_stored_breaks_nothing(
    stage: Stage, mara: SpotifyMusic, single_use: bool
) -> None:
    """Killed between reply and commit; if Spotify's refresh tokens are single-use, the member must link again."""
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


async def test_p09_a_caller_cancelled_during_a_refresh_does_not_lose_it(stage: Stage, mara: SpotifyMusic) -> None:
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


async def test_unlinking_during_a_refresh_stays_unlinked(stage: Stage, mara: SpotifyMusic) -> None:
    async def unlink(_: Request) -> None:
        async with stage.store.writing() as tx:
            await members.delete_account(tx, MARA)

    stage.world.after.append(unlink)
    stage.clock.pass_by(hours=2)
    with pytest.raises(NotLinked):
        await mara.likes(0)
    assert await stage.account(MARA) is None
    assert stage.asked(LIKES) == []


async def test_linking_again_during_a_refresh_keeps_the_new_link(stage: Stage, mara: SpotifyMusic) -> None:
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
async def test_p11_a_member_without_a_seat_is_told_so_and_leaves_nothing_behind(stage: Stage) -> None:
    state, code = returned(await agree(await stage.begin(OLE), "ole"))
    stage.world.requests.clear()
    with pytest.raises(NotOnAllowList) as told:
        await stage.linking.arrive(state, code)
    assert "no seat" in describe(told.value)
    assert stage.asked() == [TOKEN, "GET /v1/me"]
    assert await stage.account(OLE) is None
    with pytest.raises(LinkRefused):
        await stage.linking.arrive(state, code)


@pytest.mark.parametrize("wording", SEATLESS)
async def test_p11_a_member_who_loses_the_seat_later_is_told_too(
    stage: Stage, mara: SpotifyMusic, wording: str
) -> None:
    stage.world.seatless = wording
    stage.world.apps[APP].users.remove("mara")
    with pytest.raises(NotOnAllowList):
        await mara.likes(0)
    assert stage.asked() == [LIKES]


async def test_an_app_whose_owner_has_no_premium_costs_nobody_a_playlist_and_is_logged_once(
    stage: Stage, mara: SpotifyMusic, caplog
) -> None:
    """Spotify then refuses every call with 403, just as it does for a playlist that isn't theirs."""
    run = stage.world.create_playlist("mara", "Run")
    app = stage.world.apps[APP]
    for _lapse in range(2):
        app.premium = False
        for call in (mara.contents(run.id), mara.add(run.id, URIS[:1], None), mara.saved(URIS[:1]), mara.likes(0)):
            with pytest.raises(AppRefused):
                await call
        app.premium = True
        assert (await mara.contents(run.id)).items == ()
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [
        f"Spotify refuses the app {APP}: its owner has no Premium"
    ] * 2


async def test_an_app_that_was_deleted_is_named_as_the_cause_and_ends_no_consent(
    stage: Stage, mara: SpotifyMusic
) -> None:
    del stage.world.apps[APP]
    stage.clock.pass_by(hours=2)
    for _ in range(2):
        with pytest.raises(AppRefused, match=f"{APP}: invalid_client") as told:
            await mara.likes(0)
    assert "/link client_id:" in describe(told.value)
    assert (await stage.tokens(MARA)).refresh


async def test_an_account_is_identified_by_the_key_that_never_changes(stage: Stage, mara: SpotifyMusic) -> None:
    account = await stage.account(MARA)
    assert account is not None
    assert (account.user_key, account.name) == (stage.world.accounts["mara"].account_id, "Mara")


async def test_an_app_with_a_secret_sends_it_and_a_wrong_one_is_refused(stage: Stage) -> None:
    stage.world.apps.clear()
    stage.world.register(App(APP, frozenset({BACK}), secret="right", users={"mara"}))
    stage.restart(**{APP: "right"})
    await stage.link(MARA, "mara")
    stage.restart(**{APP: "wrong"})
    with pytest.raises(SpotifyError, match="invalid_client"):
        await stage.link(MARA, "mara")


async def test_a_code_that_is_not_ours_is_refused(stage: Stage) -> None:
    with pytest.raises(LinkRefused):
        await stage.spotify.exchange(APP, "no-such-code", "verifier", BACK)
