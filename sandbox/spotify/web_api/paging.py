"""Paging as in the Web API."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from aiohttp import web

from sandbox.spotify.errors import Refused
from sandbox.spotify.web_api.shapes import Json

T = TypeVar("T")


def page(
    request: web.Request, rows: Sequence[T], shape: Callable[[T], Any], *, default: int = 20, most: int = 50
) -> Json:
    """Return the page of `rows` for the query's `limit` and `offset`; `next` is an absolute address or null."""
    limit = whole_number(request, "limit", default, 1, most)
    offset = whole_number(request, "offset", 0, 0, 100_000)
    return {
        "href": _address(request, offset, limit),
        "items": [shape(row) for row in rows[offset : offset + limit]],
        "limit": limit,
        "next": _address(request, offset + limit, limit) if offset + limit < len(rows) else None,
        "offset": offset,
        "previous": _address(request, max(0, offset - limit), limit) if offset else None,
        "total": len(rows),
    }


def whole_number(request: web.Request, name: str, default: int, least: int, most: int) -> int:
    """Return a number from the query. Raises Refused 400 unless it's from `least` to `most`."""
    text = request.query.get(name, str(default))
    if not text.isdecimal() or not least <= int(text) <= most:
        raise Refused(400, f"Invalid {name}")
    return int(text)


def _address(request: web.Request, offset: int, limit: int) -> str:
    query = {**request.query, "offset": str(offset), "limit": str(limit)}
    return str(request.url.origin().with_path(request.path).with_query(query))
