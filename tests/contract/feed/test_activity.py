"""The Activity's endpoints over HTTP, with a stand-in for Discord's OAuth and a real store."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.adapters.identity import REST, Identity
from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.config import Secret
from bot.core.records import Actor
from bot.errors import ChatDown, LinkRefused, LinkUsed
from bot.flows.account import sessions
from bot.flows.account.link import Linking
from bot.flows.feed.pages.activity import Activity
from bot.web import application as pages
from bot.web.activity import app as activity
from sandbox import discord
from sandbox.discord import User, World

OURS = {"X-Cratekeeper": "1"}
SECRET = "canary-client-secret"


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


class Counted(Identity):
    """Counts how many codes are being checked at once, and the maximum."""

    asked = most = 0

    async def member(self, code: str) -> int:
        self.asked += 1
        self.most = max(self.most, self.asked)
        try:
            return await super().member(code)
        finally:
            self.asked -= 1


@dataclass
class Stage:
    """The pages of a bot on the stand-in for Discord, and Anna, a member."""

    world: World
    store: Store
    http: aiohttp.ClientSession
    origin: str
    anna: User
    identity: Counted

    async def enter(self, code: str, **headers: str) -> tuple[int, Any]:
        return await self.post({"code": code}, {**OURS, **headers})

    async def post(self, body: Any, headers: dict[str, str]) -> tuple[int, Any]:
        async with self.http.post(f"{self.origin}/activity/session", json=body, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)

    async def known(self) -> bool:
        async with self.store.reading() as tx:
            return await members.get(tx, self.anna.id) is not None


def clock() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
async def stage(store: Store) -> AsyncIterator[Stage]:
    world = World()
    world.application.secret = SECRET
    async with serving(discord.application(world)) as api, aiohttp.ClientSession() as http:
        identity = Counted(f"{api}/api/v10", Secret(world.token), Secret(SECRET))
        app = pages(_nothing, _healthy)
        inside = Activity(store, identity, clock)
        app.add_subapp("/activity", activity.application(inside, web.Application(), "https://bot.example", lambda: 0.0))
        async with serving(app) as origin:
            yield Stage(world, store, http, origin, world.add_user("anna"), identity)


async def _nothing(*_: object) -> None: ...


async def _healthy() -> dict[str, Any]:
    return {"ok": True}


async def test_agreeing_in_discord_gives_a_session(stage: Stage) -> None:
    status, said = await stage.enter(stage.world.oauth.consent(stage.anna))
    assert status == 200
    assert await sessions.holder(stage.store, said["session"], clock()) == stage.anna.id
    assert await stage.known()


async def test_opening_the_activity_often_logs_no_browser_out(stage: Stage) -> None:
    browser = await sessions.begin(stage.store, Actor(stage.anna.id, None, clock()))
    opened = [(await stage.enter(stage.world.oauth.consent(stage.anna)))[1]["session"] for _ in range(6)]
    held = [await sessions.holder(stage.store, token, clock()) for token in (browser, *opened)]
    assert held == [stage.anna.id, None, *[stage.anna.id] * 5]
    assert await sessions.holder(stage.store, opened[-1], clock() + sessions.FRAME_GOOD_FOR) is None


async def test_a_code_works_once(stage: Stage) -> None:
    code = stage.world.oauth.consent(stage.anna)
    await stage.enter(code)
    status, said = await stage.enter(code)
    assert (status, said["detail"]) == (403, "Discord didn't confirm who you are. Close this and open it again.")


@pytest.mark.parametrize("code", ["made-up", "", "x" * 513, "with space", "né"])
async def test_an_invalid_code_is_refused(stage: Stage, code: str) -> None:
    assert (await stage.enter(code))[0] == 403
    assert not await stage.known()


async def test_without_discord_nobody_gets_in_and_the_code_stays_valid(stage: Stage) -> None:
    code = stage.world.oauth.consent(stage.anna)
    await stage.enter("made-up")  # fetches the application's id
    stage.world.faults.fail(503, matching="POST /oauth2/token")
    status, said = await stage.enter(code)
    assert (status, "Discord isn't answering" in said["detail"]) == (503, True)
    assert (await stage.enter(code))[0] == 200


async def test_p34_a_refused_secret_is_for_the_operator_to_fix_and_shows_nowhere(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    stage.world.application.secret = "another"
    code = stage.world.oauth.consent(stage.anna)
    with caplog.at_level("DEBUG"):
        status, said = await stage.enter(code)
    assert status == 503
    assert "copy DISCORD_CLIENT_SECRET" in caplog.text
    assert SECRET not in caplog.text + str(said)
    assert code not in caplog.text + str(said)


@pytest.mark.parametrize(
    ("origin", "status"),
    [("https://evil.example", 403), ("null", 403), ("https://1.discordsays.com", 403), ("https://bot.example", 200)],
)
async def test_only_the_page_itself_can_log_anybody_in(stage: Stage, origin: str, status: int) -> None:
    assert (await stage.enter(stage.world.oauth.consent(stage.anna), Origin=origin))[0] == status


async def test_the_page_is_served_behind_discords_proxy(stage: Stage) -> None:
    origin = f"https://{stage.world.application.id}.discordsays.com"
    assert (await stage.enter(stage.world.oauth.consent(stage.anna), Origin=origin))[0] == 200


@pytest.mark.parametrize("body", [{}, {"code": 1}, {"code": "x", "more": 1}, ["x"], None])
async def test_malformed_bodies_are_distinguished_from_bad_codes(stage: Stage, body: Any) -> None:
    assert (await stage.post(body, OURS))[0] == 400


async def test_another_sites_form_cannot_log_anybody_in(stage: Stage) -> None:
    assert (await stage.post({"code": stage.world.oauth.consent(stage.anna)}, {}))[0] == 403
    assert not await stage.known()


MANY = 100  # requests from somebody who tries to lock others out


async def test_junk_requests_lock_nobody_out(stage: Stage) -> None:
    shut = {stage.enter("né") for _ in range(MANY)} | {stage.post({"code": 1}, OURS) for _ in range(MANY)}
    answers = await asyncio.gather(*shut, *(stage.enter(f"made-up-{number}") for number in range(MANY)))
    assert {status for status, _ in answers} == {400, 403}
    assert (await stage.enter(stage.world.oauth.consent(stage.anna)))[0] == 200


async def test_entering_too_often_locks_out_only_that_member(stage: Stage) -> None:
    for _ in range(activity.RATE):
        assert (await stage.enter(stage.world.oauth.consent(stage.anna)))[0] == 200
    assert (await stage.enter(stage.world.oauth.consent(stage.anna)))[0] == 429
    assert (await stage.enter(stage.world.oauth.consent(stage.world.add_user("ben"))))[0] == 200


@pytest.mark.slow
async def test_discord_checks_only_a_few_codes_at_a_time(stage: Stage) -> None:
    await asyncio.gather(*(stage.enter(f"made-up-{number}") for number in range(MANY)))
    assert stage.identity.most == activity.AT_ONCE


async def test_after_a_429_discord_is_not_called_until_the_wait_is_over(store: Store) -> None:
    world, now = World(), [0.0]
    world.application.secret = SECRET
    async with serving(discord.application(world)) as api:
        identity = Identity(f"{api}/api/v10", Secret(world.token), Secret(SECRET), lambda: now[0])
        await identity.application()
        world.faults.fail(429, matching="POST /oauth2/token")
        with pytest.raises(ChatDown):
            await identity.member("made-up")
        asked = len(world.log)
        with pytest.raises(ChatDown):
            await identity.member(world.oauth.consent(world.add_user("anna")))
        assert len(world.log) == asked
        now[0] += REST
        assert await identity.member(world.oauth.consent(world.add_user("ben")))


async def test_an_answer_of_discords_that_cannot_be_read_is_an_outage() -> None:
    async def deep(_: web.Request) -> web.Response:
        return web.Response(text="[" * 100_000, content_type="application/json")

    app = web.Application()
    app.router.add_get("/applications/@me", deep)
    async with serving(app) as api:
        with pytest.raises(ChatDown):
            await Identity(api, Secret("token"), Secret(SECRET)).application()


async def test_requests_from_strangers_never_wait_for_the_write_lock(stage: Stage) -> None:
    async with stage.store.writing() as tx:
        await members.ensure(tx, stage.anna.id, clock())  # takes the write lock
        async with asyncio.timeout(2):
            with pytest.raises(LinkUsed):
                await sessions.enter(stage.store, "a" * 43, clock())
            await sessions.end(stage.store, "a" * 43)
            with pytest.raises(LinkRefused):
                await Linking(stage.store, None, None, clock).arrive("a" * 43, "code")  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["/activity", "/activity/", "/activity/?frame_id=1&instance_id=2&platform=desktop"])
async def test_only_discord_may_frame_the_page(stage: Stage, path: str) -> None:
    application = stage.world.application.id
    async with stage.http.get(stage.origin + path, allow_redirects=False) as answer:
        policy, text = answer.headers["Content-Security-Policy"], await answer.text()
    assert (answer.status, f'content="{application}"' in text) == (200, True)
    assert policy.endswith(f"https://canary.discord.com https://{application}.discordsays.com")
    for other in ("/health", "/activity/session", "/activity/static/activity.js", "/activity/none"):
        async with stage.http.get(stage.origin + other) as answer:
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


async def test_without_discord_the_page_says_so(stage: Stage) -> None:
    stage.world.faults.fail(503, matching="GET /applications/@me")
    async with stage.http.get(f"{stage.origin}/activity/") as answer:
        assert answer.status == 503
