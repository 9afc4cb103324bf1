"""App: the addresses of the API and what each answers. Nothing is answered to anybody but the token's own member."""

import re
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlencode

from aiohttp import web

from bot.web.api import answers, cursor, shapes
from bot.web.api.allowance import Allowance
from bot.web.api.callers import ALLOWANCE, FEED, MEMBER, known, say_what_is_left
from bot.web.api.port import Feed
from bot.web.api.problems import Problem, described

DOCUMENT = Path(__file__).with_name("openapi.json")
COUNT = re.compile(r"[1-9][0-9]{0,2}", re.ASCII)
A_PAGE, MOST_ON_A_PAGE = 50, 100  # songs where nothing is said, and at most
LONGEST_TYPED = 100  # characters
A_FEW, MOST_AT_ONCE = 10, 25  # the same of recommendations
FOR_ALL = "public, max-age=3600"
DESCRIBED = web.AppKey[bytes]("described")


def application(feed: Feed, rate: int, now: Callable[[], float]) -> web.Application:
    """Serve `feed`, to be added below /api. Each token has `rate` requests a minute by `now` (s)."""
    app = web.Application(middlewares=[described, known])
    app[FEED], app[ALLOWANCE], app[DESCRIBED] = feed, Allowance(rate, now), DOCUMENT.read_bytes()
    app.router.add_get("/openapi.json", document)
    app.router.add_get("/songs", songs)
    app.router.add_get("/songs/{song}", song)
    app.router.add_get("/songs/{song}/clip", clip)
    app.router.add_get("/random", random)
    app.router.add_get("/recommend", recommend)
    app.router.add_put("/songs/{song}/distaste", dislike)
    app.router.add_delete("/songs/{song}/distaste", undo_dislike)
    app.on_response_prepare.append(say_what_is_left)
    return app


async def document(request: web.Request) -> web.Response:
    return answers.kept(request, request.app[DESCRIBED], answers.JSON, FOR_ALL)


async def songs(request: web.Request) -> web.Response:
    """A page of the member's catalogue, or of what is titled so in it."""
    count, typed = _count(request, A_PAGE, MOST_ON_A_PAGE), _typed(request)
    page = await request.app[FEED].page(request[MEMBER], _after(request), count, typed)
    following = None
    if page.next is not None:
        asked = {"n": count, "cursor": cursor.write(page.next)} | ({"q": typed} if typed else {})
        following = f"/api/songs?{urlencode(asked)}"
    return answers.lasting(request, {"songs": [shapes.entry(each) for each in page.entries], "next": following})


async def song(request: web.Request) -> web.Response:
    return answers.lasting(request, shapes.entry(await request.app[FEED].entry(request[MEMBER], _song(request))))


async def clip(request: web.Request) -> web.Response:
    """The song's clip, or the part of it that is asked for."""
    found = await request.app[FEED].clip(request[MEMBER], _song(request))
    return answers.clip(request, found)


async def random(request: web.Request) -> web.Response:
    return answers.fresh(shapes.entry(await request.app[FEED].random(request[MEMBER])))


async def recommend(request: web.Request) -> web.Response:
    count = _count(request, A_FEW, MOST_AT_ONCE)
    found = await request.app[FEED].recommend(request[MEMBER], _only(request, "song"), count)
    return answers.fresh({"songs": [shapes.recommended(each) for each in found]})


async def dislike(request: web.Request) -> web.Response:
    await request.app[FEED].dislike(request[MEMBER], _song(request))
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def undo_dislike(request: web.Request) -> web.Response:
    await request.app[FEED].undo_dislike(request[MEMBER], _song(request))
    return web.Response(status=HTTPStatus.NO_CONTENT)


def _song(request: web.Request) -> str:
    return request.match_info["song"]


def _after(request: web.Request) -> str | None:
    """Where the page begins. Raises Problem for a cursor that was never given out."""
    given = _only(request, "cursor")
    try:
        return None if given is None else cursor.read(given)
    except cursor.NoCursor:
        raise Problem(HTTPStatus.BAD_REQUEST, "cursor is malformed: it stands in the `next` of a page.") from None


def _count(request: web.Request, default: int, most: int) -> int:
    """How many entries are wanted. Raises Problem."""
    given = _only(request, "n")
    if given is None:
        return default
    if not COUNT.fullmatch(given) or int(given) > most:
        raise Problem(HTTPStatus.BAD_REQUEST, f"n is malformed: a whole number from 1 to {most} is wanted.")
    return int(given)


def _typed(request: web.Request) -> str:
    """What titles are to contain; nothing where nothing is wanted. Raises Problem."""
    given = _only(request, "q")
    if given is None:
        return ""
    if not 1 <= len(given) <= LONGEST_TYPED:
        raise Problem(HTTPStatus.BAD_REQUEST, f"q is malformed: 1 to {LONGEST_TYPED} characters are wanted.")
    return given


def _only(request: web.Request, name: str) -> str | None:
    """Return the parameter, None where it is left out. Raises Problem where it stands there twice."""
    given = request.query.getall(name, [])
    if len(given) > 1:
        raise Problem(HTTPStatus.BAD_REQUEST, f"{name} stands there more than once.")
    return given[0] if given else None
