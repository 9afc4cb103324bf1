"""Loopback: the sandbox, stand-ins included, answers only under loopback's own names.

This prevents DNS rebinding: a foreign page whose name resolves to this machine controls everything but the Host.
"""

from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

NAMES = ("127.0.0.1", "localhost", "::1")


@web.middleware
async def only(request: web.Request, handler: Handler) -> web.StreamResponse:
    if not is_ours(request.host):
        raise web.HTTPMisdirectedRequest(text="The sandbox is at 127.0.0.1 and localhost, and nowhere else.")
    return await handler(request)


def is_ours(host: str) -> bool:
    """Whether a Host header names loopback, on any port."""
    try:
        return urlsplit(f"//{host}").hostname in NAMES
    except ValueError:
        return False
