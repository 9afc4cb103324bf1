"""Callers: which member a session belongs to, and how much they may still ask.

The session is a cookie. Inside Discord's frame, where browsers keep no cookies, it's a bearer token (RFC 6750).
"""

from http import HTTPStatus

from aiohttp import hdrs, web

from bot.flows.feed.pages.page import FeedPage
from bot.messages import _, mentions
from bot.messages import feed as messages
from bot.web.http.callers import ALLOWANCE, MEMBER, too_many
from bot.web.http.problems import Handler, Problem

PAGE = web.AppKey[FeedPage]("page")
COOKIE = "ck_feed"


@web.middleware
async def known(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let only members with a session through, and only within their allowance. Raises Problem."""
    member = await request.config_dict[PAGE].holder(secret_of(request))
    if member is None:
        raise Problem(HTTPStatus.UNAUTHORIZED, mentions.bare(_(messages.LOGGED_OUT_HERE)))
    if wait := request.config_dict[ALLOWANCE].take(member).wait:
        raise too_many(wait, messages.TOO_FAST)
    request[MEMBER] = member
    return await handler(request)


def secret_of(request: web.Request) -> str:
    """Return the session's secret: from the bearer token, else from the cookie; empty without either."""
    scheme, _space, bearer = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    return bearer.strip() if scheme.lower() == "bearer" else request.cookies.get(COOKIE, "")
