"""App: the page below /feed, to swipe, label and review: its files, its sessions and its calls.

A link carries its secret in the URL's fragment, which browsers never send, so it reaches no log and no proxy. The page
posts it, and the browser gets a cookie that no script can read and no other site can use.
"""

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import urlsplit

from aiohttp import web

from bot.core.markup import plain
from bot.errors import LinkUsed
from bot.flows.account.sessions import SESSION_GOOD_FOR
from bot.flows.feed.pages.page import FeedPage
from bot.messages import _
from bot.messages import feed as messages
from bot.messages.errors import describe
from bot.web.feed import calls, shell, sorting
from bot.web.feed.callers import COOKIE, PAGE, known, secret_of
from bot.web.http.allowance import Allowance
from bot.web.http.bodies import text
from bot.web.http.callers import ALLOWANCE, only_our_page
from bot.web.http.languages import in_their_language
from bot.web.http.problems import Problem, described

T = TypeVar("T")
RATE = 600  # requests a minute per member: a song takes five, and nobody swipes through two a second
PUBLIC_URL = web.AppKey[str]("public url")


def application(
    page: FeedPage, public_url: str, pictures: Sequence[str], sounds: Sequence[str], now: Callable[[], float]
) -> web.Application:
    """Return the app to mount at /feed. Covers may come from the origins `pictures`, previews from `sounds`.

    public_url: where members reach the bot; now: a clock in seconds.
    """
    app = web.Application(middlewares=[in_their_language, described, only_our_page])
    app[PAGE], app[PUBLIC_URL], app[ALLOWANCE] = page, public_url, Allowance(RATE, now)
    shell.add_to(app, pictures, sounds)
    app.router.add_post("/session", enter)
    app.router.add_put("/session", change_over)
    app.router.add_delete("/session", leave)
    app.add_subapp("/api", _calls())
    return app


def _calls() -> web.Application:
    app = web.Application(middlewares=[known])
    app.router.add_routes([*calls.ROUTES, *sorting.ROUTES])
    return app


async def enter(request: web.Request) -> web.Response:
    """Start a session with a link's secret, which works once. If another member is logged in, the page asks first."""
    link = await text(request, "link")
    await _refuse_to_replace(request, link)
    return await _enter(request, link)


async def change_over(request: web.Request) -> web.Response:
    """Replace another member's session with a new one, after the page has asked."""
    link, before = await text(request, "link"), secret_of(request)
    answer = await _enter(request, link)
    await request.app[PAGE].leave(before)
    return answer


async def _refuse_to_replace(request: web.Request, link: str) -> None:
    """Raises Problem if another member is logged in: a link must not silently replace their session."""
    page = request.app[PAGE]
    holder = await page.holder(secret_of(request))
    if holder is None:
        return
    guest = await _described(page.invited(link))
    if guest != holder:
        here, there = plain(await page.name_of(holder)), plain(await page.name_of(guest))
        raise Problem(HTTPStatus.CONFLICT, _(messages.ANOTHERS_BROWSER, here=here, there=there))


async def _enter(request: web.Request, link: str) -> web.Response:
    secret = await _described(request.app[PAGE].enter(link))
    answer = web.Response(status=HTTPStatus.NO_CONTENT)
    _set_cookie(request, answer, secret, int(SESSION_GOOD_FOR.total_seconds()))
    return answer


async def _described(work: Awaitable[T]) -> T:
    """Turn LinkUsed into a Problem."""
    try:
        return await work
    except LinkUsed as used:
        raise Problem(HTTPStatus.FORBIDDEN, describe(used, plain=True)) from None


async def leave(request: web.Request) -> web.Response:
    """End the session, if there's one."""
    await request.app[PAGE].leave(secret_of(request))
    answer = web.Response(status=HTTPStatus.NO_CONTENT)
    _set_cookie(request, answer, "", 0)
    return answer


def _set_cookie(request: web.Request, answer: web.Response, secret: str, seconds: int) -> None:
    """Set the cookie: for this page only, hidden from scripts and other sites, and over plain HTTP only on loopback."""
    address = urlsplit(request.app[PUBLIC_URL])
    path, secure = f"{address.path}/feed", address.scheme == "https"
    answer.set_cookie(COOKIE, secret, max_age=seconds, path=path, secure=secure, httponly=True, samesite="Strict")
