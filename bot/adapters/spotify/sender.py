"""Sender: what every request to Spotify goes through.

In order: a cooldown fails it at once; an outage delays it; it's counted, and waits for the app's turn; it's sent once,
in a thread. Cooldowns, counts and turns are stored: a restart forgets none of them (promise P6), and an app's requests
keep to one pace, whichever processes send them. Only an outage is each process's own. A request that may have been
carried out is never repeated: its caller reads the current state, and converges (promise P2).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import datetime, timedelta
from typing import Any, TypeVar

import requests

from bot.adapters.spotify.outage import Outage
from bot.adapters.spotify.wire import Refusal
from bot.adapters.store import Store, Tx, pace
from bot.core.library.pace import Pace
from bot.errors.spotify import AppRefused, ConsentEnded, CoolingDown, NotOnAllowList, SpotifyDown, SpotifyError
from bot.ports import Clock
from bot.telemetry.metrics import SPOTIFY_CALLS, Call

log = logging.getLogger(__name__)
T = TypeVar("T")
BAD_REQUEST, FORBIDDEN, TOO_MANY, SERVER_ERROR = 400, 403, 429, 500
QUOTA = "QUOTA_EXCEEDED"  # reason of a 429 about the developer's daily quota
INVALID_CLIENT = "invalid_client"  # the accounts service's: an app that was deleted, or a wrong secret

AT_ONCE = 16  # requests; each member has at most one
PATIENCE = 5.0  # seconds waited right here; for anything longer the caller comes back
WINDOW = 30  # seconds of Spotify's rolling window; the wait after a 429 without Retry-After
QUOTA_LOCKOUT = 6 * 3600  # seconds; the shortest lockout observed, if QUOTA_EXCEEDED doesn't say
LONGEST = 30 * 86_400  # seconds; a longer Retry-After is a mistake, and ignored
PASSING = {408, 421, 425, 499}  # statuses of a proxy that didn't reach the Web API


class Sender:
    """Sends requests for client ids, each in its turn."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        pace: Pace,
        outage: Outage,
        sleep: Callable[[float], Awaitable[None]],
        steady: Callable[[], float],
    ) -> None:
        """Take the time of day, for cooldowns, and a steady clock, in seconds, for whatever is waited out here."""
        self._store = store
        self._clock, self._sleep, self._steady = clock, sleep, steady
        self._pace, self._outage = pace, outage
        self._stopping = False
        self._refused: set[str] = set()  # apps that are refused, as the log says already
        self._threads = ThreadPoolExecutor(AT_ONCE, "spotify")  # slow answers hold up nothing else that uses threads

    async def send(self, client_id: str, send: Callable[[], T], *, patient: bool = True) -> T:
        """Send a request in the app's turn; repeat it after a short Retry-After, because a 429 isn't carried out.

        Raises CoolingDown, NotOnAllowList, ConsentEnded, SpotifyDown (AppRefused), a StoreError; Refusal for any other
        answer.
        """
        await self._turn(client_id)
        try:
            answer = await self._once(send)
        except Refusal as refusal:
            if not (patient and _brief(refusal)):
                raise await self._meaning(client_id, refusal) from None
            await self._hold(client_id, refusal.retry_after or 0)
        else:
            self._refused.discard(client_id)
            return answer
        return await self.send(client_id, send, patient=False)

    async def _turn(self, client_id: str) -> None:
        """Count the request and wait for the app's turn. Raises CoolingDown, or SpotifyDown between two tries.

        If Spotify asks the app to wait meanwhile, the turn is lost, and another is waited for.
        """
        if self._stopping:
            raise SpotifyDown("the bot is stopping")
        while seconds := self._outage.wait(self._steady()):
            await self._left(client_id)
            if seconds > PATIENCE:
                raise SpotifyDown
            await self._sleep(seconds)
        calls = 1
        while seconds := await self._take_turn(client_id, calls):
            await self._sleep(seconds)
            if not await self._left(client_id):
                return
            calls = 0

    async def _take_turn(self, client_id: str, calls: int) -> float:
        """Reserve the app's next turn, for that many calls; return the seconds until then."""
        async with self._store.writing() as tx:
            now = self._clock()
            left = await _left(tx, client_id, now)
            if left == 0:
                await pace.release(tx, client_id)  # it's over; if the clock were set back, it'd start again
            await pace.spend(tx, client_id, now, calls)
            return max(left or 0, await pace.take_turn(tx, client_id, now, self._pace))

    async def _left(self, client_id: str) -> float | None:
        async with self._store.reading() as tx:
            return await _left(tx, client_id, self._clock())

    async def _hold(self, client_id: str, seconds: float) -> None:
        """Give nobody the app's turn for so many seconds; those who have one wait, too."""
        async with self._store.writing() as tx:
            now = self._clock()
            until = now + timedelta(seconds=seconds)
            await pace.hold_turns(tx, client_id, now, until, self._pace)
            if until > (await pace.cooldown(tx, client_id) or now):
                await pace.cool_down(tx, client_id, until, str(TOO_MANY))

    async def _once(self, send: Callable[[], T]) -> T:
        """Send a request exactly once. Raises SpotifyDown if it's unknown whether it was carried out."""
        try:
            answer = await to_the_end(self._in_thread(send))
        except Refusal as refusal:
            SPOTIFY_CALLS.labels(_outcome(refusal)).inc()
            if BAD_REQUEST <= refusal.status < SERVER_ERROR and refusal.status not in PASSING:
                self._outage.answered()
                raise
            self._outage.failed(self._steady())
            raise SpotifyDown(str(refusal)) from None
        except requests.RequestException as error:
            SPOTIFY_CALLS.labels(Call.FAILED).inc()
            self._outage.failed(self._steady())
            raise SpotifyDown(f"Spotify cannot be reached: {type(error).__name__}") from None
        except (RecursionError, ValueError) as error:
            SPOTIFY_CALLS.labels(Call.FAILED).inc()
            raise SpotifyDown(f"Spotify's answer is no JSON: {type(error).__name__}") from None
        SPOTIFY_CALLS.labels(Call.ANSWERED).inc()
        self._outage.answered()
        return answer

    async def _in_thread(self, send: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, copy_context().run, send)

    def stop(self) -> None:
        """Begin no further request: one under way can't be ended, and may take ten seconds (promise P27)."""
        self._stopping = True

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _meaning(self, client_id: str, refusal: Refusal) -> SpotifyError:
        if refusal.status == TOO_MANY:
            return CoolingDown(await self._cool_down(client_id, refusal))
        if refusal.status == FORBIDDEN and "registered" in refusal.message:  # its wording has changed twice
            return NotOnAllowList()
        if refusal.status == FORBIDDEN and "premium subscription required" in refusal.message.lower():
            return self._app_refused(client_id, "its owner has no Premium")
        if refusal.reason == INVALID_CLIENT:
            return self._app_refused(client_id, INVALID_CLIENT)
        if refusal.status == FORBIDDEN and "scope" in refusal.message:
            return ConsentEnded("The consent does not cover what was asked.")
        return refusal

    def _app_refused(self, client_id: str, why: str) -> AppRefused:
        error = AppRefused(f"Spotify refuses the app {client_id}: {why}")
        if client_id not in self._refused:
            log.warning("%s", error)
        self._refused.add(client_id)
        return error

    async def _cool_down(self, client_id: str, refusal: Refusal) -> datetime:
        """Block all use of this app's quota until Spotify's time is up; return when that is."""
        unsaid = QUOTA_LOCKOUT if refusal.reason == QUOTA else WINDOW
        said = refusal.retry_after
        seconds = QUOTA_LOCKOUT if said is not None and said > LONGEST else unsaid if said is None else said
        until = self._clock() + timedelta(seconds=seconds)
        async with self._store.writing() as tx:
            until = max(until, await pace.cooldown(tx, client_id) or until)
            await pace.cool_down(tx, client_id, until, refusal.reason or str(refusal.status))
        return until


async def _left(tx: Tx, client_id: str, now: datetime) -> float | None:
    """Return the seconds left of a stored cooldown; None without one. Raises CoolingDown beyond PATIENCE."""
    until = await pace.cooldown(tx, client_id)
    if until is None:
        return None
    left = (until - now).total_seconds()
    if left > PATIENCE:
        raise CoolingDown(until)
    return max(0.0, left)


def _outcome(refusal: Refusal) -> Call:
    if refusal.status == TOO_MANY:
        return Call.LIMITED
    return Call.FAILED if refusal.status >= SERVER_ERROR else Call.REFUSED


def _brief(refusal: Refusal) -> bool:
    """Whether to wait right here: never for the quota, which another try would only strain."""
    wait = refusal.retry_after
    return refusal.status == TOO_MANY and refusal.reason != QUOTA and wait is not None and wait <= PATIENCE


async def to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """Await `work`, letting it finish first if we're cancelled.

    A thread can't be stopped, and its session mustn't be shared with the next one; nor may new tokens get lost between
    Spotify and the store.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
