"""Server: starts and stops listening. Its log names routes, never callers, addresses or parameters."""

import logging
from contextlib import suppress

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger
from aiohttp.http_exceptions import HttpProcessingError

log = logging.getLogger("bot.web")
GRACE = 3.0  # seconds an open request gets when we stop
LONGEST = 64 * 1024  # bytes of a request line or a header; aiohttp refuses longer ones before we see them


class AccessLogger(AbstractAccessLogger):
    """Logs method, route, status and time; never the URL, whose query holds the code and the state."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        self.logger.info("%s %s %d in %d ms", request.method, _route(request), response.status, time * 1000)


def _route(request: web.BaseRequest) -> str:
    """Return the route's pattern, not the URL; "-" if no route matched, or the request isn't HTTP."""
    route = None
    with suppress(AssertionError, AttributeError):  # aiohttp's answer for malformed requests, never routed
        route = request.match_info.route.resource if isinstance(request, web.Request) else None
    return route.canonical if route else "-"


async def serve(app: web.Application, port: int, host: str = "127.0.0.1") -> web.AppRunner:
    """Listen on `port` (0: a free one) of `host`. `await runner.cleanup()` stops it.

    For browsers on other machines, `host` must be an address that they, or the proxy in between, can reach.
    """
    log.addFilter(_unquoted)
    runner = web.AppRunner(
        app,
        access_log_class=AccessLogger,
        access_log=log,
        logger=log,
        auto_decompress=False,  # none of our pages compress bodies, and a few bytes can unpack to gigabytes
        shutdown_timeout=GRACE,
        max_line_size=LONGEST,
        max_field_size=LONGEST,
    )
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    return runner


def port_of(runner: web.AppRunner) -> int:
    """Return the port the runner listens on."""
    return int(runner.addresses[0][1])


def _unquoted(record: logging.LogRecord) -> bool:
    """Log filter: aiohttp quotes malformed requests; keep the kind of error and drop the quote."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError):
        record.msg, record.args, record.exc_info = "malformed request: %s", (type(error).__name__,), None
    return True
