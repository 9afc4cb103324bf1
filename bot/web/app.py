"""App: the addresses `/callback` and `/health` (`web.monitoring`); anything else is not found.

The API (`web.api`), the swipe page (`web.feed`) and the Activity (`web.activity`) are mounted below it if switched on.
"""

import logging
import re
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Handler
from multidict import MultiMapping

from bot.errors import CratekeeperError, LinkRefused, MemberError
from bot.errors.spotify import NotOnAllowList
from bot.flows.account.link import Consent
from bot.messages import account as messages
from bot.telemetry import actions
from bot.web import callback_page
from bot.web.http.languages import speaking_to
from bot.web.monitoring import Healthy, add_health

log = logging.getLogger(__name__)

Arrive = Callable[[str, str | None, str | None], Awaitable[Consent]]  # state, code, error

ARRIVE = web.AppKey[Arrive]("arrive")

STATE = re.compile(r"[A-Za-z0-9_-]{16,128}")  # the characters our states consist of
WORD = re.compile(r"[\x21-\x7e]{1,2048}")  # a code or an error: visible ASCII (RFC 6749, appendix A)

HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{callback_page.STYLE_HASH}'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",  # the address holds the code
    "Server": "Cratekeeper",
    "X-Content-Type-Options": "nosniff",
}
LONGEST_BODY = 16 * 1024  # bytes; our pages send two thousand at most


def application(arrive: Arrive | None, healthy: Healthy) -> web.Application:
    """Return the app. `healthy` returns `ok` and more.

    arrive: called once per well-formed return from Spotify; without it, nobody can return here.
    """
    app = web.Application(client_max_size=LONGEST_BODY, middlewares=[_as_an_action])
    if arrive is not None:
        app[ARRIVE] = arrive
        app.router.add_get("/callback", callback, allow_head=False)  # a HEAD would use up the state
    add_health(app, healthy)
    app.on_response_prepare.append(_add_headers)
    return app


@web.middleware
async def _as_an_action(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Make the request an action; its line in the access log is written later, in the same task."""
    actions.begin()
    return await handler(request)


async def callback(request: web.Request) -> web.Response:
    """Answer a browser sent back by Spotify: 200, 400, 403 if the app has no seat left, 503 if trying again may help.

    This links nothing, since anybody may have opened the link. The page names the Discord account that would be linked,
    and shows the code that only its owner can use.
    """
    with speaking_to(request):
        try:
            consent = await request.app[ARRIVE](*_returned(request.query))
        except MemberError:
            return _html(400, callback_page.sorry(messages.LINK_REFUSED))
        except NotOnAllowList:
            return _html(403, callback_page.sorry(messages.NO_SEAT))
        except CratekeeperError as error:
            log.warning("a link was not finished: %r", error)
            return _html(503, callback_page.sorry(messages.LINK_LATER))
        return _html(200, callback_page.agreed(consent))


def _returned(query: MultiMapping[str]) -> tuple[str, str | None, str | None]:
    """Return (state, code, error), where exactly one of code and error is None. Raises LinkRefused."""
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


def _html(status: int, page: str) -> web.Response:
    return web.Response(status=status, text=page, content_type="text/html")


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)
    response.headers.setdefault("Cache-Control", "no-store")  # parts of the API may be cached
