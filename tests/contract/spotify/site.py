"""The bot's pages, served over a stand-in flow that only records what reaches it."""

from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from bot.flows.account.link import Consent
from bot.ports import SpotifyProfile
from bot.web import application, port_of, serve

MARA = SpotifyProfile("mara", "Mara <b>& \u202ecompany", "mara")  # contains markup and a right-to-left override
CONSENT = Consent('@mara ("Mara"</bdi>)', "app", MARA, b"canary", "ABCD-EFGH")


class Site:
    """The served pages; `returns` is what reached the flow."""

    def __init__(self, problem: Exception | None = None, *, well: bool = True) -> None:
        self.problem, self.well = problem, well
        self.ill: Exception | None = None  # raised by the health check, if set
        self.returns: list[tuple[str, str | None, str | None]] = []
        self.port = 0

    async def arrive(self, state: str, code: str | None, error: str | None) -> Consent:
        self.returns.append((state, code, error))
        if self.problem:
            raise self.problem
        return CONSENT

    async def healthy(self) -> dict[str, Any]:
        if self.ill:
            raise self.ill
        return {"ok": self.well, "version": "0"}

    async def get(self, path: str, method: str = "GET", language: str = "en") -> tuple[int, str, dict[str, str]]:
        address, headers = f"http://127.0.0.1:{self.port}{path}", {"Accept-Language": language}
        async with aiohttp.ClientSession() as session, session.request(method, address, headers=headers) as answer:
            return answer.status, await answer.text(), dict(answer.headers)


async def opened(site: Site) -> web.AppRunner:
    runner = await serve(application(site.arrive, site.healthy), 0)
    site.port = port_of(runner)
    return runner


def back(address: str) -> str:
    """The path and query of the URL that Spotify redirects a browser to."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"
