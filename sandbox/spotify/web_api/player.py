"""Playing and queueing on whichever device is open."""

from aiohttp import web

from sandbox.spotify.errors import Refused
from sandbox.spotify.model import Account
from sandbox.spotify.wire import account_of, json_of, world_of


async def play(request: web.Request) -> web.Response:
    body, account = await json_of(request), _ready(request)
    uris = tuple(map(str, body.get("uris") or filter(None, [body.get("context_uri")])))
    account.playing = uris or account.playing
    return web.Response(status=204)


async def queue(request: web.Request) -> web.Response:
    account, uri = _ready(request), request.query.get("uri", "")
    if uri not in world_of(request).tracks:
        raise Refused(400, "Invalid track uri")
    account.queue.append(uri)
    return web.Response(status=204)


def _ready(request: web.Request) -> Account:
    """Return the account if it can play. Raises Refused with the player's reasons."""
    account = account_of(request)
    if not account.premium:
        raise Refused(403, "Player command failed: Premium required", "PREMIUM_REQUIRED")
    if not account.device:
        raise Refused(404, "Player command failed: No active device found", "NO_ACTIVE_DEVICE")
    return account
