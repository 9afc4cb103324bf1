"""The bot's pages, served; with a flow behind them that only notes what reached it."""

from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from bot.web import application, port_of, serve


class Site:
    """The pages, served; `returns` are what reached the flow."""

    def __init__(self, problem: Exception | None = None, *, well: bool = True) -> None:
        self.problem, self.well = problem, well
        self.returns: list[tuple[str, str | None, str | None]] = []
        self.port = 0

    async def finish(self, state: str, code: str | None, error: str | None) -> None:
        self.returns.append((state, code, error))
        if self.problem:
            raise self.problem

    async def healthy(self) -> dict[str, Any]:
        return {"ok": self.well, "version": "0"}

    async def get(self, path: str, method: str = "GET") -> tuple[int, str, dict[str, str]]:
        address = f"http://127.0.0.1:{self.port}{path}"
        async with aiohttp.ClientSession() as session, session.request(method, address) as answer:
            return answer.status, await answer.text(), dict(answer.headers)


async def opened(site: Site) -> web.AppRunner:
    runner = await serve(application(site.finish, site.healthy), 0)
    site.port = port_of(runner)
    return runner


def back(address: str) -> str:
    """The path and query of the address that Spotify sends a browser back to."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"
