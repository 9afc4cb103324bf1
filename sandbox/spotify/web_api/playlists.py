"""One's playlists and their contents."""

from base64 import b64decode
from collections.abc import Sequence
from functools import partial
from typing import Any

from aiohttp import web

from sandbox.spotify.errors import Refused
from sandbox.spotify.model import Move, Playlist
from sandbox.spotify.web_api import shapes
from sandbox.spotify.web_api.paging import page
from sandbox.spotify.web_api.shapes import Json
from sandbox.spotify.wire import CONSENT, account_of, client_of, json_of, root_of, world_of

BATCH = 100  # items per call that adds, removes or replaces
PICTURE = 256 * 1024  # bytes of a cover, in base64
ADDABLE = ("spotify:track:", "spotify:episode:")


async def own(request: web.Request) -> web.Response:
    """Return own and followed playlists in library order, including null entries."""
    world, account, scopes = world_of(request), account_of(request), request[CONSENT].scopes
    entries = [made and world.playlists[made] for made in account.playlists]
    seen = [
        entry for entry in entries if not entry or not entry.collaborative or "playlist-read-collaborative" in scopes
    ]
    return web.json_response(page(request, seen, lambda playlist: _simple(request, playlist) if playlist else None))


async def one(request: web.Request) -> web.Response:
    """Return a playlist with its first items; somebody else's comes without contents."""
    world = world_of(request)
    playlist = world.playlist(request.match_info["id"])
    answer = _simple(request, playlist)
    if world.takes_part(account_of(request).id, playlist):
        answer["items"] |= _first_page(request, playlist)
    else:
        del answer["items"]
    return web.json_response(answer)


async def items(request: web.Request) -> web.Response:
    world = world_of(request)
    playlist = world.editable(account_of(request).id, request.match_info["id"])
    return web.json_response(page(request, world.shown_rows(playlist), _row_shape(request)))


async def create(request: web.Request) -> web.Response:
    body, account = await json_of(request), account_of(request)
    name, public, collaborative = body.get("name"), body.get("public", True), body.get("collaborative", False)
    if not isinstance(name, str) or not name:
        raise Refused(400, "Missing required field: name")
    if public and collaborative:
        raise Refused(400, "A collaborative playlist cannot be public")
    _need_scope(request, public=public)
    made = world_of(request).create_playlist(
        account.id,
        name,
        public=public,
        collaborative=collaborative,
        description=body.get("description", ""),
        by=client_of(request),
    )
    return web.json_response(_simple(request, made), status=201)


async def add(request: web.Request) -> web.Response:
    world, playlist, body = world_of(request), _writable(request), await json_of(request)
    uris = _checked(_uris(request, body))
    place = _place(request.query.get("position", body.get("position")))
    return _done(world.add(account_of(request).id, playlist.id, uris, place, client_of(request)), status=201)


async def remove(request: web.Request) -> web.Response:
    """Remove every occurrence of the items; the field's former name, `tracks`, is refused."""
    world, playlist, body = world_of(request), _writable(request), await json_of(request)
    wanted = body.get("items")
    if not isinstance(wanted, list) or not all(isinstance(item, dict) for item in wanted):
        raise Refused(400, "Missing required field: items")
    uris = _checked([str(item.get("uri")) for item in wanted])
    user, client = account_of(request).id, client_of(request)
    return _done(world.remove(user, playlist.id, uris, body.get("snapshot_id"), client))


async def update(request: web.Request) -> web.Response:
    """Reorder if the body has `range_start`; otherwise replace all items with `uris`."""
    world, playlist, body = world_of(request), _writable(request), await json_of(request)
    user, client = account_of(request).id, client_of(request)
    if "range_start" not in body:
        return _done(world.replace(user, playlist.id, _checked(_uris(request, body), least=0), client))
    move = Move(*(_number(body, field) for field in ("range_start", "insert_before", "range_length")))
    return _done(world.reorder(user, playlist.id, move, body.get("snapshot_id"), client))


async def picture(request: web.Request) -> web.Response:
    """Set the playlist's cover from a JPEG in base64."""
    playlist, text = _writable(request), await request.read()
    if len(text) > PICTURE:
        raise Refused(413, "Payload too large")
    playlist.cover = _jpeg(text)
    return web.Response(status=202)


# ---------------------------------------------------------------- internals
def _simple(request: web.Request, playlist: Playlist) -> Json:
    world = world_of(request)
    return shapes.playlist(playlist, world.shown_rows(playlist), world.accounts[playlist.owner], root_of(request))


def _row_shape(request: web.Request) -> Any:
    return partial(shapes.row, on_offer=world_of(request).on_offer, root=root_of(request))


def _first_page(request: web.Request, playlist: Playlist) -> Json:
    rows = world_of(request).shown_rows(playlist)
    shape, more = _row_shape(request), f"{root_of(request)}/v1/playlists/{playlist.id}/items?offset={BATCH}&limit=50"
    return {
        "items": [shape(row) for row in rows[:BATCH]],
        "limit": BATCH,
        "offset": 0,
        "previous": None,
        "next": more if len(rows) > BATCH else None,
    }


def _writable(request: web.Request) -> Playlist:
    """Return the playlist to write to, if the member may, and the app has the scope for its kind."""
    playlist = world_of(request).editable(account_of(request).id, request.match_info["id"])
    _need_scope(request, public=playlist.public)
    return playlist


def _need_scope(request: web.Request, *, public: bool) -> None:
    if f"playlist-modify-{'public' if public else 'private'}" not in request[CONSENT].scopes:
        raise Refused(403, "Insufficient client scope")


def _uris(request: web.Request, body: Json) -> list[str]:
    """Return the `uris` from the query, which takes precedence, or the body."""
    if "uris" in request.query:
        return request.query["uris"].split(",")
    uris = body.get("uris")
    if not isinstance(uris, list):
        raise Refused(400, "Missing required field: uris")
    return [str(uri) for uri in uris]


def _checked(uris: Sequence[str], least: int = 1) -> Sequence[str]:
    if not least <= len(uris) <= BATCH:
        raise Refused(400, f"You can send between {least} and {BATCH} items per request.")
    if bad := next((uri for uri in uris if not uri.startswith(ADDABLE)), None):
        raise Refused(400, f"JSON body contains an invalid uri: {bad}")
    return uris


def _place(position: Any) -> int | None:
    """Return where to insert, from the query (text) or the body (a number); None is the end."""
    if position is None:
        return None
    if isinstance(position, bool) or not str(position).isdecimal():
        raise Refused(400, "Invalid position")
    return int(position)


def _jpeg(text: bytes) -> bytes:
    try:
        picture = b64decode(text, validate=True)
    except ValueError:
        picture = b""
    if not picture.startswith(b"\xff\xd8"):
        raise Refused(400, "The body is not a base64-encoded JPEG")
    return picture


def _number(body: Json, field: str) -> int:
    value = body.get(field, 1 if field == "range_length" else None)
    if not isinstance(value, int):
        raise Refused(400, f"Missing required field: {field}")
    return value


def _done(playlist: Playlist, status: int = 200) -> web.Response:
    return web.json_response({"snapshot_id": playlist.snapshot}, status=status)
