"""Callers: who asks, by their bearer token (RFC 6750), and how much they may still ask.

What is left is said in the headers RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-10).
"""

import math
from http import HTTPStatus

from aiohttp import hdrs, web

from bot.web.api.allowance import WINDOW, Allowance, Left
from bot.web.api.port import Feed
from bot.web.api.problems import Handler, Problem

FEED = web.AppKey[Feed]("feed")
ALLOWANCE = web.AppKey[Allowance]("allowance")
MEMBER = web.RequestKey("member", int)
LEFT = web.RequestKey("left", Left)
OPEN = frozenset({"/api/openapi.json"})  # for everybody: it is the same everywhere
CHALLENGE = 'Bearer realm="Cratekeeper"'


@web.middleware
async def known(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let nobody through without a good token, nor one that has asked enough. Raises Problem."""
    if request.path in OPEN and request.match_info.http_exception is None:
        return await handler(request)
    token = await request.config_dict[FEED].holder(_secret(request))
    if token is None:
        raise _stranger("This token is not good, or no longer.", 'error="invalid_token"')
    left = request.config_dict[ALLOWANCE].take(token.token)
    request[MEMBER], request[LEFT] = token.member, left
    if left.wait:
        wait = str(math.ceil(left.wait))
        raise Problem(HTTPStatus.TOO_MANY_REQUESTS, f"Ask again in {wait} s.", {"Retry-After": wait})
    return await handler(request)


def _secret(request: web.Request) -> str:
    given = request.headers.getall(hdrs.AUTHORIZATION, [])
    scheme, _, secret = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    if scheme.lower() != "bearer":
        raise _stranger("A token is wanted: Authorization: Bearer … (/api-token in Discord makes one).")
    return secret.strip()


def _stranger(detail: str, more: str = "") -> Problem:
    challenge = f"{CHALLENGE}, {more}" if more else CHALLENGE
    return Problem(HTTPStatus.UNAUTHORIZED, detail, {"WWW-Authenticate": challenge})


async def say_what_is_left(request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Vary"] = "Authorization"
    left: Left | None = request.get(LEFT)
    if left is not None:
        response.headers["RateLimit-Policy"] = f'"token";q={request.config_dict[ALLOWANCE].rate};w={WINDOW:.0f}'
        response.headers["RateLimit"] = f'"token";r={left.requests};t={math.ceil(left.full)}'
