"""Schemathesis on every web application of the running bot: the pages, their calls, the Activity, callback and health.

The document it goes by is made from the routes, so none is left out. The HTTP API has one of its own (`test_api`).
"""

import json
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import aiohttp
import pytest
from aiohttp import hdrs, web

from bot import app
from bot.adapters.parts import EVERYTHING
from bot.chat.gateway.client import Chat
from bot.config import parse
from sandbox.discord import Person
from tests.e2e.chat_stage import answer
from tests.e2e.feed.described import METRICS, SESSION, Json, Known, document, path, routes
from tests.e2e.feed.fuzzing import fuzz
from tests.e2e.feed.stage import METRICS_TOKEN, Feed

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("feed")]
ANSWERED = re.compile(r"bot\.web .*\] +(\w+) (\S+) (\d+) in ")
EXAMPLES = {False: 1, True: 15}  # for each operation; True is for a soak
QUICK = ("--phases", "examples,fuzzing", "--exclude-method", hdrs.METH_HEAD)
SOAK = ("--rate-limit", "10/s")  # what a member may ask for
DONE, LIMITED = {"200", "204"}, "429"
OURS = ("--header", "X-Cratekeeper: 1")
NOT_OURS = ("--exclude-checks", "unsupported_method")  # any method that may change something is refused first
CONFIG = """
[[operations]]
include-path = "/callback"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400"]  # a state that we didn't give out
"""
TOKEN = """
[auth.openapi.{}]
bearer = "{}"
"""
FROM_US = {"X-Cratekeeper": "1"}
Seen = dict[tuple[str, str], Counter[str]]  # method and path: how often which status, within the limits


async def pages(feed: Feed, folder: Path) -> web.Application:
    """The bot's web applications, as this bot has them."""
    settings = parse({**feed.stack.environment(), "DATA_DIR": str(folder / "data")})
    async with app.assembled(settings, {}) as services:
        return app._pages(services, Chat(services, EVERYTHING), EVERYTHING)


async def entered(feed: Feed, person: Person) -> str:
    """The secret of a new session."""
    said = await answer(person.command("feed web"))
    link = next(button.url for button in said.buttons() if button.url).partition("#")[2]
    async with (
        aiohttp.ClientSession(feed.stack.public_url, headers=FROM_US) as http,
        http.post("/feed/session", json={"link": link}) as session,
    ):
        return session.cookies["ck_feed"].value


async def known(feed: Feed, person: Person, secret: str) -> Known:
    """What the bot knows of this member: songs, cards, playlists and a dry run."""
    headers = {**FROM_US, "Authorization": f"Bearer {secret}"}
    await answer(person.command("sort"))
    ((write,),) = feed.stack.rows('select max("write") from "write" where member = ?', person.user.id)
    async with aiohttp.ClientSession(feed.stack.public_url, headers=headers) as http:

        async def got(method: str, path: str, **body: int) -> Json:
            async with http.request(method, f"/feed/api/{path}", json=body or None) as said:
                return dict(await said.json())

        cards = (await got("POST", "cards", count=5))["cards"]
        question = (await got("POST", "questions", layer=0))["question"]
        planned = await got("GET", f"dry-runs/{write}")
    lines = [line for section in planned["sections"] for line in section["lines"] if line["goes"] is not None]
    playlists = [each["playlist"] for each in question["playlists"]]
    return {
        "song": [cards[0]["key"], lines[0]["song"], *(card["key"] for card in cards[1:])],
        "card": [question["card"]],
        "group": ["0"],
        "playlist": [*map(str, playlists)],
        "playlists": playlists,
        "write": [str(write)],
        "change": [str(line["change"]) for line in lines[:3]],
        "version": [planned["version"]],
        "name": ["main.js", "base.css", "icon.svg", "icon-192.png", "activity.js"],
    }


async def test_schemathesis_finds_nothing_on_any_page(
    feed: Feed, sorter: Person, tmp_path: Path, soak: bool, provoked: None
) -> None:
    """A member's calls: every answer is of the kind it should be, every refusal a problem, and none is our fault."""
    await answer(sorter.command("feed join"))
    secret = await entered(feed, sorter)
    app = await pages(feed, tmp_path)
    tokens = {SESSION: secret, METRICS: METRICS_TOKEN}
    seen = await fuzzed(feed, document(app, await known(feed, sorter, secret)), tmp_path, tokens, soak)
    assert seen.keys() >= fuzzable(app, soak)
    assert sum(bool(statuses.keys() & DONE) for statuses in seen.values()) > len(seen) / 2, "the session is good"


async def test_strangers_change_nothing_on_any_page(feed: Feed, tmp_path: Path, soak: bool, provoked: None) -> None:
    """No session, no token, and not from our page: calls are refused, and what's public is as it should be."""
    app = await pages(feed, tmp_path)
    seen = await fuzzed(feed, document(app, {}, strangers=True), tmp_path, {}, soak)
    assert seen.keys() >= fuzzable(app, soak)


def fuzzable(app: web.Application, soak: bool) -> set[tuple[str, str]]:
    return {(route.method, path(route)) for route in routes(app) if soak or route.method != hdrs.METH_HEAD}


async def fuzzed(feed: Feed, described: Json, folder: Path, tokens: Mapping[str, str], soak: bool) -> Seen:
    """Have what's described fuzzed; return what came of each route's calls."""
    (folder / "pages.json").write_text(json.dumps(described))
    (folder / "schemathesis.toml").write_text(CONFIG + "".join(TOKEN.format(*each) for each in tokens.items()))
    before = len(feed.stack.log.read_bytes())
    await fuzz(
        folder,
        folder / "pages.json",
        *("--url", feed.stack.public_url, *(OURS if tokens else NOT_OURS), *(SOAK if soak else QUICK)),
        examples=EXAMPLES[soak],
        settings={"SCHEMATHESIS_HOOKS": "tests.e2e.feed.page_fuzz_hooks"},
    )
    log = feed.stack.log.read_bytes()[before:].decode()
    assert "a request failed" not in log
    seen: Seen = {}
    for method, where, status in ANSWERED.findall(log):
        if status != LIMITED:
            seen.setdefault((method, where), Counter())[status] += 1
    return seen
