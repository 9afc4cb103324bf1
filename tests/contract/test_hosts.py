"""The bot's pages, the sandbox page and the stand-ins reject requests with a foreign Host header."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.web import application, only, port_of, serve
from sandbox.stack import Stack
from tests.databases import migrated_folder
from tests.e2e.sandbox_page.stage import built, served

FOREIGN = ("evil.example", "evil.example:80", "127.0.0.1.evil.example", "127.0.0.1@evil.example", "localhost.", "[", "")
MISDIRECTED = 421


async def status(origin: str, path: str, host: str) -> int:
    async with aiohttp.ClientSession() as http, http.get(origin + path, headers={"Host": host}) as answer:
        return answer.status


async def _arrive(*_: object) -> Any: ...


async def _healthy() -> Mapping[str, Any]:
    return {"ok": True}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:1", "[::1]:88", "LOCALHOST", "bot.example", "Bot.Example:1"])
async def test_the_bot_answers_under_its_own_names(host: str) -> None:
    assert await bots_status(host, "/callback") == 400


@pytest.mark.parametrize("host", FOREIGN)
async def test_the_bot_answers_under_no_other_name(host: str) -> None:
    assert await bots_status(host, "/callback") == MISDIRECTED
    for path in ("/health", "/health/live", "/health/ready"):
        assert await bots_status(host, path) == 200


@pytest.mark.slow
async def test_every_page_of_a_running_bot_refuses_foreign_names(tmp_path: Path) -> None:
    switched = {"HTTP_API": "on", "FEED_PAGE": "on", "ACTIVITY": "on", "DISCORD_CLIENT_SECRET": "secret"}
    async with Stack(tmp_path / "stack", settings=switched) as stack:
        migrated_folder(stack.data)
        await stack.start_bot()
        for path in ("/callback", "/api/openapi.json", "/feed/", "/activity/", "/nowhere"):
            assert await status(stack.public_url, path, "localhost") in (200, 400, 404), path
            assert await status(stack.public_url, path, "evil.example") == MISDIRECTED, path


async def bots_status(host: str, path: str) -> int:
    pages = application(_arrive, _healthy)
    pages.middlewares.append(only("bot.example"))
    runner = await serve(pages, 0)
    try:
        return await status(f"http://127.0.0.1:{port_of(runner)}", path, host)
    finally:
        await runner.cleanup()


async def test_the_sandbox_page_is_for_loopback_only() -> None:
    async with served(built()) as origin:
        assert await status(origin, "/page/state", "127.0.0.1") == 200
        assert await status(origin, "/", "localhost:4000") == 200
        for host in FOREIGN:
            for path in ("/", "/page/state", "/api/v10/gateway", "/spotify/accounts/authorize"):
                assert await status(origin, path, host) == MISDIRECTED


async def test_the_sandbox_without_the_page_is_for_loopback_only_too(tmp_path: Path) -> None:
    async with Stack(tmp_path / "stack") as stack:
        assert await status(stack.origin, "/spotify/accounts/authorize", "localhost") == 400
        assert await status(stack.origin, "/api/v10/gateway", "evil.example") == MISDIRECTED
