"""The Web API's calls as a table: method, path, handler, and accepted scopes (any one is enough)."""

from fnmatch import fnmatchcase

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.spotify.errors import Refused
from sandbox.spotify.web_api import likes, player, playlists, search
from sandbox.spotify.wire import CONSENT, ENTRY

CALLS: tuple[tuple[str, str, Handler, tuple[str, ...]], ...] = (
    ("GET", "/me", likes.me, ()),
    ("GET", "/me/tracks", likes.saved_tracks, ("user-library-read",)),
    ("GET", "/me/library/contains", likes.contains, ("user-library-read", "playlist-read-private")),
    ("PUT", "/me/library", likes.save, ("user-library-modify", "playlist-modify-public", "playlist-modify-private")),
    (
        "DELETE",
        "/me/library",
        likes.remove,
        ("user-library-modify", "playlist-modify-public", "playlist-modify-private"),
    ),
    ("GET", "/me/playlists", playlists.own, ("playlist-read-private",)),
    ("POST", "/me/playlists", playlists.create, ("playlist-modify-public", "playlist-modify-private")),
    ("GET", "/playlists/{id}", playlists.one, ()),
    ("GET", "/playlists/{id}/items", playlists.items, ("playlist-read-private",)),
    ("POST", "/playlists/{id}/items", playlists.add, ("playlist-modify-public", "playlist-modify-private")),
    ("PUT", "/playlists/{id}/items", playlists.update, ("playlist-modify-public", "playlist-modify-private")),
    ("DELETE", "/playlists/{id}/items", playlists.remove, ("playlist-modify-public", "playlist-modify-private")),
    ("PUT", "/playlists/{id}/images", playlists.picture, ("ugc-image-upload",)),
    ("GET", "/search", search.search, ()),
    ("PUT", "/me/player/play", player.play, ("user-modify-playback-state",)),
    ("POST", "/me/player/queue", player.queue, ("user-modify-playback-state",)),
)

FORBIDDEN = (  # closed to apps in development mode, with 403; `*` stands for an id
    "GET /v1/audio-features", "GET /v1/audio-features/*", "GET /v1/audio-analysis/*",
    "GET /v1/tracks", "GET /v1/albums", "GET /v1/artists", "GET /v1/episodes", "GET /v1/shows",
    "GET /v1/audiobooks", "GET /v1/chapters", "GET /v1/artists/*/top-tracks",
    "* /v1/playlists/*/tracks", "* /v1/playlists/*/followers", "* /v1/playlists/*/followers/contains",
    "PUT /v1/me/*s", "DELETE /v1/me/*s", "GET /v1/me/*s/contains",
    "* /v1/me/following", "GET /v1/me/following/contains",
    "* /v1/users/*", "* /v1/users/*/playlists", "GET /v1/markets",
)  # fmt: skip


def routes() -> list[web.RouteDef]:
    known = [web.route(method, path, _scoped(handler, frozenset(scopes))) for method, path, handler, scopes in CALLS]
    return [*known, web.route("*", "/{tail:.*}", absent)]


async def absent(request: web.Request) -> web.Response:
    """Refuse calls that were removed (recommendations and related artists: 404, others: 403) or never existed."""
    line = request[ENTRY].line
    gone = any(fnmatchcase(line, pattern) for pattern in FORBIDDEN)
    raise Refused(403, "Forbidden") if gone else Refused(404, "Service not found")


def _scoped(handler: Handler, scopes: frozenset[str]) -> Handler:
    async def checked(request: web.Request) -> web.StreamResponse:
        if scopes and not scopes & request[CONSENT].scopes:
            raise Refused(403, "Insufficient client scope")
        return await handler(request)

    return checked
