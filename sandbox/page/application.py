"""The page as an aiohttp application: files at `/page/static`, calls under `/page`, the page itself at `/`.

It must be the server's outermost application, because it watches the stand-ins' responses: mount those on it.
"""

import asyncio
from pathlib import Path

from aiohttp import web

from sandbox import discord, loopback, spotify
from sandbox.page import faults, guiding
from sandbox.page.asking import API, STAGE, Answer, answering, same_origin
from sandbox.page.chat import Chat, Revisions
from sandbox.page.listening import Listening
from sandbox.page.live import Live
from sandbox.page.stage import Stage
from sandbox.page.wire import Wire

STATIC = Path(__file__).with_name("static")
LARGEST = 32 * 1024 * 1024  # bytes of an upload; above Discord's limit, so its refusal can be seen
POLICY = (
    "default-src 'self'; img-src 'self' http://127.0.0.1:* http://localhost:*; "
    "media-src 'self' http://127.0.0.1:* http://localhost:*; frame-ancestors 'none'"
)


def application(stage: Stage) -> web.Application:
    """Return the application that serves the page of `stage`."""
    app = web.Application(middlewares=[loopback.only, same_origin], client_max_size=LARGEST)
    app[STAGE] = stage
    live, revisions, listening, wire = Live(), Revisions(), Listening(), Wire(stage)
    _watch(app, live, revisions, listening, wire)
    for method, path, answer in _calls(Chat(revisions), listening, wire):
        app.router.add_route(method, API + path, answering(answer))
    app.router.add_get("/", index)
    app.router.add_get(f"{API}events", live.stream)
    app.router.add_get(f"{API}sound/{{uri}}.ogg", sound)
    app.router.add_static(f"{API}static", STATIC)
    return app


async def index(_: web.Request) -> web.FileResponse:
    return web.FileResponse(STATIC / "index.html", headers={"Content-Security-Policy": POLICY})


async def sound(request: web.Request) -> web.Response:
    play = request.app[STAGE].sound
    played = await asyncio.to_thread(play, request.match_info["uri"]) if play else None
    if played is None:
        raise web.HTTPNotFound
    return web.Response(body=played, content_type="audio/ogg", headers={"Cache-Control": "max-age=86400"})


def _calls(chat: Chat, listening: Listening, wire: Wire) -> list[tuple[str, str, Answer]]:
    return [
        ("GET", "state", chat.state),
        ("GET", "places", chat.places),
        ("GET", "commands", chat.commands),
        ("GET", "apps", chat.apps),
        ("GET", "messages", chat.messages),
        ("POST", "command", chat.command),
        ("POST", "use", chat.use),
        ("POST", "complete", chat.complete),
        ("POST", "click", chat.click),
        ("POST", "select", chat.select),
        ("POST", "submit", chat.submit),
        ("POST", "react", chat.react),
        ("POST", "say", chat.say),
        ("GET", "spotify", listening.account),
        ("GET", "spotify/playlist", listening.playlist),
        ("GET", "spotify/held-back", listening.held_back),
        ("POST", "spotify/like", listening.like),
        ("POST", "spotify/unlike", listening.unlike),
        ("POST", "spotify/add", listening.add),
        ("POST", "spotify/remove", listening.remove),
        ("POST", "spotify/move", listening.move),
        ("POST", "spotify/create", listening.create),
        ("POST", "spotify/revoke", listening.revoke),
        ("GET", "wire", wire.rows),
        ("GET", "wire/one", wire.one),
        ("GET", "faults", faults.offered),
        ("POST", "fault", faults.press),
        ("GET", "tour", guiding.tour),
        ("POST", "tour", guiding.steer),
    ]


def _watch(app: web.Application, live: Live, revisions: Revisions, listening: Listening, wire: Wire) -> None:
    """Tell open pages about changes in the stand-ins, the tour and the bot's process."""
    stage = app[STAGE]

    def in_discord(change: discord.Change) -> None:
        revisions.note(change)
        wire.note(change)
        live.changed(_topic(change))

    def in_spotify(change: spotify.Change) -> None:
        listening.note(change)
        live.changed(f"spotify:{change.user}")

    async def on_the_wire(request: web.Request, response: web.StreamResponse) -> None:
        if request.path.startswith(API):
            response.headers.setdefault("Cache-Control", "no-cache")
        if wire.sees(request, response):
            live.changed("wire")

    async def closing(_: web.Application) -> None:
        live.close()

    stage.discord.subscribe(in_discord)
    stage.spotify.subscribe(in_spotify)
    stage.watcher = lambda: live.changed("state")
    stage.tour.watcher = lambda: live.changed("tour")
    app.on_response_prepare.append(on_the_wire)
    app.on_shutdown.append(closing)


def _topic(change: discord.Change) -> str:
    """Return which part of the page a change puts out of date."""
    match change.subject:
        case discord.Message(channel=channel):
            return f"messages:{channel.id}"
        case discord.Exchange():
            return "wire"
        case discord.Interaction(user=user, channel=channel):
            return f"gesture:{user.id}:{channel.id}"
        case _:
            return {"commands": "commands", "typing": "typing"}.get(change.kind, "state")
