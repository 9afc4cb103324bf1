"""Languages: pages speak the language that the reader's browser asks for (RFC 9110, section 12.5.4)."""

from contextlib import AbstractContextManager

from aiohttp import hdrs, web

from bot.messages import language_of, speaking
from bot.web.http.problems import Handler

MOST = 50  # languages that are read: a header's 64 KB have room for thousands, which would take a second


def speaking_to(request: web.Request) -> AbstractContextManager[None]:
    """Speak the reader's language inside the block."""
    return speaking(preferred(request.headers.get(hdrs.ACCEPT_LANGUAGE, "")))


@web.middleware
async def in_their_language(request: web.Request, handler: Handler) -> web.StreamResponse:
    with speaking_to(request):
        return await handler(request)


def preferred(accepted: str) -> str | None:
    """Return the locale the reader likes best of those whose language we speak; None if they name none of them."""
    weighted = [_weighted(part) for part in accepted.split(",", MOST)[:MOST]]
    best_first = sorted((pair for pair in weighted if pair[1] > 0), key=lambda pair: -pair[1])
    return next((locale for locale, _weight in best_first if language_of(locale)), None)


def _weighted(part: str) -> tuple[str, float]:
    """Read "de-AT;q=0.8"; a weight that can't be read counts as none."""
    language, _semicolon, weight = part.partition(";")
    try:
        return language.strip(), float(weight.strip().removeprefix("q=") or 1)
    except ValueError:
        return language.strip(), 0.0
