"""Site: what every request to a source's service goes through.

In order: a wait in progress fails it at once; the day's budget; it's counted; its turn; it's sent with a time limit,
following no redirects (aiohttp repeats a GET if a kept connection was closed). Waits, counts and turns are stored, so a
restart forgets none of them, and all processes share them. A service that's down is tried ever less often; the other
sources continue.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import SystemRandom
from typing import Any

import aiohttp

from bot.adapters.store import Store, pace
from bot.core.library.pace import Pace
from bot.errors import SourceFailed, SourceWaits
from bot.ports import Clock

log = logging.getLogger(__name__)
TIMEOUT, CONNECT = 30.0, 10.0  # seconds; MusicBrainz may take ten
MOST_BYTES = 4_000_000  # bytes per answer
FIRST_WAIT, LONGEST = 10.0, 3600.0  # seconds that a service that's down is left alone, doubling each time
BUSY_WAIT = 60  # seconds, if a busy service doesn't say how long
MOST_ASKED = 7 * 86_400  # seconds; a longer Retry-After is a mistake
NOT_FOUND, TOO_MANY, UNAVAILABLE, SERVER_ERROR = 404, 429, 503, 500
DOWN = "down"  # reason of a wait, followed by the number of failures in a row
_random = SystemRandom()


@dataclass(frozen=True, slots=True)
class Terms:
    """A service's limits: `pace`, and at most `daily` requests in a day (UTC); and our User-Agent.

    timeout: seconds that an answer may take. line: those who wait for a turn in another hold nobody up in this one.
    """

    pace: Pace
    daily: int
    agent: str
    timeout: float = TIMEOUT
    line: str = ""


class Site:
    """One service. `base` has no trailing slash."""

    def __init__(
        self,
        name: str,
        base: str,
        terms: Terms,
        store: Store,
        http: aiohttp.ClientSession,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.name, self.base = name, base
        self._terms, self._store, self._http = terms, store, http
        self._timeout = aiohttp.ClientTimeout(total=terms.timeout, connect=min(CONNECT, terms.timeout))
        self._clock, self._sleep = clock, sleep
        self._key = f"source:{name}"

    async def get(self, path: str, **query: str) -> Any:
        """Return the JSON at `path`, None if there's nothing (404). Raises SourceWaits, SourceFailed."""
        return await self._json("GET", path, params=query)

    async def post(self, path: str, body: Sequence[Mapping[str, Any]]) -> Any:
        """Send JSON and return JSON; only for questions, which may be repeated. Raises SourceWaits, SourceFailed."""
        return await self._json("POST", path, json=body)

    async def download(self, url: str, most: int) -> bytes:
        """Return what's at a URL. Raises SourceFailed if it's more than `most` bytes, SourceWaits."""
        content = await self._send("GET", url, most)
        if content is None:
            raise SourceFailed(f"{self.name}: a file that it named is not there")
        return content

    async def leave_alone(self, seconds: float, reason: str) -> SourceWaits:
        """Block all requests for a while; return the error that says so."""
        now = self._clock()
        until = (now + timedelta(seconds=min(seconds, MOST_ASKED) + 1)).replace(microsecond=0)
        async with self._store.writing() as tx:
            await pace.cool_down(tx, self._key, until, reason)
        return SourceWaits(self.name, until)

    async def _json(self, method: str, path: str, **options: Any) -> Any:
        content = await self._send(method, self.base + path, MOST_BYTES, **options)
        if content is None:
            return None
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            raise SourceFailed(f"{self.name} answered something that is no JSON") from None

    async def _send(self, method: str, url: str, most: int, **options: Any) -> bytes | None:
        failures = await self._turn()
        headers = {"User-Agent": self._terms.agent, "Accept": "application/json, audio/*"}
        try:
            async with self._http.request(
                method, url, headers=headers, timeout=self._timeout, allow_redirects=False, **options
            ) as answer:
                return await self._read(answer, most, failures)
        except (aiohttp.ClientError, TimeoutError, ValueError) as problem:
            raise await self._down(failures, type(problem).__name__) from None

    async def _turn(self) -> int:
        """Count the request and wait for its turn; return how often in a row the service has failed."""
        async with self._store.writing() as tx:
            now = self._clock()
            held = await pace.held(tx, self._key)
            if held is not None and held[0] > now:
                raise SourceWaits(self.name, held[0])
            if await pace.spent(tx, self._key, now) >= self._terms.daily:
                raise SourceWaits(self.name, _tomorrow(now))
            await pace.spend(tx, self._key, now, 1)
            seconds = await pace.take_turn(tx, self._key + self._terms.line, now, self._terms.pace)
        if seconds:
            await self._sleep(seconds)
            await self._heed()
        return int(held[1].removeprefix(DOWN) or 0) if held is not None and held[1].startswith(DOWN) else 0

    async def _heed(self) -> None:
        """Raise SourceWaits if somebody ahead of us was told to wait."""
        async with self._store.reading() as tx:
            until = await pace.cooldown(tx, self._key)
        if until is not None and until > self._clock():
            raise SourceWaits(self.name, until)

    async def _read(self, answer: aiohttp.ClientResponse, most: int, failures: int) -> bytes | None:
        asked = answer.headers.get("Retry-After", "")
        if answer.status == TOO_MANY or (answer.status == UNAVAILABLE and asked.isdecimal()):
            raise await self.leave_alone(int(asked) if asked.isdecimal() else BUSY_WAIT, str(answer.status))
        if answer.status >= SERVER_ERROR:
            raise await self._down(failures, str(answer.status))
        await self._answered(failures)
        if answer.status == NOT_FOUND:
            return None
        if not answer.ok:
            raise SourceFailed(f"{self.name} answered {answer.status}")
        content = await answer.content.read(most + 1)
        while len(content) <= most and (more := await answer.content.read(most + 1 - len(content))):
            content += more
        if len(content) > most:
            raise SourceFailed(f"{self.name} answered more than {most:,} bytes")
        return content

    async def _down(self, failures: int, why: str) -> SourceWaits:
        if not failures:
            log.warning("%s does not answer (%s); trying again, less and less often", self.name, why)
        ceiling = min(LONGEST, FIRST_WAIT * 2 ** min(failures, 20))
        return await self.leave_alone(_random.uniform(ceiling / 2, ceiling), f"{DOWN}{failures + 1}")

    async def _answered(self, failures: int) -> None:
        if failures:
            log.warning("%s answers again, after %d %s", self.name, failures, "try" if failures == 1 else "tries")
            async with self._store.writing() as tx:
                await pace.release(tx, self._key)


def _tomorrow(now: datetime) -> datetime:
    return (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
