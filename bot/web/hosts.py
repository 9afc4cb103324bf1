"""Hosts: requests are answered under our own names alone.

Against DNS rebinding: a foreign page whose name is made to lead to this machine may ask and read as our own would, but
it cannot choose the Host that the browser sends.
"""

from collections.abc import Collection
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.config import LOOPBACK

OPEN = "/health"  # probes may come without a Host, and there is nothing to read


def only(*names: str | None) -> Middleware:
    """Return the middleware that lets requests through to these hosts, whatever the port, and to loopback."""
    ours: Collection[str] = {*LOOPBACK, *(name.lower() for name in names if name)}

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path != OPEN and name_of(request.host) not in ours:
            raise web.HTTPMisdirectedRequest(text="There is nothing here under that name.")
        return await handler(request)

    return guard


def name_of(host: str) -> str | None:
    """Return the name in a Host header, without its port; None where it is none."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
