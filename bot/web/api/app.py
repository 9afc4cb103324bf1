"""App: the API's addresses and their answers, always for the token's own member."""

import re
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlencode

from aiohttp import web

from bot.flows.feed.api import Api
from bot.web.api import cursor, shapes
from bot.web.api.callers import FEED, add_rate_limit, known
from bot.web.http import answers
from bot.web.http.allowance import Allowance
from bot.web.http.callers import ALLOWANCE, MEMBER
from bot.web.http.problems import Problem, described

DOCUMENT = Path(__file__).with_name("openapi.json")
COUNT = re.compile(r"[1-9][0-9]{0,2}", re.ASCII)
A_PAGE, MOST_ON_A_PAGE = 50, 100  # songs: by default, and at most
LONGEST_TYPED = 100  # characters
A_FEW, MOST_AT_ONCE = 10, 25  # recommendations: by default, and at most
FOR_ALL = "public, max-age=3600"
DESCRIBED = web.AppKey[bytes]("described")


def application(feed: Api, rate: int, now: Callable[[], float]) -> web.Application:
    """Return the app to mount at /api. Each token has `rate` requests a minute; `now` is a clock in seconds."""
    app = web.Application(middlewares=[described, known])
    app[FEED], app[ALLOWANCE], app[DESCRIBED] = feed, Allowance(rate, now), DOCUMENT.read_bytes()
    app.router.add_get("/openapi.json", document)
    app.router.add_get("/songs", songs)
    app.router.add_get("/songs/{song}", song)
    app.router.add_get("/songs/{song}/clip", clip)
    app.router.add_get("/random", random)
    app.router.add_get("/recommend", recommend)
    app.router.add_put("/songs/{song}/dislike", dislike)
    app.router.add_delete("/songs/{song}/dislike", undo_dislike)
    app.on_response_prepare.append(add_rate_limit)
    return app


async def document(request: web.Request) -> web.Response:
    return answers.kept(request, request.app[DESCRIBED], answers.JSON, FOR_ALL)


async def songs(request: web.Request) -> web.Response:
    """A page of the member's catalogue: all of it, or the titles that contain what was typed."""
    count, typed = _count(request, A_PAGE, MOST_ON_A_PAGE), _typed(request)
    page = await request.app[FEED].catalogue.page(request[MEMBER], _after(request), count, typed)
    following = None
    if page.next is not None:
        asked = {"n": count, "cursor": cursor.write(page.next)} | ({"q": typed} if typed else {})
        following = f"/api/songs?{urlencode(asked)}"
    return answers.lasting(request, {"songs": [shapes.entry(entry) for entry in page.entries], "next": following})


async def song(request: web.Request) -> web.Response:
    entry = await request.app[FEED].catalogue.entry(request[MEMBER], _song(request))
    return answers.lasting(request, shapes.entry(entry))


async def clip(request: web.Request) -> web.Response:
    """The song's clip, or the byte range asked for."""
    return answers.clip(request, await request.app[FEED].catalogue.clip(request[MEMBER], _song(request)))


async def random(request: web.Request) -> web.Response:
    return answers.fresh(shapes.entry(await request.app[FEED].catalogue.random(request[MEMBER])))


async def recommend(request: web.Request) -> web.Response:
    count = _count(request, A_FEW, MOST_AT_ONCE)
    songs = await request.app[FEED].recommender.recommend(request[MEMBER], _only(request, "song"), count)
    return answers.fresh({"songs": [shapes.recommended(song) for song in songs]})


async def dislike(request: web.Request) -> web.Response:
    await request.app[FEED].dislike(request[MEMBER], _song(request))
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def undo_dislike(request: web.Request) -> web.Response:
    await request.app[FEED].undo_dislike(request[MEMBER], _song(request))
    return web.Response(status=HTTPStatus.NO_CONTENT)


def _song(request: web.Request) -> str:
    return request.match_info["song"]


def _after(request: web.Request) -> str | None:
    """Return where the page begins; None: at the start. Raises Problem for a cursor that isn't ours."""
    given = _only(request, "cursor")
    try:
        return None if given is None else cursor.read(given)
    except cursor.NoCursor:
        raise Problem(HTTPStatus.BAD_REQUEST, "cursor is malformed: take it from `next` of a page.") from None


def _count(request: web.Request, default: int, most: int) -> int:
    """Return how many songs to send. Raises Problem."""
    given = _only(request, "n")
    if given is None:
        return default
    if not COUNT.fullmatch(given) or int(given) > most:
        raise Problem(HTTPStatus.BAD_REQUEST, f"n must be a whole number from 1 to {most}.")
    return int(given)


def _typed(request: web.Request) -> str:
    """Return what titles must contain; empty for all songs. Raises Problem."""
    given = _only(request, "q")
    if given is None:
        return ""
    if not 1 <= len(given) <= LONGEST_TYPED:
        raise Problem(HTTPStatus.BAD_REQUEST, f"q must have 1 to {LONGEST_TYPED} characters.")
    return given


def _only(request: web.Request, name: str) -> str | None:
    """Return the parameter; None if it's absent. Raises Problem if it appears twice."""
    given = request.query.getall(name, [])
    if len(given) > 1:
        raise Problem(HTTPStatus.BAD_REQUEST, f"{name} is given more than once.")
    return given[0] if given else None
