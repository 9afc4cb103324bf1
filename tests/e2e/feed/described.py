"""Described: an OpenAPI document of web applications, made from their routes, for schemathesis.

A new route is fuzzed like the others. `FIELDS` says what bodies hold; where that's not so, a call refuses what fits, or
takes what doesn't, and schemathesis says so.
"""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import hdrs, web

from bot.web import app as outermost
from bot.web.activity import app as activity
from bot.web.feed import app as feed
from bot.web.feed import calls, shell, sorting
from bot.web.http import answers, problems
from bot.web.http.bodies import LARGEST, MOST_CARDS, MOST_NUMBERS, MOST_WORDS

Json = dict[str, Any]
Known = Mapping[str, Sequence[str | int]]  # by a parameter's or a field's name: what the bot knows by it
PATTERN = re.compile(r"\(\?P<(\w+)>([^)]*)\)")
READS = {hdrs.METH_GET, hdrs.METH_HEAD}
OWN_API = "/api/"  # it has a document of its own; where it's in the middle of a path, it's a page's calls
MOST_EXAMPLES = 2
SESSION, METRICS = "session", "metrics"  # whose bearer token a call wants

TEXT, SWITCH = {"type": "string"}, {"type": "boolean"}
NUMBER = {"type": "integer", "minimum": 0, "maximum": LARGEST}
NUMBERS = {"type": "array", "items": NUMBER, "maxItems": MOST_NUMBERS, "uniqueItems": True}
TEXTS = {"type": "array", "items": TEXT, "maxItems": MOST_WORDS, "uniqueItems": True}
FIELDS: Mapping[Any, tuple[str, Json]] = {  # the one field of a body, by who reads it
    feed.enter: ("link", TEXT),
    feed.change_over: ("link", TEXT),
    activity.enter: ("code", TEXT),
    calls.next_cards: ("count", {**NUMBER, "minimum": 1, "maximum": MOST_CARDS}),
    calls.choose_saving: ("saves", SWITCH),
    sorting.ask: ("layer", NUMBER),
    sorting.answer: ("playlists", NUMBERS),
    sorting.answer_all: ("ticks", TEXTS),
    sorting.none_of_them: ("ticks", TEXTS),
    sorting.choose: ("goes", SWITCH),
    sorting.apply: ("version", TEXT),
}
QUERIES = {outermost.callback: ("state", "code", "error")}
HTML, PLAIN, SCRIPT = "text/html", "text/plain", "text/javascript"
MEDIA: Mapping[Any, Sequence[str]] = {  # of those that don't answer with JSON
    outermost.callback: [HTML],
    activity.page: [HTML],
    activity.script: [SCRIPT],
    shell.page: [HTML],
    shell.to_the_page: [HTML],
    shell.manifest: [shell.MIMES[".webmanifest"]],
    shell.in_words: [SCRIPT],
    shell.file: [*shell.MIMES.values()],
    **{clip: ["audio/ogg"] for clip in (calls.clip, sorting.clip, sorting.clip_of)},
}
PROBLEM: Json = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "additionalProperties": False,
    "properties": {
        "type": {"const": "about:blank"},
        "title": {"type": "string", "minLength": 1},
        "status": {"type": "integer", "minimum": 400},
        "detail": {"type": "string", "minLength": 1},
    },
}


def document(app: web.Application, known: Known, *, strangers: bool = False) -> Json:
    """Describe all routes but the HTTP API's. strangers: as they answer those with no session, from elsewhere."""
    paths: Json = {}
    for route in routes(app):
        paths.setdefault(path(route), {})[route.method.lower()] = _operation(route, known, strangers=strangers)
    schemes = {name: {"type": "http", "scheme": "bearer"} for name in (SESSION, METRICS)}
    info = {"title": "Cratekeeper's pages", "version": "1"}
    return {"openapi": "3.1.0", "info": info, "paths": paths, "components": {"securitySchemes": schemes}}


def routes(app: web.Application) -> list[web.AbstractRoute]:
    """All routes but the HTTP API's, those of the applications mounted below too."""
    return [route for route in app.router.routes() if not path(route).startswith(OWN_API)]


def path(route: web.AbstractRoute) -> str:
    return route.resource.canonical if route.resource else ""


def _token(route: web.AbstractRoute) -> str:
    """Return whose token the route wants; nothing for a public one."""
    return METRICS if path(route) == "/metrics" else SESSION if OWN_API in path(route) else ""


def _operation(route: web.AbstractRoute, known: Known, *, strangers: bool) -> Json:
    queries = [{"name": name, "in": "query", "schema": TEXT} for name in QUERIES.get(route.handler, ())]
    operation: Json = {"parameters": [*_parameters(route, known), *queries]}
    operation["responses"] = _refusals(route) if strangers else _answers(route)
    if name := _token(route):
        operation["security"] = [{name: []}]
    if field := FIELDS.get(route.handler):
        name, schema = field
        body = {"type": "object", "required": [name], "additionalProperties": False}
        body |= {"properties": {name: _knowing(schema, known.get(name, ()))}}
        example = {"example": {name: _example(schema, known.get(name, ()))}}
        operation["requestBody"] = {"required": True, "content": {answers.JSON: {"schema": body, **example}}}
    return operation


def _parameters(route: web.AbstractRoute, known: Known) -> list[Json]:
    compiled = route.resource.get_info().get("pattern") if route.resource else None
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": _knowing({"type": "string", "pattern": f"^{pattern}$"}, known.get(name, ())),
            "examples": {f"{value}": {"value": value} for value in known.get(name, ())[:MOST_EXAMPLES]},
        }
        for name, pattern in PATTERN.findall(compiled.pattern if compiled else "")
    ]


def _knowing(schema: Json, known: Sequence[str | int]) -> Json:
    """Let half of what's sent be something that the bot knows."""
    if "items" in schema:
        return {**schema, "items": _knowing(schema["items"], known)}
    return {"anyOf": [{"enum": [*known]}, schema]} if known else schema


def _example(schema: Json, known: Sequence[str | int]) -> Any:
    if "items" in schema:
        return [*known][:1]
    return known[0] if known else {"string": "x", "boolean": True, "integer": 1}[schema["type"]]


def _answers(route: web.AbstractRoute) -> Json:
    """What may come: something of the route's own kind, or a problem."""
    media = [PLAIN] if _token(route) == METRICS else MEDIA.get(route.handler, [answers.JSON])
    found = {} if route.method == hdrs.METH_HEAD else _content(media)
    said = {"200": found, "206": found, "204": {}, "304": {}, "308": {}, "default": _trouble(route)}
    return {status: {"description": status, **content} for status, content in said.items()}


def _refusals(route: web.AbstractRoute) -> Json:
    """What may come from elsewhere: whatever's public, but nothing that changes anything or needs a session."""
    if route.method in READS and not _token(route):
        return _answers(route)
    refused = HTTPStatus.UNAUTHORIZED if route.method in READS else HTTPStatus.FORBIDDEN
    statuses = (refused, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)
    return {str(status.value): {"description": status.phrase, **_trouble(route)} for status in statuses}


def _trouble(route: web.AbstractRoute) -> Json:
    if route.method == hdrs.METH_HEAD:
        return {}
    if path(route).startswith(("/feed", "/activity")):
        return {"content": {problems.MEDIA: {"schema": PROBLEM}}}
    return _content([HTML, PLAIN, answers.JSON])


def _content(media: Sequence[str]) -> Json:
    return {"content": {each: {"schema": {"type": "object"} if each == answers.JSON else {}} for each in media}}
