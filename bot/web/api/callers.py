"""Callers: which member a bearer token (RFC 6750) belongs to, and how much it may still ask.

The headers RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-10) say what's left.
"""

import math
from http import HTTPStatus

from aiohttp import hdrs, web

from bot.flows.feed.api import Api
from bot.web.http.allowance import WINDOW, Left
from bot.web.http.callers import ALLOWANCE, MEMBER, too_many
from bot.web.http.problems import Handler, Problem

FEED = web.AppKey[Api]("feed")
LEFT = web.RequestKey("left", Left)
OPEN = frozenset({"/api/openapi.json"})  # needs no token: it says the same to everybody
CHALLENGE = 'Bearer realm="Cratekeeper"'


@web.middleware
async def known(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let only valid tokens through, and only within their allowance. Raises Problem."""
    if request.path in OPEN and request.match_info.http_exception is None:
        return await handler(request)
    token = await request.config_dict[FEED].holder(_secret(request))
    if token is None:
        raise _unauthorized("This token is unknown, or no longer active.", 'error="invalid_token"')
    left = request.config_dict[ALLOWANCE].take(token.token)
    request[MEMBER], request[LEFT] = token.member, left
    if left.wait:
        raise too_many(left.wait, "Try again in {seconds} s.")
    return await handler(request)


def _secret(request: web.Request) -> str:
    given = request.headers.getall(hdrs.AUTHORIZATION, [])
    scheme, _space, secret = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    if scheme.lower() != "bearer":
        raise _unauthorized("Send a token: Authorization: Bearer … (/data tokens in Discord makes one).")
    return secret.strip()


def _unauthorized(detail: str, more: str = "") -> Problem:
    challenge = f"{CHALLENGE}, {more}" if more else CHALLENGE
    return Problem(HTTPStatus.UNAUTHORIZED, detail, {"WWW-Authenticate": challenge})


async def add_rate_limit(request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Vary"] = "Authorization"
    left: Left | None = request.get(LEFT)
    if left is not None:
        response.headers["RateLimit-Policy"] = f'"token";q={request.config_dict[ALLOWANCE].rate};w={WINDOW:.0f}'
        response.headers["RateLimit"] = f'"token";r={left.requests};t={math.ceil(left.full)}'
