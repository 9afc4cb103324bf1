"""The stand-in as one aiohttp application, to mount under a prefix of another server."""

import asyncio

from aiohttp import web
from aiohttp.typedefs import Middleware

from sandbox.spotify.accounts import endpoints
from sandbox.spotify.web_api import routes
from sandbox.spotify.web_api.covers import cover
from sandbox.spotify.wire import WORLD, authorised, faulty, limited, recorded, worded
from sandbox.spotify.world import World


def application(world: World) -> web.Application:
    """Serve `world`: the Web API under /v1, the accounts service under /accounts, pictures under /covers."""
    app = web.Application()
    app[WORLD] = world
    app.router.add_get("/covers/{track}.png", drawn_cover)
    app.router.add_get("/covers/{playlist}.jpg", uploaded_cover)
    app.add_subapp("/accounts", _part(world, endpoints.routes(), recorded, worded, faulty))
    app.add_subapp("/v1", _part(world, routes.routes(), recorded, worded, faulty, limited, authorised))
    return app


async def drawn_cover(request: web.Request) -> web.Response:
    track = request.app[WORLD].tracks.get(f"spotify:track:{request.match_info['track']}")
    if track is None:
        raise web.HTTPNotFound
    picture = await asyncio.to_thread(cover, track)
    return web.Response(body=picture, content_type="image/png", headers={"Cache-Control": "max-age=86400"})


async def uploaded_cover(request: web.Request) -> web.Response:
    playlist = request.app[WORLD].playlists.get(request.match_info["playlist"])
    if playlist is None or not playlist.cover:
        raise web.HTTPNotFound
    return web.Response(body=playlist.cover, content_type="image/jpeg")


def _part(world: World, table: list[web.RouteDef], *middlewares: Middleware) -> web.Application:
    part = web.Application(middlewares=middlewares, client_max_size=1024**2)
    part[WORLD] = world
    part.router.add_routes(table)
    return part
