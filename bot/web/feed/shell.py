"""Shell: the page's static files, and its words in the reader's language. Browsers cache and revalidate them."""

from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path

from aiohttp import hdrs, web

from bot.messages import _
from bot.messages import feed as messages
from bot.web.feed import words
from bot.web.http import answers
from bot.web.http.problems import Problem

FOLDER = Path(__file__).with_name("static")
MIMES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}
FILES = web.AppKey[dict[str, bytes]]("files")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "worker-src 'self'; img-src 'self' {pictures}; media-src blob: {sounds}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SHARED = "public, no-cache"  # they hold nothing personal
VIEWS = ("enter", "label", "dry-run")  # one page: its script shows what the address asks for
WORKER = "sw.js"  # at the top: a service worker controls only its own folder and what's below


def add_to(app: web.Application, pictures: Sequence[str], sounds: Sequence[str]) -> None:
    """Add the page to the app; its pictures and sounds may also come from these origins."""
    policy = POLICY.format(pictures=" ".join(pictures), sounds=" ".join(sounds))
    app[FILES] = {path.name: path.read_bytes() for path in FOLDER.iterdir()}

    async def guard(_request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Content-Security-Policy"] = policy

    app.on_response_prepare.append(guard)
    app.router.add_get("", to_the_page)
    app.router.add_get("/", page)
    for view in VIEWS:
        app.router.add_get(f"/{view}", page)
    app.router.add_get("/static/words.js", in_words)
    app.router.add_get("/static/{name}", file)
    app.router.add_get("/manifest.webmanifest", manifest)
    app.router.add_get(f"/{{name:{WORKER}}}", file)


async def to_the_page(_request: web.Request) -> web.Response:
    return web.Response(status=HTTPStatus.PERMANENT_REDIRECT, headers={"Location": "feed/"})


async def page(request: web.Request) -> web.Response:
    return _filled(request, "index.html")


async def manifest(request: web.Request) -> web.Response:
    return _filled(request, "manifest.webmanifest")


def _filled(request: web.Request, name: str) -> web.Response:
    text = words.filled(request.app[FILES][name].decode())
    return _in_their_language(request, text.encode(), MIMES[Path(name).suffix])


async def in_words(request: web.Request) -> web.Response:
    """What the page says, in the reader's language."""
    return _in_their_language(request, words.script(), MIMES[".js"])


def _in_their_language(request: web.Request, data: bytes, mime: str) -> web.Response:
    answer = answers.kept(request, data, mime, SHARED)
    answer.headers["Vary"] = hdrs.ACCEPT_LANGUAGE
    return answer


async def file(request: web.Request) -> web.Response:
    return _file(request, request.match_info["name"])


def _file(request: web.Request, name: str) -> web.Response:
    data = request.app[FILES].get(name)
    if data is None:
        raise Problem(HTTPStatus.NOT_FOUND, _(messages.NOTHING_HERE))
    return answers.kept(request, data, MIMES[Path(name).suffix], SHARED)
