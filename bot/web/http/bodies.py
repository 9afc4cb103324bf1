"""Bodies: what the page sends, as JSON with one field. Anything else is answered as a problem, not an error of ours."""

import asyncio
import json
from http import HTTPStatus
from typing import Any

from aiohttp import web

from bot.web.http.problems import Problem

PATIENCE = 10.0  # seconds a body may take to arrive; the longest has two thousand bytes
LARGEST = 2**63 - 1  # what a database integer holds
MOST_NUMBERS = 100
MOST_WORDS = 100  # all songs of a list
MOST_CARDS = 5  # at once: a page that fetches further ahead marks songs as shown that nobody sees


async def text(request: web.Request, name: str) -> str:
    """Return the field, a string. Raises Problem."""
    value = await _field(request, name)
    if not isinstance(value, str):
        raise _malformed(f"{name} must be a string.")
    return value


async def switch(request: web.Request, name: str) -> bool:
    """Return the field, a boolean. Raises Problem."""
    value = await _field(request, name)
    if not isinstance(value, bool):
        raise _malformed(f"{name} must be true or false.")
    return value


async def count(request: web.Request, name: str) -> int:
    """Return the field, a number of cards from 1 to MOST_CARDS. Raises Problem."""
    value = await _field(request, name)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MOST_CARDS:
        raise _malformed(f"{name} must be a whole number from 1 to {MOST_CARDS}.")
    return value


async def numbers(request: web.Request, name: str) -> list[int]:
    """Return the field, a list of at most MOST_NUMBERS different whole numbers. Raises Problem."""
    value = await _field(request, name)
    whole = isinstance(value, list) and all(type(each) is int and 0 <= each <= LARGEST for each in value)
    if not whole or len(value) > MOST_NUMBERS or len(set(value)) < len(value):
        raise _malformed(f"{name} must be a list of at most {MOST_NUMBERS} different whole numbers.")
    return list(value)


async def words(request: web.Request, name: str) -> list[str]:
    """Return the field, a list of at most MOST_WORDS different strings. Raises Problem."""
    value = await _field(request, name)
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise _malformed(f"{name} must be a list of strings.")
    if len(value) > MOST_WORDS or len(set(value)) < len(value):
        raise _malformed(f"{name} must be a list of at most {MOST_WORDS} different strings.")
    return list(value)


async def number(request: web.Request, name: str) -> int:
    """Return the field, a whole number. Raises Problem."""
    value = await _field(request, name)
    if type(value) is not int or not 0 <= value <= LARGEST:
        raise _malformed(f"{name} must be a whole number.")
    return value


async def whole(request: web.Request, patience: float = PATIENCE) -> bytes:
    """Return the body. Raises Problem if it's too long, broken off, or not there within `patience` seconds."""
    try:
        async with asyncio.timeout(patience):
            return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is too long.") from None
    except TimeoutError:
        raise Problem(HTTPStatus.REQUEST_TIMEOUT, "The body took too long.") from None
    except (web.RequestPayloadError, ConnectionError):  # the caller hung up: nobody reads the answer
        raise _malformed("The body is incomplete.") from None


async def _field(request: web.Request, name: str) -> Any:
    data = await whole(request)
    try:
        body = json.loads(data)
        json.dumps(body, ensure_ascii=False).encode()  # half a character, as "\\ud800" spells it, can't be stored
    except (ValueError, RecursionError):  # bad UTF-8 is a ValueError too
        raise _malformed("The body must be JSON.") from None
    if not isinstance(body, dict) or set(body) != {name}:
        raise _malformed(f"The body must be an object with {name} and nothing else.")
    return body[name]


def _malformed(detail: str) -> Problem:
    return Problem(HTTPStatus.BAD_REQUEST, detail)
