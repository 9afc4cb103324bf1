"""Callers: who asks, by their session, and how much they may still ask; and that it is the page that asks.

The session is a cookie; in Discord's frame, where browsers keep none, it is a bearer token (RFC 6750).
"""

import math
from http import HTTPStatus

from aiohttp import hdrs, web

from bot.flows.feed.page import FeedPage
from bot.web.api.allowance import Allowance
from bot.web.api.problems import Handler, Problem

PAGE = web.AppKey[FeedPage]("page")
ALLOWANCE = web.AppKey[Allowance]("allowance")
MEMBER = web.RequestKey("member", int)
COOKIE = "ck_feed"
OURS = "X-Cratekeeper"  # a page elsewhere cannot send it without asking, and is refused when it asks
LOOKS = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})


@web.middleware
async def ours(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let nothing be changed but by the page itself (against CSRF). Raises Problem."""
    if request.method not in LOOKS and request.headers.get(OURS) != "1":
        raise Problem(HTTPStatus.FORBIDDEN, f"Only the page itself may do that: {OURS}: 1 is missing.")
    return await handler(request)


@web.middleware
async def known(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let nobody through without a session, nor who has asked enough. Raises Problem."""
    member = await request.config_dict[PAGE].holder(secret_of(request))
    if member is None:
        raise Problem(HTTPStatus.UNAUTHORIZED, "You are logged out. /feed web in Discord gives you a new link.")
    wait = request.config_dict[ALLOWANCE].take(member).wait
    if wait:
        seconds = str(math.ceil(wait))
        detail = f"That was a lot at once. Go on in {seconds} s."
        raise Problem(HTTPStatus.TOO_MANY_REQUESTS, detail, {"Retry-After": seconds})
    request[MEMBER] = member
    return await handler(request)


def secret_of(request: web.Request) -> str:
    scheme, _, bearer = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    return bearer.strip() if scheme.lower() == "bearer" else request.cookies.get(COOKIE, "")
