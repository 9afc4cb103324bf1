"""App: the swipe page below /feed: its files, the session that a link turns into, and what the page asks for.

A link's secret stands in the fragment of its address, which no browser sends: it reaches no log and no proxy. The page
posts it, and the browser has a cookie that no script reads and no other site can use.
"""

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import urlsplit

from aiohttp import web

from bot.errors import LinkUsed
from bot.flows.account.sessions import SESSION_GOOD_FOR
from bot.flows.feed.page import FeedPage
from bot.web.api.allowance import Allowance
from bot.web.api.problems import Problem, described
from bot.web.feed import calls, shell
from bot.web.feed.callers import ALLOWANCE, COOKIE, PAGE, known, ours, secret_of
from bot.web.feed.reading import text

T = TypeVar("T")
RATE = 600  # requests a minute of a member: a song takes five, and nobody hears two a second
PUBLIC_URL = web.AppKey[str]("public url")


def application(
    page: FeedPage, public_url: str, pictures: Sequence[str], sounds: Sequence[str], now: Callable[[], float]
) -> web.Application:
    """Serve `page`, to be added below /feed. Covers come from `pictures`, previews from `sounds` (origins).

    public_url: where members find the bot; now: seconds, from whenever.
    """
    app = web.Application(middlewares=[described, ours])
    app[PAGE], app[PUBLIC_URL], app[ALLOWANCE] = page, public_url, Allowance(RATE, now)
    shell.add_to(app, pictures, sounds)
    app.router.add_post("/session", enter)
    app.router.add_put("/session", change_over)
    app.router.add_delete("/session", leave)
    app.add_subapp("/api", _calls())
    return app


def _calls() -> web.Application:
    app = web.Application(middlewares=[known])
    app.router.add_routes(calls.ROUTES)
    return app


async def enter(request: web.Request) -> web.Response:
    """Begin a session with the secret of a link, once; where somebody else is in, the page asks before it does."""
    link = await text(request, "link")
    await _refuse_to_replace(request, link)
    return await _enter(request, link)


async def change_over(request: web.Request) -> web.Response:
    """The same in the place of somebody else's session: whoever sits there was asked."""
    link, before = await text(request, "link"), secret_of(request)
    answer = await _enter(request, link)
    await request.app[PAGE].leave(before)
    return answer


async def _refuse_to_replace(request: web.Request, link: str) -> None:
    """Raises Problem where another member is in: a link that somebody sent must not take their place unseen."""
    page = request.app[PAGE]
    holder = await page.holder(secret_of(request))
    if holder is None:
        return
    guest = await _told(page.invited(link))
    if guest != holder:
        here, there = await page.name_of(holder), await page.name_of(guest)
        raise Problem(HTTPStatus.CONFLICT, f"This browser belongs to {here}. That link is {there}'s.")


async def _enter(request: web.Request, link: str) -> web.Response:
    secret = await _told(request.app[PAGE].enter(link))
    answer = web.Response(status=HTTPStatus.NO_CONTENT)
    _set(request, answer, secret, int(SESSION_GOOD_FOR.total_seconds()))
    return answer


async def _told(work: Awaitable[T]) -> T:
    """Say in words what is wrong with a link. Raises Problem."""
    try:
        return await work
    except LinkUsed as used:
        raise Problem(HTTPStatus.FORBIDDEN, used.for_member()) from None


async def leave(request: web.Request) -> web.Response:
    """End the session, if there is one."""
    await request.app[PAGE].leave(secret_of(request))
    answer = web.Response(status=HTTPStatus.NO_CONTENT)
    _set(request, answer, "", 0)
    return answer


def _set(request: web.Request, answer: web.Response, secret: str, seconds: int) -> None:
    """Hand the cookie out: for this page alone, for no script and no other site, and in the clear on loopback only."""
    address = urlsplit(request.app[PUBLIC_URL])
    path, secure = f"{address.path}/feed", address.scheme == "https"
    answer.set_cookie(COOKIE, secret, max_age=seconds, path=path, secure=secure, httponly=True, samesite="Strict")
