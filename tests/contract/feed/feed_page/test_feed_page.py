"""The swipe page's requests and refusals: sessions, cross-site requests, ranges, malformed bodies."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web

from bot.adapters.store import personal_data
from bot.core.records import Actor
from bot.errors import LinkUsed
from bot.flows.account import sessions
from bot.flows.feed.catalogue import Entry
from bot.flows.feed.feed import FeedCard
from bot.flows.feed.listening import Listen, Way
from bot.flows.social import server_channels
from bot.flows.social.server_channels import Purpose
from bot.messages import LANGUAGES, _, mentions, speaking
from bot.messages.errors import describe
from bot.web import port_of, serve
from bot.web.feed import shapes, shell, words
from bot.web.http import bodies
from bot.web.http.problems import described
from tests.contract.feed.api.stage import ADA, BEN, FILES, liked
from tests.contract.feed.feed_page.stage import KEY, OURS, SERVER, Stage, staged

SONG = f"/feed/api/songs/{KEY}"
CHANGES = (
    ("POST", "/feed/session"),
    ("PUT", "/feed/session"),
    ("DELETE", "/feed/session"),
    ("POST", "/feed/api/cards"),
    ("PUT", "/feed/api/saving"),
    *((method, f"{SONG}/{what}") for what in ("like", "dislike") for method in ("PUT", "DELETE")),
    ("PUT", f"{SONG}/skip"),
    ("PUT", f"{SONG}/playlists/1"),
    ("POST", f"{SONG}/repost"),
)
LOOKS = (f"{SONG}/listen", f"{SONG}/clip", f"{SONG}/playlists", "/feed/api/nowhere")


# ---------------------------------------------------------------- sessions


@pytest.mark.slow
async def test_a_link_becomes_a_session_once(stage: Stage) -> None:
    link = await sessions.invite(stage.store, Actor(ADA, None, stage.clock()))
    entered = await stage.ask("/feed/session", None, "POST", {"link": link})
    assert (entered.status, entered.data) == (204, b"")
    cookie = entered.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Path=/feed", "Max-Age=2592000"} <= set(cookie.split("; "))
    stage.sessions[ADA] = re.findall("ck_feed=([^;]+)", cookie)[0]
    assert await stage.cards()
    again = await stage.ask("/feed/session", None, "POST", {"link": link})
    assert (again.status, again.headers["Content-Type"]) == (403, "application/problem+json")
    assert "/feed web" in again.json["detail"]
    assert "Set-Cookie" not in again.headers


@pytest.mark.slow
async def test_the_page_shows_whose_session_it_is(stage: Stage) -> None:
    assert (await stage.ask("/feed/api/me", BEN)).json == {"name": "@ben (Ben)"}
    assert (await stage.ask("/feed/api/me", None)).status == 401


@pytest.mark.slow
async def test_one_members_link_does_not_replace_anothers_session_without_asking(stage: Stage) -> None:
    link = await sessions.invite(stage.store, Actor(BEN, None, stage.clock()))
    refused = await stage.ask("/feed/session", ADA, "POST", {"link": link})
    assert (refused.status, "Set-Cookie" in refused.headers) == (409, False)
    assert refused.json["detail"] == "This browser is logged in as @ada (Ada). That link is @ben (Ben)'s."
    assert await stage.cards(), "Ada is still logged in"
    agreed = await stage.ask("/feed/session", ADA, "PUT", {"link": link})
    assert agreed.status == 204
    assert (await stage.ask("/feed/api/me", ADA)).status == 401, "Ada's session in this browser has ended"
    stage.sessions[BEN] = re.findall("ck_feed=([^;]+)", agreed.headers["Set-Cookie"])[0]
    assert (await stage.ask("/feed/api/me", BEN)).json == {"name": "@ben (Ben)"}
    assert (await stage.ask("/feed/session", BEN, "PUT", {"link": link})).status == 403
    assert (await stage.ask("/feed/api/me", BEN)).status == 200, "an invalid link ends no session"


@pytest.mark.slow
async def test_ones_own_link_continues_without_a_question(stage: Stage) -> None:
    link = await sessions.invite(stage.store, Actor(ADA, None, stage.clock()))
    assert (await stage.ask("/feed/session", ADA, "POST", {"link": link})).status == 204
    assert (await stage.ask("/feed/session", ADA, "POST", {"link": "A" * 43})).status == 403


@pytest.mark.slow
async def test_a_session_cookie_is_secure_if_the_site_uses_tls(tmp_path: Path, made: Path) -> None:
    async with staged(tmp_path, made, "https://example.org/crates") as stage:
        link = await sessions.invite(stage.store, Actor(ADA, None, stage.clock()))
        cookie = (await stage.ask("/feed/session", None, "POST", {"link": link})).headers["Set-Cookie"]
        assert {"Secure", "Path=/crates/feed"} <= set(cookie.split("; "))


@pytest.mark.slow
async def test_a_link_ends_after_ten_minutes_and_a_session_after_thirty_days(stage: Stage) -> None:
    link = await sessions.invite(stage.store, Actor(ADA, None, stage.clock()))
    stage.clock.now += timedelta(minutes=10)
    assert (await stage.ask("/feed/session", None, "POST", {"link": link})).status == 403
    assert await stage.cards()
    stage.clock.now += timedelta(days=30)
    over = await stage.ask("/feed/api/cards", ADA, "POST", {"count": 1})
    assert over.status == 401
    assert "/feed web" in over.json["detail"]


async def test_logging_out_ends_the_session_and_takes_the_cookie(stage: Stage) -> None:
    out = await stage.ask("/feed/session", ADA, "DELETE")
    assert out.status == 204
    assert {"Max-Age=0", "Path=/feed"} <= set(out.headers["Set-Cookie"].split("; "))
    assert (await stage.ask("/feed/api/cards", ADA, "POST", {"count": 1})).status == 401
    assert await stage.cards(1, BEN), "others stay logged in"
    assert (await stage.ask("/feed/session", None, "DELETE")).status == 204


async def test_without_a_valid_session_nothing_is_answered(stage: Stage) -> None:
    unused = await sessions.invite(stage.store, Actor(ADA, None, stage.clock()))
    for cookie in ("", "ck_feed=", "ck_feed=" + "A" * 43, f"ck_feed={unused}", "ck_feed=\xff;;="):
        for path in (*LOOKS, "/feed/api/me"):
            answer = await stage.bare(path, "GET", None, {"Cookie": cookie})
            assert (answer.status, answer.headers["Content-Type"]) == (401, "application/problem+json")
    for method, path in CHANGES[3:]:
        assert (await stage.ask(path, None, method, {})).status == 401


@pytest.mark.slow
async def test_without_cookies_the_session_is_a_bearer_token(stage: Stage) -> None:
    bearer = f"Bearer {stage.sessions[ADA]}"
    assert (await stage.ask(f"{SONG}/listen", None, Authorization=bearer)).status == 200
    assert (await stage.ask(f"{SONG}/listen", ADA, Authorization="Bearer nothing")).status == 401


@pytest.mark.slow
@pytest.mark.parametrize(("method", "path"), CHANGES)
async def test_no_other_page_can_change_anything(stage: Stage, method: str, path: str) -> None:
    headers = {"Cookie": f"ck_feed={stage.sessions[ADA]}", "Origin": "https://elsewhere.example"}
    answer = await stage.bare(path, method, b'{"count": 1}', headers)
    assert (answer.status, answer.headers["Content-Type"]) == (403, "application/problem+json")
    assert not [header for header in answer.headers if header.startswith("Access-Control")], (
        "preflight gets no permission either"
    )


# ---------------------------------------------------------------- songs


@pytest.mark.slow
async def test_a_member_who_has_not_joined_gets_only_the_operators_files(stage: Stage) -> None:
    cards = await stage.cards(5, BEN)
    assert len(cards) == FILES
    after = (await stage.ask("/feed/api/cards", BEN, "POST", {"count": 1})).json
    assert after["cards"] == []
    assert after["detail"]
    for path in (*LOOKS[:3], f"{SONG}/nowhere"):
        assert (await stage.ask(path, BEN)).status == 404
    for method, path in CHANGES[5:]:
        assert (await stage.ask(path, BEN, method)).status == 404


@pytest.mark.slow
async def test_a_file_has_a_clip_with_ranges_and_its_waveform(stage: Stage) -> None:
    (card, *_) = await stage.cards(1, BEN)
    how = (await stage.ask(f"/feed/api/songs/{card['key']}/listen", BEN)).json
    assert (how["way"], how["clip"]) == ("clip", f"api/songs/{card['key']}/clip")
    assert how["waveform"]
    assert 0 <= how["offset"] < how["seconds"]
    whole = await stage.ask(f"/feed/{how['clip']}", BEN)
    assert (whole.status, whole.data[:4]) == (200, b"OggS")
    assert "private" in whole.headers["Cache-Control"]
    part = await stage.ask(f"/feed/{how['clip']}", BEN, Range="bytes=4-99")
    assert (part.status, part.data) == (206, whole.data[4:100])
    assert (await stage.ask(f"/feed/{how['clip']}", BEN, Range=f"bytes={len(whole.data)}-")).status == 416
    assert (await stage.ask(f"/feed/{how['clip']}", BEN, If_None_Match=whole.headers["ETag"])).status == 304


async def test_a_song_without_a_file_is_a_link(stage: Stage) -> None:
    how = (await stage.ask(f"{SONG}/listen")).json
    assert (how["way"], how["by"], how["clip"]) == ("link", "Spotify", None)
    assert (await stage.ask(f"{SONG}/clip")).status == 404


async def test_answers_are_stored_only_for_their_member(stage: Stage) -> None:
    (card, *_) = await stage.cards(1, BEN)
    song = f"/feed/api/songs/{card['key']}"
    assert (await stage.ask(f"{song}/like", BEN, "PUT")).json == {"saved": False, "ask": False}
    assert (await stage.ask(f"{song}/like", BEN, "DELETE")).status == 204
    assert (await stage.ask(f"{song}/skip", BEN, "PUT")).status == 204
    assert (await stage.ask(f"{song}/dislike", BEN, "PUT")).status == 204
    assert (await stage.ask(f"{song}/dislike", BEN, "DELETE")).status == 204
    assert (await stage.ask("/feed/api/saving", BEN, "PUT", {"saves": False})).status == 204
    assert (await stage.ask(f"{song}/playlists", BEN)).json == {"playlists": []}
    refused = await stage.ask(f"{song}/playlists/1", BEN, "PUT")
    assert refused.status == 404
    assert "I don't keep that playlist" in refused.json["detail"]


@pytest.mark.parametrize(
    "body", [None, {}, [], {"count": 0}, {"count": 6}, {"count": True}, {"count": "1"}, {"count": 1, "x": 1}]
)
async def test_a_malformed_body_gets_a_problem_and_is_no_defect(stage: Stage, body: Any) -> None:
    answer = await stage.ask("/feed/api/cards", ADA, "POST", body)
    assert (answer.status, answer.headers["Content-Type"]) == (400, "application/problem+json")


@pytest.mark.parametrize(
    "data", [b"\xff\xfe", b"[" * 10_000, b"{", b'{"link": "' + b"A" * 42 + '\u00e4"}'.encode(), b'{"link": "\\ud800"}']
)
async def test_malformed_links_open_nothing(stage: Stage, data: bytes) -> None:
    assert (await stage.bare("/feed/session", "POST", data, OURS)).status in (400, 403)
    assert (await stage.bare("/feed/session", "POST", b" " * 2**21, OURS)).status == 413


@pytest.mark.parametrize(
    "head", ["Content-Length: 8\r\nContent-Encoding: gzip", "Content-Length: 99", "Transfer-Encoding: chunked"]
)
async def test_a_compressed_truncated_or_late_body_is_no_defect(
    stage: Stage, caplog: pytest.LogCaptureFixture, head: str
) -> None:
    """Anybody can send such bodies, so they mustn't fill the log or hold a connection open forever."""
    caplog.set_level("INFO")
    address = urlsplit(stage.origin)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(f"POST /feed/session HTTP/1.1\r\nHost: localhost\r\nX-Cratekeeper: 1\r\n{head}\r\n\r\n".encode())
    writer.write(b"canary: ")
    writer.write_eof()
    await reader.read()
    writer.close()
    assert " 400 in " in caplog.text
    assert [record for record in caplog.records if record.exc_info] == []
    assert "canary" not in caplog.text


@pytest.mark.parametrize("header", [b"Authorization: Bearer \xff", b"Cookie: ck_feed=\xff"])
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_a_secret_that_is_not_text_is_no_defect(
    stage: Stage, caplog: pytest.LogCaptureFixture, method: str, header: bytes
) -> None:
    body = json.dumps({"link": await sessions.invite(stage.store, Actor(ADA, None, stage.clock()))}).encode()
    head = f"{method} /feed/session HTTP/1.1\r\nHost: localhost\r\nX-Cratekeeper: 1\r\nConnection: close\r\n".encode()
    address = urlsplit(stage.origin)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(head + header + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    assert (await reader.read()).startswith(b"HTTP/1.1 204 ")
    writer.close()
    assert [record for record in caplog.records if record.exc_info] == []


@pytest.mark.parametrize(
    ("path", "method", "body"), [("cards", "POST", b'{"count": 3}'), ("saving", "PUT", b'{"saves": true}')]
)
async def test_p35_a_call_during_a_deletion_does_not_bring_the_member_back(
    stage: Stage, path: str, method: str, body: bytes
) -> None:
    async def late() -> AsyncIterator[bytes]:
        yield body[:1]
        async with stage.store.writing() as tx:
            await personal_data.erase(tx, ADA)
        yield body[1:]

    headers = OURS | {"Cookie": f"ck_feed={stage.sessions[ADA]}"}
    assert (await stage.bare(f"/feed/api/{path}", method, late(), headers)).status == 404
    async with stage.store.reading() as tx:
        assert not [rows async for _, rows in personal_data.export(tx, ADA) if rows]


async def test_a_body_that_never_arrives_times_out() -> None:
    async def read(request: web.Request) -> web.Response:
        return web.Response(body=await bodies.whole(request, patience=0.01))

    async def never() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    app = web.Application(middlewares=[described])
    app.router.add_post("/", read)
    runner = await serve(app, 0)
    address = f"http://127.0.0.1:{port_of(runner)}"
    async with aiohttp.ClientSession() as http, http.post(address, data=never()) as answer:
        assert answer.status == 408
    await runner.cleanup()


@pytest.mark.slow
async def test_too_many_requests_are_rate_limited(stage: Stage) -> None:
    codes = [(await stage.ask("/feed/api/nowhere")).status for _ in range(601)]
    assert codes == [404] * 600 + [429]
    assert await stage.cards(1, BEN), "the limit is per member"


@pytest.mark.parametrize(
    ("way", "beside"), [(Way.CLIP, True), (Way.LINK, True), (Way.PREVIEW, False), (Way.VIDEO, False)]
)
def test_spotifys_covers_never_appear_with_another_services_sound(way: Way, beside: bool) -> None:
    entry = Entry(replace(liked(0), cover="https://i.scdn.co/image/1"), {}, None, clip=False)
    how = shapes.listen(entry.song, Listen(way, url="https://www.deezer.com/1", by="Deezer"), "")
    assert (how["cover"] is not None) is beside
    assert shapes.card(FeedCard(entry, ()))["cover"] is None, "no cover before the sound's source is known"


def test_names_are_shown_as_they_are_in_discord() -> None:
    odd = replace(liked(0), title="\u202eeno", artists=(" ",), album="A\nB")
    card = shapes.card(FeedCard(Entry(odd, {}, None, clip=False), (odd,)))
    assert (card["title"], card["artists"], card["album"]) == ("eno", ["?"], "A B")
    assert (card["why"], card["near"][0]["title"]) == ("near eno", "eno")


# ---------------------------------------------------------------- files


class References(HTMLParser):
    """Collects what an HTML file loads, and what a strict content security policy would block."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.loaded += [value for name in ("src", "href") if (value := given.get(name))]
        self.inline += [name for name in given if name.startswith("on") or name == "style"]
        self.inline += ["script"] * (tag == "script" and "src" not in given) + ["style"] * (tag == "style")


async def test_the_page_is_the_same_for_everybody_and_loads_nothing_from_elsewhere(stage: Stage) -> None:
    page = await stage.ask("/feed/enter", None)
    assert page.data == (await stage.ask("/feed/", ADA)).data
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert {"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "form-action 'none'"} <= set(
        policy.split("; ")
    )
    references = References()
    references.feed(page.data.decode())
    assert references.inline == []
    for path in references.loaded:
        answer = await stage.ask(f"/feed/{path}", None)
        assert answer.status == 200
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert (await stage.ask("/feed", None)).headers["Location"] == "feed/"
    for path in ("/feed/static/nothing.js", "/feed/static/..%2f..%2fapp.py", "/feed/static/"):
        assert (await stage.ask(path, None)).status == 404


@pytest.mark.parametrize("language", LANGUAGES[1:])
async def test_the_page_and_its_errors_use_the_readers_language(stage: Stage, language: str) -> None:
    accepted = language.replace("_", "-")
    theirs = await stage.ask("/feed/static/words.js", None, Accept_Language=accepted)
    english = await stage.ask("/feed/static/words.js", None, Accept_Language="en")
    assert theirs.headers["Vary"] == "Accept-Language"
    assert f'LANGUAGE = "{accepted}"'.encode() in theirs.data
    assert theirs.data != english.data
    page = await stage.ask("/feed/", None, Accept_Language=accepted)
    manifest = await stage.ask("/feed/manifest.webmanifest", None, Accept_Language=accepted)
    assert page.headers["Vary"] == manifest.headers["Vary"] == "Accept-Language"
    with speaking(language):
        assert f'<html lang="{accepted}">' in page.data.decode()
        assert f"<noscript>{mentions.bare(_(words.IN_FILES['no_script']))}</noscript>" in page.data.decode()
        assert json.loads(manifest.data)["description"] == _(words.IN_FILES["about"]) != words.IN_FILES["about"]
    refused = await stage.ask("/feed/session", None, "POST", {"link": "made-up"}, Accept_Language=accepted)
    with speaking(language):
        assert refused.json["detail"] == describe(LinkUsed(), plain=True)
    assert refused.json["detail"] != describe(LinkUsed(), plain=True)


async def test_the_service_worker_caches_the_whole_page(stage: Stage) -> None:
    worker = (await stage.ask("/feed/sw.js", None)).data.decode()
    kept = set(re.findall(r'^  "(.+)",$', worker, re.MULTILINE))
    at_the_top = {"./", "manifest.webmanifest"}
    shown = {f"static/{path.name}" for path in shell.FOLDER.iterdir() if path.suffix in (".js", ".css", ".svg")}
    assert kept == at_the_top | (shown - {"static/sw.js"}) | {"static/words.js"}


async def test_a_repost_goes_to_the_server_the_link_was_requested_in(stage: Stage) -> None:
    refused = await stage.ask(f"/feed/api/songs/{KEY}/repost", method="POST")
    assert (refused.status, "a server's channel" in refused.json["detail"]) == (404, True)
    assert (await stage.ask("/feed/api/server")).json == {"name": None}, "the link was requested in a direct message"
    await server_channels.choose(stage.store, SERVER, Purpose.REPOSTS, [7002])
    link = await sessions.invite(stage.store, Actor(ADA, SERVER, stage.clock()))
    stage.sessions[ADA] = await sessions.enter(stage.store, link, stage.clock())
    assert (await stage.ask("/feed/api/server")).json == {"name": "Crate diggers"}
    assert (await stage.ask(f"/feed/api/songs/{KEY}/repost", BEN, "POST")).status == 404, "Ben can't see that song"
    assert (await stage.ask(f"/feed/api/songs/{KEY}/repost", method="POST")).status == 204
    assert len(stage.posted) == 1
    again = await stage.ask(f"/feed/api/songs/{KEY}/repost", method="POST")
    assert again.status == 404
    assert len(stage.posted) == 1
