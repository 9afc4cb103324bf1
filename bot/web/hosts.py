"""Hosts: answer only requests for our own host names, against DNS rebinding.

A foreign page whose name resolves to this machine could read our answers as our own pages do, but it can't choose the
Host header that the browser sends.
"""

from collections.abc import Collection
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.config.addresses import LOOPBACK
from bot.web.monitoring import HEALTH, LIVE, READY

OPEN = frozenset({HEALTH, LIVE, READY})  # probes may send no Host, and the answer is harmless


def only(*names: str | None) -> Middleware:
    """Return middleware that accepts requests for these hosts and loopback, on any port, and refuses all others."""
    ours: Collection[str] = {*LOOPBACK, *(name.lower() for name in names if name)}

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path not in OPEN and name_of(request.host) not in ours:
            raise web.HTTPMisdirectedRequest(text="There is nothing here under that name.")
        return await handler(request)

    return guard


def name_of(host: str) -> str | None:
    """Return the name in a Host header without its port; None if the header is malformed."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
