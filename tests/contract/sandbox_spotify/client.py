"""An app that talks to the stand-in for Spotify, a manual clock, and some tracks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
from aiohttp import web

from sandbox.spotify import Track, World, application
from sandbox.spotify.accounts.tokens import s256
from sandbox.spotify.model import spotify_id

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
BACK = "http://127.0.0.1:8000/callback"
SCOPES = (
    "user-library-read user-library-modify playlist-read-private playlist-read-collaborative"
    " playlist-modify-private playlist-modify-public"
)
VERIFIER = "a-verifier-of-enough-characters-to-be-allowed-by-the-rfc"


class Clock:
    """The world's clock, moved manually."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time

    def pass_by(self, **time: float) -> None:
        self.time += timedelta(**time)


class Client:
    """An app that talks to the stand-in over HTTP."""

    def __init__(self, session: aiohttp.ClientSession, root: str) -> None:
        self.session, self.root = session, root
        self.access, self.refresh = "", ""

    async def call(self, line: str, body: Any = None, **query: Any) -> tuple[int, Any]:
        """Send `METHOD /path` with a JSON body. Returns the status and the decoded response."""
        method, path = line.split()
        headers = {"Authorization": f"Bearer {self.access}"}
        address = f"{self.root}/v1{path}"
        async with self.session.request(method, address, params=query, json=body, headers=headers) as answer:
            is_json = answer.content_type == "application/json"
            return answer.status, await answer.json() if is_json else await answer.text()

    async def agree(self, user: str, scopes: str = SCOPES, **changed: str) -> str:
        """Press Agree. Returns the URL that the browser is redirected to."""
        query = {
            "response_type": "code", "client_id": "app", "redirect_uri": BACK, "scope": scopes, "state": "st",
            "code_challenge": s256(VERIFIER), "code_challenge_method": "S256",
        } | changed  # fmt: skip
        address = f"{self.root}/accounts/authorize"
        async with self.session.post(address, params=query, data={"user": user}, allow_redirects=False) as answer:
            return answer.headers.get("Location", f"{answer.status} {await answer.text()}")

    async def token(self, **form: str) -> tuple[int, Any]:
        address = f"{self.root}/accounts/api/token"
        async with self.session.post(address, data={"client_id": "app"} | form) as answer:
            return answer.status, await answer.json()

    async def exchange(self, code: str, **changed: str) -> tuple[int, Any]:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
        return await self.token(**form | changed)

    async def link(self, user: str, scopes: str = SCOPES) -> None:
        """Give consent as `user` and keep the tokens."""
        status, tokens = await self.exchange(code_of(await self.agree(user, scopes)))
        assert status == 200, tokens
        self.access, self.refresh = tokens["access_token"], tokens["refresh_token"]


def code_of(address: str) -> str:
    return parse_qs(urlsplit(address).query)["code"][0]


def track(number: int) -> Track:
    return Track(
        id=spotify_id("track", number),
        name=f"Song {number}",
        artists=(f"Artist {number % 7}", "Guest"),
        album=f"Album {number % 11}",
        release_date="2019-05-03",
        duration_ms=200_000,
        isrc=f"ZZAAA19{number:05d}",
    )


TRACKS = [track(number) for number in range(260)]
URIS = [track.uri for track in TRACKS]


@asynccontextmanager
async def serving(world: World) -> AsyncIterator[Client]:
    """Serve `world` under a prefix, as the sandbox does; yields a client for it."""
    outer = web.Application()
    outer.add_subapp("/spotify", application(world))
    runner = web.AppRunner(outer)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    async with aiohttp.ClientSession() as session:
        yield Client(session, f"http://{host}:{port}/spotify")
    await runner.cleanup()
