"""Reading: what the page sends, as JSON with one field. Whatever else comes is a problem, never a defect."""

import asyncio
import json
from http import HTTPStatus
from typing import Any

from aiohttp import web

from bot.web.api.problems import Problem

PATIENCE = 10.0  # seconds that a body may take to come; the longest has some hundred bytes
MOST_CARDS = 5  # at once: a page that looks further ahead shows what it never shows


async def text(request: web.Request, name: str) -> str:
    """Return a text. Raises Problem."""
    found = await _field(request, name)
    if not isinstance(found, str):
        raise _malformed(f"{name}: a text is wanted.")
    return found


async def switch(request: web.Request, name: str) -> bool:
    """Return true or false. Raises Problem."""
    found = await _field(request, name)
    if not isinstance(found, bool):
        raise _malformed(f"{name}: true or false is wanted.")
    return found


async def count(request: web.Request, name: str) -> int:
    """Return how many cards are wanted. Raises Problem."""
    found = await _field(request, name)
    if not isinstance(found, int) or isinstance(found, bool) or not 1 <= found <= MOST_CARDS:
        raise _malformed(f"{name}: a whole number from 1 to {MOST_CARDS} is wanted.")
    return found


async def whole(request: web.Request, patience: float = PATIENCE) -> bytes:
    """Return the body. Raises Problem for one that is too long, torn, or not there within `patience` seconds."""
    try:
        async with asyncio.timeout(patience):
            return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "That is more than there is to say.") from None
    except TimeoutError:
        raise Problem(HTTPStatus.REQUEST_TIMEOUT, "That took too long to come.") from None
    except (web.RequestPayloadError, ConnectionError):  # broken off: nobody reads the answer
        raise _malformed("Not all of it came.") from None


async def _field(request: web.Request, name: str) -> Any:
    data = await whole(request)
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):  # not UTF-8 is one as well
        raise _malformed("JSON is wanted.") from None
    if not isinstance(body, dict) or set(body) != {name}:
        raise _malformed(f"An object with {name}, and nothing else, is wanted.")
    return body[name]


def _malformed(detail: str) -> Problem:
    return Problem(HTTPStatus.BAD_REQUEST, detail)
