"""The stand-ins as one aiohttp application, each service under its name (/musicbrainz, /deezer …)."""

import asyncio
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.sources.world import Artist, Fault, Recording, Request, World

WORLD = web.AppKey("world", World)
SERVICE = web.AppKey("service", str)
LABS_ALGORITHM = "session_based_days_"  # prefix of every algorithm that ListenBrainz Labs has
MOST_IDS = 40  # ReccoBeats' limit per request
BUSY = "Your requests are exceeding the allowable rate limit. Please see http://wiki.musicbrainz.org/XMLWebService"


def application(world: World) -> web.Application:
    """Serve `world`; mount it under a prefix, or at the root."""
    app = web.Application()
    for service, routes in SERVICES.items():
        part = web.Application(middlewares=[recorded, faulty, limited])
        part[WORLD], part[SERVICE] = world, service
        part.router.add_routes(routes)
        app.add_subapp(f"/{service}", part)
    return app


# ---------------------------------------------------------------- middlewares, outermost first
@web.middleware
async def recorded(request: web.Request, handler: Handler) -> web.StreamResponse:
    world = request.app[WORLD]
    agent = request.headers.get("User-Agent", "")
    entry = Request(request.app[SERVICE], request.method, _path(request), agent, world.now())
    world.requests.append(entry)
    response = await handler(request)
    for hook in world.after:
        await hook(entry)
    return response


@web.middleware
async def faulty(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Apply the first matching fault."""
    line = request.app[WORLD].requests[-1].line
    fault = next((fault for fault in request.app[WORLD].faults if fault.hits(line)), None)
    return await (_struck(fault, request, handler) if fault else handler(request))


@web.middleware
async def limited(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count the request, unless it's for a Deezer preview, which a real one would get from another host."""
    world, service = request.app[WORLD], request.app[SERVICE]
    if "/previews/" in request.path or world.limits[service].passes(world.now()):
        return await handler(request)
    return deezer_error(4) if service == "deezer" else refused(service, TOO_FAST[service], 1)


async def _struck(fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    match fault.kind:
        case "status":
            return refused(request.app[SERVICE], fault.status, fault.retry_after)
        case "malformed":
            return web.Response(text="<html>Bad gateway", content_type="text/html")
        case "deep":
            return web.Response(text="[" * 100_000, content_type="application/json")
        case "nonsense":
            return web.json_response({"recordings": 7, "content": {"a": 1}, "error": ["x"]})
        case "error":
            return deezer_error(fault.code)
        case "drop":
            if request.transport:
                request.transport.abort()
            return web.Response()
        case "slow":
            await asyncio.sleep(fault.seconds)
    return await handler(request)


def _path(request: web.Request) -> str:
    """Return the path within the service, wherever the stand-ins are mounted."""
    return "/" + request.path.partition(f"/{request.app[SERVICE]}/")[2]


# ---------------------------------------------------------------- errors, in each service's format
TOO_FAST = {"musicbrainz": 503, "listenbrainz": 429, "reccobeats": 429}
DEEZER_ERRORS = {
    4: ("Exception", "Quota limit exceeded"),
    700: ("Exception", "Service busy"),
    800: ("DataException", "no data"),
}


def refused(service: str, status: int, retry_after: int | None = None) -> web.Response:
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    said: dict[str, Any] = {"error": BUSY if status == 503 else f"Error {status}"}
    if service == "musicbrainz":
        said |= {"help": "For usage, please see: https://musicbrainz.org/development/mmd"}
    elif service == "listenbrainz":
        said |= {"code": status}
    elif service == "reccobeats":
        said = {"timestamp": "2026-11-22T12:00:00Z", "error": f"Error {status}", "path": "", "status": status}
    return web.json_response(said, status=status, headers=headers)


def deezer_error(code: int) -> web.Response:
    """Deezer answers 200 to everything; the error is in the body."""
    kind, message = DEEZER_ERRORS.get(code, ("Exception", "unknown"))
    return web.json_response({"error": {"type": kind, "message": message, "code": code}})


# ---------------------------------------------------------------- MusicBrainz
async def isrc(request: web.Request) -> web.Response:
    known = request.app[WORLD].by_isrc(request.match_info["isrc"])
    included = set(request.query.get("inc", "").replace("+", " ").split())
    if not known:
        return refused("musicbrainz", 404)
    recordings = [_recording(recording, included) for recording in known]
    return web.json_response({"isrc": known[0].isrc, "recordings": recordings})


def _recording(recording: Recording, included: set[str]) -> dict[str, Any]:
    said: dict[str, Any] = {"id": recording.mbid, "title": recording.title, "disambiguation": "", "video": False}
    if recording.released:
        said["first-release-date"] = recording.released
    if "artist-credits" in included:
        said["artist-credit"] = [
            {"name": artist.name, "joinphrase": "", "artist": _artist(artist, included)} for artist in recording.artists
        ]
    return said | _voted(recording.genres, recording.tags, included)


def _artist(artist: Artist, included: set[str]) -> dict[str, Any]:
    return {"id": artist.mbid, "name": artist.name, "sort-name": artist.name} | _voted(
        artist.genres, artist.genres, included
    )


def _voted(genres: Mapping[str, int], tags: Mapping[str, int], included: set[str]) -> dict[str, Any]:
    lists = {"genres": genres, "tags": {**genres, **tags}}  # a genre is a tag on MusicBrainz's list of genres
    return {
        kind: [{"name": name, "count": votes} for name, votes in voted.items()]
        for kind, voted in lists.items()
        if kind in included
    }


# ---------------------------------------------------------------- ListenBrainz
async def similar(request: web.Request) -> web.Response:
    world, rows = request.app[WORLD], list[dict[str, Any]]()
    for asked in await request.json():
        if not str(asked["algorithm"]).startswith(LABS_ALGORITHM):
            return refused("listenbrainz", 400)
        for mbid in asked["artist_mbids"]:
            artist = world.artist(mbid)
            for place, other in enumerate(artist.similar if artist else ()):
                row = {"artist_mbid": other, "name": other, "comment": "", "type": "Group", "gender": None}
                rows.append(row | {"score": 1000 - place, "reference_mbid": mbid})
    return web.json_response(rows)


# ---------------------------------------------------------------- Deezer
async def track(request: web.Request) -> web.Response:
    recordings = request.app[WORLD].by_isrc(request.match_info["isrc"])
    if not recordings:
        return deezer_error(800)
    url = f"{request.url.origin()}{request.path.partition('/track/')[0]}/previews/{recordings[0].isrc}.mp3"
    number = 3135556 + request.app[WORLD].recordings.index(recordings[0])
    said = {"id": number, "readable": True, "title": recordings[0].title, "isrc": recordings[0].isrc, "type": "track"}
    page = f"https://www.deezer.com/track/{number}"
    return web.json_response(said | {"link": page, "preview": "" if recordings[0].preview is None else url})


async def preview(request: web.Request) -> web.Response:
    recordings = request.app[WORLD].by_isrc(request.match_info["isrc"])
    if not recordings or recordings[0].preview is None:
        raise web.HTTPForbidden
    return web.Response(body=recordings[0].preview, content_type="audio/mpeg")


# ---------------------------------------------------------------- ReccoBeats
async def audio_features(request: web.Request) -> web.Response:
    wanted = [song_id for ids in request.query.getall("ids", []) for song_id in ids.split(",")]
    if not wanted or len(wanted) > MOST_IDS:
        return refused("reccobeats", 400)
    known = {recording.spotify_id: recording for recording in request.app[WORLD].recordings if recording.numbers}
    content = [_features(known[song_id]) for song_id in wanted if song_id in known]
    return web.json_response({"content": content})


def _features(recording: Recording) -> dict[str, Any]:
    href = f"https://open.spotify.com/track/{recording.spotify_id}"
    return {"id": recording.mbid, "href": href, "isrc": recording.isrc, "key": 3, **recording.numbers}


SERVICES = {
    "musicbrainz": [web.get("/ws/2/isrc/{isrc}", isrc)],
    "listenbrainz": [web.post("/similar-artists/json", similar)],
    "deezer": [web.get("/track/isrc:{isrc}", track), web.get("/previews/{isrc}.mp3", preview)],
    "reccobeats": [web.get("/v1/audio-features", audio_features)],
}
