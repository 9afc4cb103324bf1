"""App: the addresses `/callback` and `/health`; anything else is not found.

The API (`web.api`), the swipe page (`web.feed`) and the Activity (`web.activity`) are mounted below it if switched on.
"""

import base64
import hashlib
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from html import escape
from typing import Any

from aiohttp import web
from multidict import MultiMapping

from bot.errors import CratekeeperError, LinkRefused, MemberError
from bot.errors.spotify import NotOnAllowList
from bot.flows.account.link import Consent
from bot.messages import _, mentions, spoken
from bot.messages import account as messages
from bot.web.http.languages import speaking_to

log = logging.getLogger(__name__)

Arrive = Callable[[str, str | None, str | None], Awaitable[Consent]]  # state, code, error
Healthy = Callable[[], Awaitable[Mapping[str, Any]]]

ARRIVE = web.AppKey[Arrive]("arrive")
HEALTHY = web.AppKey[Healthy]("healthy")

STATE = re.compile(r"[A-Za-z0-9_-]{16,128}")  # the characters our states consist of
WORD = re.compile(r"[\x21-\x7e]{1,2048}")  # a code or an error: visible ASCII (RFC 6749, appendix A)

STYLE = (
    "body{font:18px/1.5 system-ui,sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem}"
    "output{display:block;font:700 2.2rem ui-monospace,monospace;letter-spacing:.1em;margin:1rem 0}"
    "aside{border-left:4px solid #b3261e;padding-left:1rem}"
)
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",  # the address holds the code
    "Server": "Cratekeeper",
    "X-Content-Type-Options": "nosniff",
}
HEAD = (
    '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    f"<title>Cratekeeper</title><style>{STYLE}</style></head>"
)
AGREED = (
    "<h1>{title}</h1><p>{agreed}</p><p><b><bdi>{discord}</bdi></b></p>"
    "<aside><p><b>{not_yours}</b> {warning}</p></aside><p>{type_this}</p><output>{code}</output>"
)
LONGEST_NAME = 100  # characters of a name that are shown
LONGEST_BODY = 16 * 1024  # bytes; our pages send a few hundred


def application(arrive: Arrive, healthy: Healthy) -> web.Application:
    """Return the app. `arrive` is called once per well-formed return from Spotify; `healthy` returns `ok` and more."""
    app = web.Application(client_max_size=LONGEST_BODY)
    app[ARRIVE], app[HEALTHY] = arrive, healthy
    app.router.add_get("/callback", callback, allow_head=False)  # a HEAD would use up the state
    app.router.add_get("/health", health)
    app.on_response_prepare.append(_add_headers)
    return app


async def callback(request: web.Request) -> web.Response:
    """Answer a browser sent back by Spotify: 200, 400, 403 if the app has no seat left, 503 if trying again may help.

    This links nothing, since anybody may have opened the link. The page names the Discord account that would be linked,
    and shows the code that only its owner can use.
    """
    with speaking_to(request):
        try:
            consent = await request.app[ARRIVE](*_returned(request.query))
        except MemberError:
            return _page(400, _sentence(messages.LINK_REFUSED))
        except NotOnAllowList:
            return _page(403, _sentence(messages.NO_SEAT))
        except CratekeeperError as error:
            log.warning("a link was not finished: %r", error)
            return _page(503, _sentence(messages.LINK_LATER))
        return _page(200, _agreed(consent))


def _agreed(consent: Consent) -> str:
    """Return what the page says after consent: the two accounts' names and the code."""
    spotify, discord = map(_shown, (consent.profile.name, consent.discord))
    agreed_as, button = f"<b><bdi>{spotify}</bdi></b>", f"<b>{_(messages.ENTER_THE_CODE)}</b>"
    return AGREED.format(
        title=_(messages.ONE_MORE_STEP),
        agreed=_(messages.AGREED_AS, name=agreed_as),
        discord=discord,
        not_yours=_(messages.NOT_YOUR_DISCORD),
        warning=_(messages.GIVE_NOBODY_THE_CODE),
        type_this=_(messages.TYPE_THE_CODE, button=button),
        code=escape(consent.code),
    )


def _sentence(sentence: str) -> str:
    return f"<p>{mentions.bare(_(sentence))}</p>"


def _shown(name: str) -> str:
    """Return a name as HTML text, without invisible or direction-changing characters."""
    return escape("".join(filter(str.isprintable, name))[:LONGEST_NAME])


async def health(request: web.Request) -> web.Response:
    """Answer 200 when healthy, else 503; neither says anything personal."""
    try:
        state = await request.app[HEALTHY]()
    except CratekeeperError as error:
        log.warning("not healthy: %s", error)
        state = {"ok": False}
    return web.json_response(dict(state), status=200 if state.get("ok") else 503)


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


def _page(status: int, content: str) -> web.Response:
    page = f'<!doctype html><html lang="{spoken()}">{HEAD}<body>{content}'
    return web.Response(status=status, text=page, content_type="text/html")


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)
    response.headers.setdefault("Cache-Control", "no-store")  # parts of the API may be cached
