"""Searching the catalogue for tracks."""

import re
from collections.abc import Iterable
from functools import partial

from aiohttp import web

from sandbox.spotify.errors import Refused
from sandbox.spotify.model import Track
from sandbox.spotify.web_api import shapes
from sandbox.spotify.web_api.paging import page
from sandbox.spotify.wire import root_of, world_of

FILTER = re.compile(r'\b(track|artist|album|isrc|year):(?:"([^"]*)"|(\S+))')
MOST = 10  # results per call in development mode


async def search(request: web.Request) -> web.Response:
    if not request.query.get("q") or not request.query.get("type"):
        raise Refused(400, "No search query" if not request.query.get("q") else "Missing parameter type")
    if "track" not in request.query["type"].split(","):
        raise Refused(400, "the sandbox knows tracks only")
    tracks = matches(request.query["q"], world_of(request).tracks.values())
    shape = partial(shapes.track, root=root_of(request))
    return web.json_response({"tracks": page(request, tracks, shape, default=5, most=MOST)})


def matches(query: str, tracks: Iterable[Track]) -> list[Track]:
    """Return the tracks that have every word of `query` anywhere, and every `field:value` in that field."""
    filters = [(field, (quoted or bare).lower()) for field, quoted, bare in FILTER.findall(query)]
    words = FILTER.sub(" ", query).lower().split()
    return [track for track in tracks if _fits(track, filters, words)]


def _fits(track: Track, filters: list[tuple[str, str]], words: list[str]) -> bool:
    fields = {
        "track": track.name,
        "artist": " ".join(track.artists),
        "album": track.album,
        "isrc": track.isrc,
        "year": track.release_date[:4],
    }
    everything = " ".join(fields.values()).lower()
    return all(value in fields[field].lower() for field, value in filters) and all(word in everything for word in words)
