"""Callers: which member is asking, how much they may still ask, and whether our own page sent the request."""

import math
from http import HTTPStatus

from aiohttp import hdrs, web

from bot.messages import _
from bot.web.http.allowance import Allowance
from bot.web.http.problems import Handler, Problem

ALLOWANCE = web.AppKey[Allowance]("allowance")
MEMBER = web.RequestKey("member", int)
OURS = "X-Cratekeeper"  # a page on another site can't send it without a CORS preflight, and we refuse those
READS = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})


@web.middleware
async def only_our_page(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse any change that our own page didn't ask for (CSRF). Raises Problem."""
    if request.method not in READS and request.headers.get(OURS) != "1":
        raise Problem(HTTPStatus.FORBIDDEN, f"Only the page itself may do that: the header {OURS}: 1 is missing.")
    return await handler(request)


def too_many(wait: float, words: str) -> Problem:
    """Return the 429 for a caller who must wait `wait` seconds; `words` holds {seconds}."""
    seconds = str(math.ceil(wait))
    return Problem(HTTPStatus.TOO_MANY_REQUESTS, _(words, seconds=seconds), {"Retry-After": seconds})
