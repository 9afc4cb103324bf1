"""Monitoring: the addresses for whoever runs the bot: whether it lives, whether it's ready, and its metrics."""

import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import hdrs, web
from prometheus_client import CONTENT_TYPE_LATEST

from bot.errors import CratekeeperError

log = logging.getLogger(__name__)
Healthy = Callable[[], Awaitable[Mapping[str, Any]]]
Scrape = Callable[[], Awaitable[bytes]]
HEALTHY = web.AppKey[Healthy]("healthy")
UNKNOWN = "Send METRICS_TOKEN as a bearer token.\n"
LIVE, READY, HEALTH = "/health/live", "/health/ready", "/health"


def add_health(app: web.Application, healthy: Healthy) -> None:
    """Answer on `/health`. `healthy` returns `ok` and more."""
    app[HEALTHY] = healthy
    app.router.add_get(LIVE, live)
    for path in (HEALTH, READY):
        app.router.add_get(path, ready)


async def live(_: web.Request) -> web.Response:
    """Answer 200: the process runs, and its event loop comes round."""
    return web.json_response({"ok": True})


async def ready(request: web.Request) -> web.Response:
    """Answer 200 when the bot can do its work, else 503; neither says anything personal."""
    try:
        state = await request.app[HEALTHY]()
    except CratekeeperError as error:
        log.warning("not healthy: %s", error)
        state = {"ok": False}
    return web.json_response(dict(state), status=200 if state.get("ok") else 503)


def add_metrics(app: web.Application, scrape: Scrape, token: str) -> None:
    """Answer on `/metrics`, for callers with this token.

    A token rather than "from loopback only": behind a reverse proxy, everybody comes from loopback.
    """

    async def metrics(request: web.Request) -> web.Response:
        if not _holds(request, token):
            return web.Response(status=HTTPStatus.UNAUTHORIZED, text=UNKNOWN, headers={hdrs.WWW_AUTHENTICATE: "Bearer"})
        return web.Response(body=await scrape(), headers={hdrs.CONTENT_TYPE: CONTENT_TYPE_LATEST})

    app.router.add_get("/metrics", metrics)


def _holds(request: web.Request, token: str) -> bool:
    scheme, _, given = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    sent = given.strip().encode(errors="surrogateescape")  # any bytes, as aiohttp reads them
    return scheme.lower() == "bearer" and secrets.compare_digest(sent, token.encode())
