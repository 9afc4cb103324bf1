"""A stage for everything that uses Spotify: the stand-in over HTTP, a real store, and a manual clock."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp
from aiohttp import web
from cryptography.fernet import Fernet

from bot.adapters.spotify import Spotify, SpotifyMusic, open_tokens
from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.adapters.vault import Vault
from bot.core.library.pace import Pace
from bot.core.records import Account
from bot.flows.account import link
from bot.ports import Tokens
from sandbox.spotify import App, Fault, Like, Track, World, application
from sandbox.spotify.model import spotify_id
from tests.databases import new_store

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
APP = "0123456789abcdef" * 2
BACK = "http://127.0.0.1:8888/callback"
KEY = Fernet.generate_key().decode()
MARA, IDA, OLE = 1, 2, 3  # members; at Spotify, Mara and Ida have seats in the app, and Ole doesn't
UNHURRIED = Pace(timedelta(milliseconds=1), burst=10_000)
TOKEN, LIKES = "POST /accounts/api/token", "GET /v1/me/tracks"


@dataclass
class Clock:
    """A clock that moves manually and with every sleep; `naps` lists the seconds slept."""

    now: datetime = START
    naps: list[float] = field(default_factory=list)
    moved: timedelta = timedelta()

    def __call__(self) -> datetime:
        return self.now

    def steady(self) -> float:
        """Monotonic seconds: setting the clock with `put` doesn't change them."""
        return (self.now - START - self.moved).total_seconds()

    def put(self, **time: float) -> None:
        """Set the clock forward or back."""
        self.now += timedelta(**time)
        self.moved += timedelta(**time)

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)

    async def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.pass_by(seconds=max(seconds, 1e-6))  # even the shortest sleep takes some time


def track(number: int) -> Track:
    return Track(
        id=spotify_id("track", number),
        name=f"Song {number}",
        artists=("First", "Second"),
        album=f"Album {number}",
        release_date="2019-05-03",
        duration_ms=200_000 + number,
        isrc=f"ZZAAA19{number:05d}",
    )


TRACKS = [track(number) for number in range(260)]
URIS = [track.uri for track in TRACKS]


def small_world(clock: Clock) -> World:
    world = World(seed=1, now=clock)
    world.limit.requests = None
    world.publish(TRACKS)
    for user in ("mara", "ida", "ole"):
        likes = [Like(uri, START - timedelta(days=n)) for n, uri in enumerate(URIS)]
        world.open_account(user, user.title(), likes)
    world.register(App(APP, frozenset({BACK}), users={"mara", "ida"}))
    return world


@dataclass
class Stage:
    world: World
    clock: Clock
    store: Store
    vault: Vault
    spotify: Spotify
    linking: link.Linking
    root: str

    def again(self, pace: Pace = UNHURRIED, store: Store | None = None, **secrets: str) -> Spotify:
        """A new adapter, as after a restart, or in another process with that store."""
        return Spotify(
            store or self.store,
            self.vault,
            api_url=f"{self.root}/v1/",
            accounts_url=f"{self.root}/accounts",
            secrets=secrets,
            clock=self.clock,
            pace=pace,
            sleep=self.clock.sleep,
            steady=self.clock.steady,
        )

    def restart(self, **secrets: str) -> None:
        """Replace the adapter and what links, as a restart does."""
        self.spotify = self.again(**secrets)
        self.linking = link.Linking(self.store, self.vault, self.spotify, self.clock)

    async def begin(self, member: int, name: str = "@mara (Mara)") -> str:
        return (await self.linking.begin(member, name, APP, BACK)).url

    async def link(self, member: int, user: str) -> SpotifyMusic:
        """Give consent as `user` and confirm it as the member. Returns the member's music."""
        state, code = returned(await agree(await self.begin(member), user))
        await self.linking.finish(member, (await self.linking.arrive(state, code)).code)
        return await self.music(member)

    async def account(self, member: int) -> Account | None:
        async with self.store.reading() as tx:
            return await members.account(tx, member)

    async def music(self, member: int, spotify: Spotify | None = None) -> SpotifyMusic:
        account = await self.account(member)
        assert account is not None
        return (spotify or self.spotify).music(account)

    async def tokens(self, member: int) -> Tokens:
        account = await self.account(member)
        assert account is not None
        return open_tokens(self.vault, member, account.tokens)

    def fault(self, match: str, kind: str, **more: object) -> None:
        self.world.faults.append(Fault(match, kind, **more))  # type: ignore[arg-type]

    def asked(self, pattern: str = "") -> list[str]:
        """The requests whose line contains `pattern`, in order."""
        return [request.line for request in self.world.requests if pattern in request.line]


async def agree(consent_url: str, user: str) -> str:
    """Press Agree as `user`. Returns the URL that the browser is redirected to."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(consent_url, data={"user": user}, allow_redirects=False) as answer,
    ):
        assert answer.status == 302, await answer.text()
        return answer.headers["Location"]


def returned(address: str) -> tuple[str, str]:
    """The state and code in the URL that Spotify redirects a browser to."""
    query = parse_qs(urlsplit(address).query)
    return query["state"][0], query["code"][0]


@asynccontextmanager
async def served(app: web.Application) -> AsyncIterator[str]:
    """Serve `app` on a free port without logging; yields its origin."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


def answering(status: int, body: str, **headers: str) -> web.Application:
    """A service that gives the same response to every request."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=body, headers=headers)

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    return app


def elsewhere(stage: Stage, api: str, accounts: str = "") -> Spotify:
    """The adapter with another Web API, and optionally another accounts service, than the stand-in's."""
    return Spotify(
        stage.store,
        stage.vault,
        api_url=f"{api}/v1/",
        accounts_url=accounts or f"{stage.root}/accounts",
        secrets={},
        clock=stage.clock,
        pace=UNHURRIED,
        sleep=stage.clock.sleep,
        steady=stage.clock.steady,
    )


@asynccontextmanager
async def staged(folder: Path, engine: str = "sqlite") -> AsyncIterator[Stage]:
    """Set up the stage in `folder`, with an empty store."""
    clock = Clock()
    world, vault = small_world(clock), Vault([KEY])
    async with new_store(folder / "test.db", engine) as store:
        outer = web.Application()
        outer.add_subapp("/spotify", application(world))
        async with served(outer) as origin:
            stage = Stage(world, clock, store, vault, None, None, f"{origin}/spotify")  # type: ignore[arg-type]
            stage.restart()
            yield stage
            await stage.spotify.close()
