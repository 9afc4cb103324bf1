"""Server: starts and stops listening, and logs what was asked without saying by whom or with what."""

import logging
from contextlib import suppress

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger
from aiohttp.http_exceptions import HttpProcessingError

log = logging.getLogger("bot.web")
GRACE = 3.0  # seconds that a request under way gets when we stop
LONGEST = 64 * 1024  # bytes of an address or a header: what is longer aiohttp refuses before we see it


class AccessLogger(AbstractAccessLogger):
    """Method, route, status and time. Never the address itself: its query holds the code and the state."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        self.logger.info("%s %s %d in %d ms", request.method, _route(request), response.status, time * 1000)


def _route(request: web.BaseRequest) -> str:
    """The address as it is written here, not as it was asked for; "-" where it is none of ours, or no HTTP at all."""
    route = None
    with suppress(AssertionError, AttributeError):  # how aiohttp says that a malformed request was never routed
        route = request.match_info.route.resource if isinstance(request, web.Request) else None
    return route.canonical if route else "-"


async def serve(app: web.Application, port: int, host: str = "127.0.0.1") -> web.AppRunner:
    """Listen on `port` (0: a free one) of `host`; `await runner.cleanup()` ends it.

    Where browsers come from outside, `host` is to be an address that they (or the proxy in between) can reach.
    """
    log.addFilter(_unquoted)
    runner = web.AppRunner(
        app,
        access_log_class=AccessLogger,
        access_log=log,
        logger=log,
        auto_decompress=False,  # nothing of ours sends packed bodies, and a few bytes of one may unpack to gigabytes
        shutdown_timeout=GRACE,
        max_line_size=LONGEST,
        max_field_size=LONGEST,
    )
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    return runner


def port_of(runner: web.AppRunner) -> int:
    """Return the port that is listened on."""
    return int(runner.addresses[0][1])


def _unquoted(record: logging.LogRecord) -> bool:
    """aiohttp quotes malformed requests when it logs their errors; keep what was wrong, not what was sent."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError):
        record.msg, record.args, record.exc_info = "malformed request: %s", (type(error).__name__,), None
    return True
