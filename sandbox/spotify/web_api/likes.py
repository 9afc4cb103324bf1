"""One's profile, liked songs, and library."""

from collections.abc import Callable
from functools import partial

from aiohttp import web

from sandbox.spotify.errors import Refused
from sandbox.spotify.web_api import shapes
from sandbox.spotify.web_api.paging import page
from sandbox.spotify.wire import CONSENT, account_of, client_of, root_of, world_of
from sandbox.spotify.world import World

MOST_URIS = 40  # per library call
PLAYLIST_SCOPES = frozenset({"playlist-modify-public", "playlist-modify-private"})
Change = Callable[[World, str, str, str], None]  # world, user, what, client id


async def me(request: web.Request) -> web.Response:
    return web.json_response(shapes.me(account_of(request), root_of(request)))


async def saved_tracks(request: web.Request) -> web.Response:
    shape = partial(shapes.saved, tracks=world_of(request).tracks, root=root_of(request))
    return web.json_response(page(request, account_of(request).likes, shape))


async def contains(request: web.Request) -> web.Response:
    account, uris = account_of(request), await _uris(request)
    return web.json_response([account.has_saved(uri) or _id(uri) in account.playlists for uri in uris])


async def save(request: web.Request) -> web.Response:
    """Like tracks; follow playlists."""
    return await _each(request, World.like, World.follow)


async def remove(request: web.Request) -> web.Response:
    """Unlike tracks; unfollow playlists, which deletes one's own."""
    return await _each(request, World.unlike, World.unfollow)


async def _each(request: web.Request, on_track: Change, on_playlist: Change) -> web.Response:
    world, user, client = world_of(request), account_of(request).id, client_of(request)
    uris = await _uris(request)
    for uri in uris:
        _check(request, uri)
    for uri in uris:
        if _kind(uri) == "track":
            on_track(world, user, uri, client)
        else:
            on_playlist(world, user, _id(uri), client)
    return web.Response()


async def _uris(request: web.Request) -> list[str]:
    """Return the URIs of a library call. Raises Refused 400 for more than 40, or a body: they belong in the query."""
    if await request.read():
        raise Refused(400, "Invalid request: the uris belong in the query")
    uris = request.query.get("uris", "").split(",")
    if len(uris) > MOST_URIS:
        raise Refused(400, f"Too many uris: at most {MOST_URIS}")
    if not all(uri.count(":") == 2 and _kind(uri) in {"track", "playlist"} and _id(uri) for uri in uris):
        raise Refused(400, "Invalid uris")
    return uris


def _check(request: web.Request, uri: str) -> None:
    """Raise Refused if the app lacks the scope for `uri`, or it doesn't exist."""
    world, scopes = world_of(request), request[CONSENT].scopes
    if _kind(uri) == "track":
        fits, exists = "user-library-modify" in scopes, uri in world.tracks
    else:
        fits, exists = not scopes.isdisjoint(PLAYLIST_SCOPES), _id(uri) in world.playlists
    if not fits:
        raise Refused(403, "Insufficient client scope")
    if not exists:
        raise Refused(400, "Invalid uris")


def _kind(uri: str) -> str:
    return uri.split(":")[1]


def _id(uri: str) -> str:
    return uri.rsplit(":", 1)[-1]
