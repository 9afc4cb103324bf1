"""Wire: the traffic between the bot and the stand-ins, for the curious."""

from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta
from heapq import nlargest
from itertools import islice
from statistics import median

from aiohttp import web

from sandbox.discord import Change, Exchange
from sandbox.discord.model import Json
from sandbox.page import faults
from sandbox.page.asking import Ask
from sandbox.page.stage import Stage
from sandbox.spotify.faults import Request

SHOWN = 120  # requests listed, of both stand-ins together
KEPT = 2_000  # of Discord's, including bodies
CALLS = ("/v1/", "/accounts/")  # paths at which the bot calls the Spotify stand-in
TOO_MANY = 429


class Wire:
    """Numbers Discord's exchanges, and notes how long Spotify wants no requests."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._exchanges: deque[tuple[int, Exchange]] = deque(maxlen=KEPT)
        self._count = 0
        self._cooldown: datetime | None = None

    def note(self, change: Change) -> None:
        if isinstance(change.subject, Exchange):
            self._count += 1
            self._exchanges.append((self._count, change.subject))

    def sees(self, request: web.Request, response: web.StreamResponse) -> bool:
        """Record a response before it's sent; return whether it's Spotify's."""
        if not request.path.startswith("/spotify/") or not any(part in request.path for part in CALLS):
            return False
        wait = response.headers.get("Retry-After")
        if response.status == TOO_MANY and wait is not None:
            self._cooldown = self._stage.spotify.now() + timedelta(seconds=int(wait))
        return True

    # The page's calls

    async def rows(self, ask: Ask) -> Json:
        """Return figures, and both services' latest requests, newest first."""
        return {
            "discord": self._discord(),
            "spotify": self._spotify(),
            "faults": faults.pending(self._stage),
            "rows": [_plain(row) for row in nlargest(SHOWN, self._newest(), key=lambda row: row["at"])],
        }

    async def one(self, ask: Ask) -> Json:
        """Return one request's body and response. Raises KeyError if it's no longer kept."""
        number = ask.number("number")
        if ask.text("service") == "spotify":
            return _spotify_bodies(self._stage.spotify.requests[number - 1])
        return _discord_bodies(dict(self._exchanges)[number])

    # Internals

    def _newest(self) -> Iterator[Json]:
        for number, exchange in islice(reversed(self._exchanges), SHOWN):
            yield _discord_row(number, exchange)
        for request in self._stage.spotify.requests[: -SHOWN - 1 : -1]:
            yield _spotify_row(request)

    def _discord(self) -> Json:
        """`acknowledged`: seconds from a member's gesture to the bot's answer, median and maximum."""
        times = [exchange.answered_after for _, exchange in self._exchanges if exchange.answered_after is not None]
        return {
            "requests": self._count,
            "gestures": len(times),
            "acknowledged": {"median": median(times), "longest": max(times)} if times else None,
        }

    def _spotify(self) -> Json:
        requests, now = self._stage.spotify.requests, self._stage.spotify.now()
        cooling = self._cooldown is not None and self._cooldown > now
        return {
            "requests": len(requests),
            "refused": sum(request.status >= 400 for request in requests),
            "cooldown": self._cooldown.isoformat() if self._cooldown and cooling else None,
        }


def _plain(row: Json) -> Json:
    return {**row, "at": row["at"].isoformat()}


def _discord_row(number: int, exchange: Exchange) -> Json:
    return {
        "service": "discord",
        "number": number,
        "at": exchange.at,
        "line": f"{exchange.method} {exchange.route}",
        "status": exchange.status,
        "seconds": exchange.seconds,
        "acknowledged": exchange.answered_after,
    }


def _spotify_row(request: Request) -> Json:
    return {
        "service": "spotify",
        "number": request.number,
        "at": request.at,
        "line": request.line,
        "status": request.status,
        "seconds": request.duration,
        "acknowledged": None,
    }


def _discord_bodies(exchange: Exchange) -> Json:
    return {"path": exchange.path, "query": exchange.query, "sent": exchange.request, "received": exchange.response}


def _spotify_bodies(request: Request) -> Json:
    return {"path": request.path, "query": request.query, "sent": request.body, "received": None}
