"""The pages over real HTTP: the callback, health, and what neither ever reveals."""

import asyncio
import base64
import hashlib
import logging
import re
from collections.abc import AsyncIterator

import pytest

from bot.errors import LinkRefused, StoreFull, VaultError
from bot.errors.spotify import NotOnAllowList, SpotifyDown
from bot.web import add_metrics, application, port_of, serve
from tests.contract.spotify.site import Site, opened

STATE = "s" * 43


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    runner = await opened(site)
    yield site
    await runner.cleanup()


async def test_the_callback_passes_on_what_spotify_says_and_shows_a_page(site: Site) -> None:
    status, page, _ = await site.get(f"/callback?code=abc&state={STATE}")
    assert (status, site.returns) == (200, [(STATE, "abc", None)])
    assert "<output>ABCD-EFGH</output>" in page
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
async def test_p32_a_return_spotify_would_not_send_reaches_nothing(site: Site, query: str) -> None:
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
        (None, 200),
    ],
)
async def test_p32_no_page_echoes_its_query(problem: Exception | None, status: int) -> None:
    site = Site(problem)
    runner = await opened(site)
    answers = [await site.get(f"/callback?code={code}&state={STATE}") for code in ("canary", "other")]
    assert [answer[0] for answer in answers] == [status, status]
    assert answers[0][1] == answers[1][1]
    assert "canary" not in answers[0][1]
    await runner.cleanup()


async def test_p37_the_page_shows_both_names_as_plain_text_and_whose_code_it_is(site: Site) -> None:
    _, page, headers = await site.get(f"/callback?code=abc&state={STATE}")
    assert "<bdi>Mara &lt;b&gt;&amp; company</bdi>" in page
    assert "<bdi>@mara (&quot;Mara&quot;&lt;/bdi&gt;)</bdi>" in page
    assert "Not your Discord account?" in page
    assert "canary" not in page
    (style,) = re.findall("<style>(.*)</style>", page)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}';" in headers["Content-Security-Policy"]


async def test_the_callback_uses_the_readers_language(site: Site) -> None:
    for path in (f"/callback?code=abc&state={STATE}", "/callback"):
        german, english = [(await site.get(path, language=language))[1] for language in ("de-AT", "tlh")]
        assert '<html lang="de">' in german
        assert '<html lang="en">' in english
    assert "Dieser Link gilt nicht" in german


@pytest.mark.parametrize("path", ["/callback", f"/callback?code=a&state={STATE}", "/health", "/nowhere"])
async def test_every_response_has_security_headers(site: Site, path: str) -> None:
    _, _, headers = await site.get(path)
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "aiohttp" not in headers["Server"]


async def test_only_a_get_spends_a_state(site: Site) -> None:
    for method in ("HEAD", "POST", "PUT", "DELETE", "OPTIONS"):
        status, _, _ = await site.get(f"/callback?code=a&state={STATE}", method)
        assert status == 405
    assert site.returns == []


async def test_health_reports_the_bots_state_and_other_paths_are_not_found(site: Site) -> None:
    assert (await site.get("/health"))[:2] == (200, '{"ok": true, "version": "0"}')
    site.well = False
    assert (await site.get("/health"))[0] == (await site.get("/health/ready"))[0] == 503
    assert (await site.get("/health/live"))[:2] == (200, '{"ok": true}')
    site.ill = StoreFull()
    assert (await site.get("/health"))[:2] == (503, '{"ok": false}')
    for path in ("/", "/callback/", "/health/x", "/..%2fcallback", "/<script>"):
        status, page, _ = await site.get(path)
        assert (status, "script" in page) == (404, False)


@pytest.mark.parametrize(("sent", "status"), [(b"t" * 16, b"200"), (b"t" * 15, b"401"), (b"\xff", b"401")])
async def test_metrics_are_for_whoever_has_the_token_whatever_bytes_others_send(sent: bytes, status: bytes) -> None:
    async def healthy() -> dict[str, object]:
        return {}

    async def scrape() -> bytes:
        return b""

    app = application(None, healthy)
    add_metrics(app, scrape, "t" * 16)
    runner = await serve(app, 0)
    head = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer "
    said = await spoken(port_of(runner), head + sent + b"\r\n\r\n")
    assert said.split()[1] == status
    await runner.cleanup()


async def test_p34_requests_are_logged_without_their_contents(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        await site.get(f"/callback?code=canary&state={STATE}")
        await site.get("/canary?canary=canary")
        for malformed in (b"GET /callback?code=canary\x01 HTTP/1.1", b"GET /canary HTTP/9.9", b"CANARY\x00 /canary X"):
            said = await spoken(site.port, malformed + b"\r\nHost: canary\r\ncanary\r\n\r\n")
            assert said.startswith(b"HTTP/1.0 400 ")
    assert "GET /callback 200" in caplog.text
    assert "GET - 404" in caplog.text
    assert "malformed request" in caplog.text
    assert "Unhandled" not in caplog.text
    assert "canary" not in caplog.text.lower()


async def spoken(port: int, raw: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(raw)
    answer = await reader.read()
    writer.close()
    return answer
