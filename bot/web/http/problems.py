"""Problems: every error as `application/problem+json` (RFC 9457).

There are no problem types of our own: the status says what kind it is, the detail what to do about it.
"""

import json
import logging
import math
import secrets
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

from aiohttp import web

from bot.errors import CratekeeperError, MemberError, NotAmongLikes, TooOften
from bot.errors.audio import AudioError, HearingFailed
from bot.errors.sorting import DryRunChanged
from bot.messages import _
from bot.messages import feed as messages
from bot.messages.errors import describe

log = logging.getLogger(__name__)
MEDIA = "application/problem+json"
LATER = "30"  # seconds until trying again makes sense
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Problem(Exception):
    """Ends a request with this status, detail and headers."""

    def __init__(self, status: HTTPStatus, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, dict(headers or {})


def answer(problem: Problem) -> web.Response:
    body = {
        "type": "about:blank",
        "title": problem.status.phrase,
        "status": problem.status.value,
        "detail": problem.detail,
    }
    headers = {"Cache-Control": "no-store", **problem.headers}
    return web.Response(status=problem.status, body=json.dumps(body).encode(), content_type=MEDIA, headers=headers)


@web.middleware
async def described(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every error into a problem; those that aren't the caller's fault are logged too."""
    try:
        return await handler(request)
    except Problem as problem:
        return answer(problem)
    except web.HTTPException as error:
        return answer(_routing(error))
    except CratekeeperError as error:
        return answer(_of(error))
    except Exception as error:
        return answer(_defect(error))


def _routing(error: web.HTTPException) -> Problem:
    """Return the problem for an unknown address (404) or method (405)."""
    status = HTTPStatus(error.status)
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        return Problem(status, "This address takes other methods: see Allow.", {"Allow": error.headers["Allow"]})
    return Problem(status, _(messages.NOTHING_HERE))


def _of(error: CratekeeperError) -> Problem:
    if isinstance(error, TooOften):
        wait = {"Retry-After": str(math.ceil(error.seconds))}
        return Problem(HTTPStatus.TOO_MANY_REQUESTS, describe(error, plain=True), wait)
    if isinstance(error, NotAmongLikes | DryRunChanged):
        return Problem(HTTPStatus.CONFLICT, describe(error, plain=True))
    if isinstance(error, MemberError) or (isinstance(error, AudioError) and not isinstance(error, HearingFailed)):
        return Problem(HTTPStatus.NOT_FOUND, describe(error, plain=True))
    if error.theirs:
        log.warning("%s: %s", type(error).__name__, error)
        return Problem(HTTPStatus.FORBIDDEN, describe(error, plain=True))
    reference = secrets.token_hex(2)
    log.warning("#%s %s: %s", reference, type(error).__name__, error)
    detail = f"{describe(error, plain=True)} #{reference}"
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, {"Retry-After": LATER})


def _defect(error: Exception) -> Problem:
    reference = secrets.token_hex(2)
    log.error("#%s a request failed", reference, exc_info=error)
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, f"{_(messages.DEFECT)} #{reference}")
