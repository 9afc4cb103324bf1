"""Answers: JSON that nobody caches, JSON and files that callers may cache, and byte ranges of a clip."""

import json
from http import HTTPStatus
from typing import Any

from aiohttp import hdrs, web

from bot.core.records import Clip
from bot.web.http import parts
from bot.web.http.problems import Problem

JSON = "application/json"
LOOK_AGAIN = "private, no-cache"  # cache it, and revalidate each time
FOR_A_DAY = "private, max-age=86400"  # a clip changes only when its file does


def fresh(shape: dict[str, Any]) -> web.Response:
    """Return an answer that must not be cached."""
    return web.Response(body=json.dumps(shape).encode(), content_type=JSON)


def lasting(request: web.Request, shape: dict[str, Any]) -> web.Response:
    return kept(request, json.dumps(shape).encode(), JSON, LOOK_AGAIN)


def kept(request: web.Request, data: bytes, mime: str, how: str) -> web.Response:
    """Return an answer the caller may cache, under `how`; 304 if they already have it."""
    tag = parts.etag(data)
    headers = {"Cache-Control": how, "ETag": tag}
    if parts.has_it(request.headers.get(hdrs.IF_NONE_MATCH), tag):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    return web.Response(body=data, content_type=mime, headers=headers)


def clip(request: web.Request, clip: Clip) -> web.Response:
    """Return the clip, or the byte range asked for. Raises Problem."""
    answer = kept(request, clip.data, clip.mime, FOR_A_DAY)
    answer.headers["Accept-Ranges"] = "bytes"
    if request.method == hdrs.METH_GET and answer.status == HTTPStatus.OK:
        _cut(request, answer, clip.data)
    return answer


def _cut(request: web.Request, answer: web.Response, data: bytes) -> None:
    """Cut the answer down to the range asked for. Raises Problem."""
    asked = request.headers.get(hdrs.RANGE), request.headers.get(hdrs.IF_RANGE)
    try:
        wanted = parts.part(*asked, answer.headers["ETag"], len(data))
    except parts.Unsatisfiable:
        outside = {"Content-Range": f"bytes */{len(data)}"}
        status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
        raise Problem(status, "The range is outside the clip.", outside) from None
    if wanted is not None:
        answer.set_status(HTTPStatus.PARTIAL_CONTENT)
        answer.headers["Content-Range"] = wanted.content_range
        answer.body = wanted.of(data)
