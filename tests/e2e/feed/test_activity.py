"""The Activity in a real Chromium: the test plays Discord's client and its proxy; everything else is real."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import count

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, FrameLocator, Locator, Page, Route, expect

from sandbox.browser import chromium
from sandbox.discord import AnswerKind, Person
from tests.e2e.chat_stage import answer, newcomer
from tests.e2e.feed.stage import CLIENT_SECRET, PLAYLISTS, Feed
from tests.e2e.feed.test_more_of_these import HARBOURS, crate

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("feed")]
PATIENCE = 20_000  # ms; two cores may be busy
NAMES = (f"visitor-{number}" for number in count())
SONG = "https://example.org/song"
LINK = "(stage, href) => stage.append(Object.assign(document.createElement('a'), { href, text: 'Elsewhere' }))"
OPENED = "heard.find(([, , what]) => what === 'OPEN_EXTERNAL_LINK')?.[3].url"
# The client's side of the SDK's protocol: it sends READY to the frame, and asks its member to authorize.
CLIENT = """<!doctype html><title>Discord</title><iframe src="{frame}" width="400" height="700"></iframe><script>
const heard = []; window.heard = heard;
addEventListener("message", async ({{ source, origin, data: [opcode, said] }}) => {{
  heard.push([origin, opcode, said.cmd ?? "", said.args ?? null]);
  const answer = (more) => source.postMessage([1, {{ evt: null, nonce: said.nonce, ...more }}], origin);
  if (opcode === 0) answer({{ cmd: "DISPATCH", evt: "READY", nonce: null, data: {{ v: 1, config: {{
    cdn_host: "cdn.discordapp.com", api_endpoint: "//discord.com/api", environment: "production" }} }} }});
  else if (said.cmd === "AUTHORIZE" && window.agrees)
    answer({{ cmd: said.cmd, data: {{ code: await window.consent() }} }});
  else if (said.cmd === "AUTHORIZE") answer({{ cmd: said.cmd, evt: "ERROR", data: {{ code: 5000, message: "no" }} }});
  else answer({{ cmd: said.cmd, data: {{ opened: true }} }});
}});
</script>"""


@dataclass
class Client:
    """Discord in a browser, in which somebody who has never used the bot opens the Activity."""

    feed: Feed
    person: Person
    page: Page
    complaints: list[str] = field(default_factory=list)

    @property
    def frame(self) -> FrameLocator:
        return self.page.frame_locator("iframe")

    @property
    def title(self) -> Locator:
        return self.frame.locator("#title")

    async def open(self, *, agrees: bool) -> None:
        await self.page.add_init_script(f"window.agrees = {str(agrees).lower()}")
        await self.page.goto("https://discord.com/channels/@me")


@pytest_asyncio.fixture(loop_scope="session")
async def client(feed: Feed) -> AsyncIterator[Client]:
    async with chromium() as browser:
        context = await browser.new_context(service_workers="block")
        page = await context.new_page()
        page.set_default_timeout(PATIENCE)
        client = Client(feed, newcomer(feed.stack, next(NAMES)), page)
        context.on("console", lambda line: line.type == "error" and client.complaints.append(line.text))
        context.on("weberror", lambda error: client.complaints.append(str(error.error)))
        await _play_discord(context, client)
        yield client


async def _play_discord(context: BrowserContext, client: Client) -> None:
    """Serve a client at discord.com, and the bot's /activity at the proxy's address."""
    stack = client.feed.stack
    proxy = f"https://{stack.discord.application.id}.discordsays.com"
    frame = f"{proxy}/?frame_id=f-1&instance_id=i-1&platform=desktop"

    async def fetch(route: Route) -> None:
        address = stack.public_url + "/activity" + route.request.url.removeprefix(proxy)
        await route.fulfill(response=await route.fetch(url=address))

    async def show(route: Route) -> None:
        await route.fulfill(body=CLIENT.format(frame=frame), content_type="text/html")

    async def consent() -> str:
        return stack.discord.oauth.consent(client.person.user)

    await context.expose_function("consent", consent)
    await context.route(f"{proxy}/**", fetch)
    await context.route("https://discord.com/**", show)


async def test_the_page_opens_inside_discord_and_likes_a_song(client: Client) -> None:
    stack, member = client.feed.stack, client.person.user.id
    await client.open(agrees=True)
    title = client.title
    await expect(title).to_be_visible(timeout=PATIENCE)
    first = await title.inner_text()
    liked = "select count(*) from shown where member = ? and said = 'like'"
    before = stack.rows(liked, member)
    await client.frame.get_by_role("button", name="Like", exact=True).click()
    await expect(title).not_to_have_text(first, timeout=PATIENCE)
    await stack.until(lambda: stack.rows(liked, member) != before)
    asked = [call[3] for call in await client.page.evaluate("heard") if call[2] == "AUTHORIZE"]
    assert [call["scope"] for call in asked] == [["identify"]]
    assert await client.page.context.cookies() == []
    assert client.complaints == []


async def test_one_answer_sorts_several_songs_inside_discord(client: Client) -> None:
    await answer(client.person.command("library import", file=crate()))
    for name in PLAYLISTS:
        await answer(client.person.command("playlists add", new=name))
    await client.open(agrees=True)
    await client.frame.get_by_role("button", name="Label", exact=True).click()
    await expect(client.frame.locator(".place")).to_have_count(len(PLAYLISTS))
    while (song := await client.title.inner_text()) not in HARBOURS:
        await client.frame.get_by_role("button", name="Skip").click()
        await expect(client.title).not_to_have_text(song)
    await client.frame.get_by_role("button", name="More of these").click()
    sheet = client.frame.get_by_role("dialog")
    await sheet.get_by_text("Tide 3").click()
    await sheet.get_by_role("button", name=PLAYLISTS[0]).click()
    await expect(client.frame.locator("#said")).to_contain_text("4 songs by The Harbours →")
    assert len([kind for _song, kind, _chosen in client.feed.stack.labels(client.person) if kind == "only"]) == 4
    assert client.complaints == []


async def test_links_are_opened_by_discord(client: Client) -> None:
    await client.open(agrees=True)
    await expect(client.title).to_be_visible(timeout=PATIENCE)
    await client.frame.get_by_role("button", name="Help").click()
    await expect(client.frame.get_by_role("dialog")).to_contain_text("for a day at most")
    await client.frame.get_by_label("Use letter keys").uncheck()
    await client.frame.get_by_role("button", name="Close").click()
    assert client.complaints == [], "a cross-site frame has no storage"
    await client.frame.locator("#stage").evaluate(LINK, SONG)
    await client.frame.get_by_role("link", name="Elsewhere").click()
    await client.page.wait_for_function(f"{OPENED} === '{SONG}'")


async def test_a_member_who_declines_is_told_what_that_means(client: Client) -> None:
    sessions = "select count(*) from session"
    before = client.feed.stack.rows(sessions)
    await client.open(agrees=False)
    await expect(client.frame.get_by_text("Nothing was stored")).to_be_visible(timeout=PATIENCE)
    await client.page.evaluate("window.agrees = true")
    await client.frame.get_by_role("button", name="Try again").click()
    await expect(client.title).to_be_visible(timeout=PATIENCE)
    assert client.feed.stack.rows(sessions) != before


async def test_a_page_that_could_not_be_loaded_is_loaded_again(client: Client) -> None:
    async def lose(route: Route) -> None:
        await route.abort()

    await client.page.context.route("**/feed/static/main.js", lose, times=1)
    await client.open(agrees=True)
    await expect(client.frame.get_by_text("You're offline")).to_be_visible(timeout=PATIENCE)
    await client.frame.get_by_role("button", name="Try again").click()
    await expect(client.title).to_be_visible(timeout=PATIENCE)


async def test_the_command_launches_the_activity_or_says_why_it_cannot(feed: Feed) -> None:
    refused = await answer(feed.rob.command("feed activity"))
    assert "Activities aren't switched on" in refused.text()
    assert refused.visible_to == feed.rob.user.id
    feed.stack.discord.application.activity = feed.stack.public_url + "/activity"
    launched = await feed.rob.command("feed activity")
    assert (launched.answer, bool(launched.activity)) == (AnswerKind.LAUNCH_ACTIVITY, True)


@pytest.mark.parametrize("path", ["/feed/", "/activity/feed/", "/activity/feed/static/main.js", "/callback", "/health"])
async def test_only_the_activity_may_be_framed(feed: Feed, path: str) -> None:
    async with aiohttp.ClientSession() as http, http.get(feed.stack.public_url + path) as answer:
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


async def test_discords_own_entry_point_to_the_activity_stays(feed: Feed) -> None:
    registered = feed.stack.discord.commands.registered()
    assert [command.name for command in registered if command.definition["type"] == 4] == ["launch"]
    assert "feed" in [command.name for command in registered]


@pytest.mark.slow  # and it needs what the tests before it left
async def test_p34_no_code_secret_or_session_is_in_the_log(feed: Feed) -> None:
    code = feed.stack.discord.oauth.consent(feed.rob.user)
    async with (
        aiohttp.ClientSession(headers={"X-Cratekeeper": "1"}) as http,
        http.post(f"{feed.stack.public_url}/activity/session", json={"code": code}) as said,
    ):
        session = (await said.json())["session"]
    log = feed.stack.log.read_text()
    assert "POST /activity/session 200" in log
    assert [secret for secret in (code, CLIENT_SECRET, session) if secret in log] == []
