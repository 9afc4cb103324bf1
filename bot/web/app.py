"""App: two addresses, `/callback` and `/health`; all else is not found.

The API may stand below /api (`web.api`), the swipe page below /feed (`web.feed`).
"""

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web
from multidict import MultiMapping

from bot.errors import CratekeeperError, LinkRefused, MemberError, NotOnAllowList

log = logging.getLogger(__name__)

Finish = Callable[[str, str | None, str | None], Awaitable[None]]  # state, code, error
Healthy = Callable[[], Awaitable[Mapping[str, Any]]]

FINISH = web.AppKey[Finish]("finish")
HEALTHY = web.AppKey[Healthy]("healthy")

STATE = re.compile(r"[A-Za-z0-9_-]{16,128}")  # what our states are made of
WORD = re.compile(r"[\x21-\x7e]{1,2048}")  # a code or an error: visible ASCII (RFC 6749, appendix A)

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",  # the address holds the code
    "Server": "Cratekeeper",
    "X-Content-Type-Options": "nosniff",
}
PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    "<title>Cratekeeper</title></head><body><p>{}</p></body></html>"
)
LINKED = PAGE.format("Linked. You can close this page and go back to Discord.")
REFUSED = PAGE.format(
    "This link cannot be used: it is used up, too old, or was cancelled. Type /link in Discord again."
)
NO_SEAT = PAGE.format("Spotify let you in, but this bot's app has no seat for your account. Discord has the details.")
DOWN = PAGE.format("That did not work right now. Nothing was lost: type /link in Discord again in a few minutes.")


def application(finish: Finish, healthy: Healthy) -> web.Application:
    """Serve `finish`, called once for each well-formed return from Spotify, and what `healthy` says (`ok` and more)."""
    app = web.Application()
    app[FINISH], app[HEALTHY] = finish, healthy
    app.router.add_get("/callback", callback, allow_head=False)  # a HEAD would use the state up
    app.router.add_get("/health", health)
    app.on_response_prepare.append(_armour)
    return app


async def callback(request: web.Request) -> web.Response:
    """Where Spotify sends the member's browser: 200, 400, 403 without a seat, 503 when it is worth another try."""
    try:
        await request.app[FINISH](*_returned(request.query))
    except MemberError:
        return _page(400, REFUSED)
    except NotOnAllowList:
        return _page(403, NO_SEAT)
    except CratekeeperError as error:
        log.warning("a link was not finished: %r", error)
        return _page(503, DOWN)
    return _page(200, LINKED)


async def health(request: web.Request) -> web.Response:
    """200 when all is well, else 503; nothing personal in either."""
    state = await request.app[HEALTHY]()
    return web.json_response(dict(state), status=200 if state.get("ok") else 503)


def _returned(query: MultiMapping[str]) -> tuple[str, str | None, str | None]:
    """Return (state, code, error): the state, and exactly one of the other two. Raises LinkRefused."""
    state, code, error = (_only(query, name) for name in ("state", "code", "error"))
    fits = state is not None and STATE.fullmatch(state) and (code is None) != (error is None)
    if state is None or not fits or not WORD.fullmatch(code or error or ""):
        raise LinkRefused
    return state, code, error


def _only(query: MultiMapping[str], name: str) -> str | None:
    values = query.getall(name, [])
    if len(values) > 1:
        raise LinkRefused
    return values[0] if values else None


def _page(status: int, page: str) -> web.Response:
    return web.Response(status=status, text=page, content_type="text/html")


async def _armour(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)
    response.headers.setdefault("Cache-Control", "no-store")  # of the API, some may be kept
