"""App: the page that Discord shows in its frame, below /activity, and the session of the member who opened it.

Discord fetches everything through its own proxy, <application id>.discordsays.com. The swipe page's files and calls are
mounted here too, at /activity/feed, so one URL mapping is enough.
"""

import asyncio
import re
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from bot.errors import NotConfirmed
from bot.flows.feed.pages.activity import Activity
from bot.messages import _
from bot.messages import feed as messages
from bot.messages.errors import describe
from bot.web.feed import words
from bot.web.http import answers
from bot.web.http.allowance import Allowance
from bot.web.http.bodies import text
from bot.web.http.callers import only_our_page
from bot.web.http.languages import in_their_language
from bot.web.http.problems import Problem, described

RATE = 20  # log-ins a minute per member
AT_ONCE = 8  # codes checked with Discord at a time; whose they are is unknown until it answers
PATIENCE = 8.0  # seconds a log-in waits for its turn
CODE = re.compile(r"[\x21-\x7e]{1,512}")  # visible ASCII (RFC 6749, appendix A)
CLIENTS = "https://discord.com https://ptb.discord.com https://canary.discord.com"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "media-src 'self' blob:; worker-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors {clients} https://{application}.discordsays.com"
)
FOLDER = Path(__file__).with_name("static")
PAGE = (FOLDER / "index.html").read_text()
SCRIPTS = {path.name: path.read_bytes() for path in (*FOLDER.glob("*.js"), *FOLDER.glob("vendor/*.js"))}
SHARED = "public, no-cache"  # they hold nothing personal

FRAMED = web.RequestKey("framed", str)  # the content security policy of a page shown in Discord's frame
ACTIVITY = web.AppKey[Activity]("activity")
ORIGIN = web.AppKey[str]("origin")
ALLOWANCE = web.AppKey[Allowance]("log-ins")
TURNS = web.AppKey[asyncio.Semaphore]("turns")


def application(
    activity: Activity, feed: web.Application, public_url: str, now: Callable[[], float]
) -> web.Application:
    """Return the app to mount at /activity, with the swipe page `feed` below it. now: a clock in seconds."""
    app = web.Application(middlewares=[in_their_language, described, only_our_page])
    address = urlsplit(public_url)
    app[ACTIVITY], app[ORIGIN] = activity, f"{address.scheme}://{address.netloc}"
    app[ALLOWANCE], app[TURNS] = Allowance(RATE, now), asyncio.Semaphore(AT_ONCE)
    app.router.add_get("", page)  # Discord's proxy asks for the mapped address as it is; a redirect would leave it
    app.router.add_get("/", page)
    app.router.add_get("/static/{name}", script)
    app.router.add_post("/session", enter)
    app.on_response_prepare.append(_guard)
    app.add_subapp("/feed", feed)
    return app


async def page(request: web.Request) -> web.Response:
    application = await request.app[ACTIVITY].identity.application()
    text = words.filled(PAGE).replace("{application}", application)
    answer = web.Response(text=text, content_type="text/html", headers={"Vary": hdrs.ACCEPT_LANGUAGE})
    request[FRAMED] = POLICY.format(clients=CLIENTS, application=application)
    return answer


async def script(request: web.Request) -> web.Response:
    data = SCRIPTS.get(request.match_info["name"])
    if data is None:
        raise Problem(HTTPStatus.NOT_FOUND, _(messages.NOTHING_HERE))
    return answers.kept(request, data, "text/javascript", SHARED)


async def enter(request: web.Request) -> web.Response:
    """Start a session for the member who authorised in Discord. The page keeps the secret in memory, not in a cookie.

    All requests come from Discord's proxy, so members are told apart only once Discord has checked the code. Until
    then requests queue: a flood from strangers delays members, but uses up nobody's allowance.
    """
    await _check_origin(request)
    code = await text(request, "code")
    try:
        if not CODE.fullmatch(code):
            raise NotConfirmed
        member = await _confirmed(request, code)
    except NotConfirmed as refused:
        raise Problem(HTTPStatus.FORBIDDEN, describe(refused, plain=True)) from None
    if request.app[ALLOWANCE].take(member).wait:
        raise Problem(HTTPStatus.TOO_MANY_REQUESTS, _(messages.TOO_MANY_LOGINS))
    return answers.fresh({"session": await request.app[ACTIVITY].begin(member)})


async def _confirmed(request: web.Request, code: str) -> int:
    """Ask Discord, in turn, which member the code belongs to. Raises NotConfirmed, ChatDown, Problem."""
    turns = request.app[TURNS]
    try:
        await asyncio.wait_for(turns.acquire(), PATIENCE)
    except TimeoutError:
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, _(messages.CROWDED)) from None
    try:
        return await request.app[ACTIVITY].identity.member(code)
    finally:
        turns.release()


async def _guard(request: web.Request, response: web.StreamResponse) -> None:
    if policy := request.get(FRAMED):
        response.headers["Content-Security-Policy"] = policy


async def _check_origin(request: web.Request) -> None:
    """Accept log-ins only from our own page, through Discord's proxy or directly. Raises Problem."""
    origin = request.headers.get(hdrs.ORIGIN)
    proxied = f"https://{await request.app[ACTIVITY].identity.application()}.discordsays.com"
    if origin is not None and origin not in (proxied, request.app[ORIGIN]):
        raise Problem(HTTPStatus.FORBIDDEN, "Only the page itself may do that.")
