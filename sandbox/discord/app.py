"""The stand-in as an aiohttp application, on its own or among a server's other routes."""

from aiohttp import web

from sandbox.discord.errors import UnknownRoute
from sandbox.discord.gateway.connection import gateway
from sandbox.discord.rest import ENDPOINTS, files
from sandbox.discord.rest.call import Call
from sandbox.discord.rest.service import API, Endpoint, serving
from sandbox.discord.world import World

GOING_AWAY = 1001
ANY_METHOD = "*"


def application(world: World) -> web.Application:
    app = web.Application()
    add_routes(app, world)
    return app


def add_routes(app: web.Application, world: World) -> None:
    """Serve this world under /api/v10, /gateway, /attachments and /avatars of `app`, until it shuts down."""
    for endpoint in (*ENDPOINTS, Endpoint(ANY_METHOD, "/{rest:.*}", _unknown, token_in_path=True)):
        app.router.add_route(endpoint.method, API + endpoint.route, serving(world, endpoint))
    app.router.add_get("/gateway", gateway(world))
    for route in files.ATTACHMENT_ROUTES:
        app.router.add_get(route, files.attachments(world))
    for route in files.AVATAR_ROUTES:
        app.router.add_get(route, files.avatars(world))

    async def hang_up(_: web.Application) -> None:
        world.sessions.drop(GOING_AWAY)

    app.on_shutdown.append(hang_up)


async def _unknown(_: Call) -> None:
    raise UnknownRoute
