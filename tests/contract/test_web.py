"""The web pages over real HTTP: the callback with the link flow behind it, health, and what neither ever says."""

import asyncio
import io
import logging
import random
import string
import traceback
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import aiohttp
import pytest
from aiohttp import web

from bot.adapters.spotify import open_tokens
from bot.errors import CratekeeperError, LinkRefused, NotOnAllowList, SpotifyDown, StoreFull, VaultError
from bot.flows import link
from bot.web import application, port_of, serve
from sandbox.spotify import App
from sandbox.spotify.tokens import s256
from tests.contract.stage import (
    APP,
    BACK,
    IDA,
    KEY,
    LIKES,
    MARA,
    OLE,
    TOKEN,
    UNHURRIED,
    URIS,
    Stage,
    agree,
    empty_store,
    returned,
    staged,
)

FUZZED = 10_000
AT_ONCE, PIPELINED = 4, 25  # connections, and requests in one go on each
STATE = "s" * 43


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return asyncio.run(empty_store(tmp_path_factory.mktemp("store")))


@pytest.fixture
async def stage(tmp_path: Path, empty: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path, empty) as stage:
        yield stage


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


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    runner = await opened(site)
    yield site
    await runner.cleanup()


# ---------------------------------------------------------------- pages
async def test_the_callback_hands_on_what_spotify_says_and_answers_with_a_page(site: Site) -> None:
    status, page, _ = await site.get(f"/callback?code=abc&state={STATE}")
    assert (status, site.returns) == (200, [(STATE, "abc", None)])
    assert "Linked. You can close this page and go back to Discord." in page
    await site.get(f"/callback?error=access_denied&state={STATE}&iss=something-new")
    assert site.returns[1:] == [(STATE, None, "access_denied")]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "state=",
        f"state={STATE}",
        "code=abc",
        f"code=abc&error=x&state={STATE}",
        f"code=abc&code=abc&state={STATE}",
        f"code=abc&state={STATE}&state={STATE}",
        f"code=&state={STATE}",
        f"code={'a' * 2049}&state={STATE}",
        f"code=abc&state={'s' * 129}",
        "code=abc&state=short",
        f"code=abc&state={STATE}%00",
        f"code=a%20b&state={STATE}",
        f"code=abc&state={STATE}%0A",
        f"code=%C3%A4&state={STATE}",
        f"code=%FF&state={STATE}",
        "state=<script>alert(1)</script>&code=abc",
    ],
)
async def test_p32_a_return_that_spotify_would_not_send_reaches_nothing(site: Site, query: str) -> None:
    status, page, _ = await site.get(f"/callback?{query}")
    assert (status, site.returns) == (400, [])
    assert page == (await site.get("/callback"))[1]


@pytest.mark.parametrize(
    ("problem", "status"),
    [
        (LinkRefused(), 400),
        (NotOnAllowList(), 403),
        (SpotifyDown("canary"), 503),
        (StoreFull("canary"), 503),
        (VaultError("canary"), 503),
        (RuntimeError("canary"), 500),
    ],
)
async def test_p32_each_end_has_a_page_that_never_changes(problem: Exception, status: int) -> None:
    site = Site(problem)
    runner = await opened(site)
    answers = [await site.get(f"/callback?code={code}&state={STATE}") for code in ("canary", "other")]
    assert [answer[0] for answer in answers] == [status, status]
    assert answers[0][1] == answers[1][1]
    assert "canary" not in answers[0][1]
    await runner.cleanup()


@pytest.mark.parametrize("path", ["/callback", f"/callback?code=a&state={STATE}", "/health", "/nowhere"])
async def test_every_answer_is_armoured(site: Site, path: str) -> None:
    _, _, headers = await site.get(path)
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "aiohttp" not in headers["Server"]


async def test_only_a_get_uses_a_state_up(site: Site) -> None:
    for method in ("HEAD", "POST", "PUT", "DELETE", "OPTIONS"):
        status, _, _ = await site.get(f"/callback?code=a&state={STATE}", method)
        assert status == 405
    assert site.returns == []


async def test_health_says_whether_all_is_well_and_the_rest_is_not_found(site: Site) -> None:
    assert (await site.get("/health"))[:2] == (200, '{"ok": true, "version": "0"}')
    site.well = False
    assert (await site.get("/health"))[0] == 503
    for path in ("/", "/callback/", "/health/x", "/..%2fcallback", "/<script>"):
        status, page, _ = await site.get(path)
        assert (status, "script" in page) == (404, False)


async def test_p34_requests_are_logged_without_what_was_in_them(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        await site.get(f"/callback?code=canary&state={STATE}")
        await site.get("/canary?canary=canary")
        for malformed in (b"GET /callback?code=canary\x01 HTTP/1.1", b"GET /canary HTTP/9.9", b"CANARY\x00 /canary X"):
            await spoken(site.port, malformed + b"\r\nHost: canary\r\ncanary\r\n\r\n")
    assert "GET /callback 200" in caplog.text
    assert "GET - 404" in caplog.text
    assert "malformed request" in caplog.text
    assert "canary" not in caplog.text.lower()


async def spoken(port: int, raw: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(raw)
    answer = await reader.read()
    writer.close()
    return answer


# ---------------------------------------------------------------- the link flow behind the callback
@pytest.fixture
async def linking(stage: Stage) -> AsyncIterator[Site]:
    """The pages with the real flow behind them."""

    class Linking(Site):
        async def finish(self, state: str, code: str | None, error: str | None) -> None:
            self.returns.append((state, code, error))
            await stage.finish(state, code)

    site = Linking()
    runner = await opened(site)
    yield site
    await runner.cleanup()


def back(address: str) -> str:
    """The path and query of the address that Spotify sends a browser back to."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


async def test_p32_consent_is_asked_with_pkce_s256_and_a_state_of_256_bits(stage: Stage) -> None:
    query = parse_qs(urlsplit(await stage.begin(MARA)).query)
    assert query["code_challenge_method"] == ["S256"]
    assert query["redirect_uri"] == [BACK]
    assert len(query["state"][0]) == len(query["code_challenge"][0]) == 43
    async with stage.store.reading() as tx:
        (row,) = (await tx.exec_driver_sql("SELECT digest, verifier FROM link_state")).all()
    assert query["state"][0] not in row.digest
    verifier = stage.vault.open(MARA, "verifier", row.verifier).decode()
    assert s256(verifier) == query["code_challenge"][0]


async def test_p32_a_state_is_good_once(stage: Stage, linking: Site) -> None:
    path = back(await agree(await stage.begin(MARA), "mara"))
    assert (await linking.get(path))[0] == 200
    assert (await linking.get(path))[0] == 400
    assert len(stage.asked(TOKEN)) == 1


async def test_p32_of_two_returns_at_once_one_is_taken(stage: Stage, linking: Site) -> None:
    path = back(await agree(await stage.begin(MARA), "mara"))
    answers = await asyncio.gather(*(linking.get(path) for _ in range(10)))
    assert sorted(answer[0] for answer in answers) == [200] + [400] * 9
    assert len(stage.asked(TOKEN)) == 1


@pytest.mark.parametrize(("seconds", "status"), [(599, 200), (600, 400)])
async def test_p32_a_state_is_good_for_ten_minutes(stage: Stage, linking: Site, seconds: int, status: int) -> None:
    path = back(await agree(await stage.begin(MARA), "mara"))
    stage.clock.pass_by(seconds=seconds)
    assert (await linking.get(path))[0] == status
    assert len(stage.asked(TOKEN)) == (status == 200)


async def test_p32_a_state_belongs_to_the_member_who_began(stage: Stage) -> None:
    state, code = returned(await agree(await stage.begin(MARA), "mara"))
    with pytest.raises(LinkRefused):
        await stage.finish(state, code, by=IDA)
    assert stage.asked(TOKEN) == []
    assert await stage.account(IDA) is None


async def test_p32_cancelled_consent_exchanges_nothing(stage: Stage, linking: Site) -> None:
    state = parse_qs(urlsplit(await stage.begin(MARA)).query)["state"][0]
    assert (await linking.get(f"/callback?error=access_denied&state={state}"))[0] == 400
    assert stage.asked(TOKEN) == []


async def test_p32_a_code_from_another_consent_is_refused_by_its_challenge(stage: Stage, linking: Site) -> None:
    hers, mine = await stage.begin(MARA), await stage.begin(IDA)
    _, stolen = returned(await agree(hers, "mara"))
    state = parse_qs(urlsplit(mine).query)["state"][0]
    assert (await linking.get(f"/callback?code={stolen}&state={state}"))[0] == 400
    assert await stage.account(IDA) is None


async def test_p32_ten_thousand_fuzzed_returns_exchange_nothing(stage: Stage, linking: Site) -> None:
    real, used, late = [await agree(await stage.begin(member), "mara") for member in (MARA, IDA, OLE)]
    assert (await linking.get(back(used)))[0] == 200
    exchanged, chance = len(stage.asked(TOKEN)), random.Random(32)
    queries = [mutated(chance, *returned(chance.choice([real, used, late]))) for _ in range(FUZZED)]
    assert await statuses(linking.port, queries) == {400}
    assert len(stage.asked(TOKEN)) == exchanged
    stage.clock.pass_by(minutes=9)
    assert (await linking.get(back(real)))[0] == 200
    stage.clock.pass_by(minutes=1)
    assert (await linking.get(back(late)))[0] == 400


def mutated(chance: random.Random, state: str, code: str) -> str:
    """A query that differs from a good one: its state never is the one that was handed out."""
    spot, other = chance.randrange(len(state)), chance.choice(string.printable + "äß\u2028\x00")
    noise = "".join(chance.choices(string.ascii_letters + string.digits + "-_", k=chance.choice([1, 42, 43, 44, 300])))
    bad = chance.choice(
        [
            state[:spot],
            state + other,
            state[:spot] + other + state[spot + 1 :] if other != state[spot] else state.swapcase() + "x",
            state[1:] + state[0] + "x",
            noise,
        ]
    )
    parts = [f"state={quote(bad)}", f"code={quote(chance.choice([code, noise, '', bad]))}"]
    match chance.randrange(8):
        case 0:
            parts.append(f"state={quote(state)}")
        case 1:
            parts.append(f"error={quote(noise)}")
        case 2:
            parts.append(f"{quote(noise)}={quote(bad)}")
        case 3 | 4:
            parts.pop(chance.randrange(2))
        case 5:
            parts.append(f"code={quote(code)}")
        case 6:
            parts[0] += "%0A"
    chance.shuffle(parts)
    return "&".join(parts)


async def statuses(port: int, queries: list[str]) -> set[int]:
    """Send the queries over a few connections, many in one go; return the statuses that were answered."""
    shares = [queries[start::AT_ONCE] for start in range(AT_ONCE)]
    return set().union(*await asyncio.gather(*(answered(port, share) for share in shares)))


async def answered(port: int, queries: list[str]) -> set[int]:
    found, (reader, writer) = set(), await asyncio.open_connection("127.0.0.1", port)
    for start in range(0, len(queries), PIPELINED):
        piece = queries[start : start + PIPELINED]
        writer.write(b"".join(f"GET /callback?{query} HTTP/1.1\r\nHost: bot\r\n\r\n".encode() for query in piece))
        for _ in piece:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            found.add(int(head.split()[1]))
            await reader.readexactly(int(head.partition("content-length: ")[2].split()[0]))
    writer.close()
    return found


# ---------------------------------------------------------------- secrets
class Everything(logging.Handler):
    """Keeps every record of every logger as text, tracebacks and arguments included."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.text = io.StringIO()

    def emit(self, record: logging.LogRecord) -> None:
        self.text.write(f"{record.name} {self.format(record)} {record.args!r}\n")


@pytest.fixture
def everything() -> Any:
    """All loggers at DEBUG, those of spotipy, urllib3, aiohttp, sqlalchemy and aiosqlite by name."""
    handler, root = Everything(), logging.getLogger()
    names = [*logging.root.manager.loggerDict, "spotipy.client", "spotipy.oauth2", "urllib3.connectionpool"]
    before = {name: logging.getLogger(name).level for name in names} | {"": root.level}
    for name in before:
        logging.getLogger(name).setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield handler
    root.removeHandler(handler)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


async def test_p34_no_secret_shows_in_logs_errors_or_reprs_at_any_level(
    stage: Stage, linking: Site, everything: Everything, capfd: pytest.CaptureFixture[str]
) -> None:
    stage.world.apps.clear()
    stage.world.register(App(APP, frozenset({BACK}), secret="canary-secret", users={"mara"}))
    stage.spotify = stage.again(UNHURRIED, **{APP: "canary-secret"})
    shown, secrets = io.StringIO(), {"canary-secret", KEY}

    # Linked through the callback, then everything that is asked of Spotify.
    address = await agree(await stage.begin(MARA), "mara")
    secrets |= {*returned(address), await verifier_of(stage)}
    assert (await linking.get(back(address)))[0] == 200
    secrets |= await tokens_of(stage)
    music = await stage.music(MARA)
    await music.likes(0)
    made = await music.create("Run")
    await music.add(made.id, URIS[:2], None)
    await music.remove(made.id, URIS[:1], None)
    await music.contents(made.id)
    await music.playlists()

    # Everything that goes wrong, at the Web API and at the accounts service.
    for match in (LIKES, TOKEN):
        for kind, more in (("status", {"status": 401}), ("status", {"status": 403}), ("drop", {}), ("quota", {})):
            stage.clock.pass_by(days=2)
            stage.fault(match, kind, **more)
            await shown_failure(shown, music.likes(0))
            secrets |= await tokens_of(stage)
    stage.clock.pass_by(days=2)
    again = await agree(await stage.begin(MARA), "mara")
    secrets |= {*returned(again), await verifier_of(stage)}
    stage.fault(TOKEN, "status", status=500)
    assert (await linking.get(back(again)))[0] == 503
    assert (await linking.get(back(again)))[0] == 400
    stage.world.revoke("mara")
    stage.clock.pass_by(days=2)
    await shown_failure(shown, music.likes(0))

    account = await stage.account(MARA)
    shown.write(repr([stage.spotify, stage.vault, music, account, stage.store]))
    out = capfd.readouterr()
    said = everything.text.getvalue() + shown.getvalue() + out.out + out.err
    assert len(secrets) > 10
    assert "GET /spotify/v1/me/tracks" in said  # urllib3 was heard, so the test can hear
    assert [secret[:6] for secret in secrets if secret in said] == []


async def tokens_of(stage: Stage) -> set[str]:
    account = await stage.account(MARA)
    if account is None or not account.tokens:
        return set()
    tokens = open_tokens(stage.vault, MARA, account.tokens)
    return {tokens.access, tokens.refresh}


async def verifier_of(stage: Stage) -> str:
    async with stage.store.reading() as tx:
        row = (await tx.exec_driver_sql("SELECT verifier FROM link_state")).one()
    return stage.vault.open(MARA, link.VERIFIER, row.verifier).decode()


async def shown_failure(shown: io.StringIO, call: Any) -> None:
    with suppress(CratekeeperError):
        try:
            await call
        except CratekeeperError as error:
            shown.write(f"{error!r} {error} {error.for_member()} {vars(error)}\n{traceback.format_exc()}")
            raise
