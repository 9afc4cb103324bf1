"""Acknowledgements: how soon Discord gets the answer to an interaction, seen from outside of what answers it."""

import logging
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import aiohttp

from bot.telemetry import metrics
from bot.telemetry.metrics import Acknowledged

log = logging.getLogger(__name__)
ANSWER = re.compile(r"/interactions/(\d+)/[^/]+/callback")
MOST = 10_000  # interactions that may be without an answer yet
DAY = 86_400.0  # seconds
FIRST_ERROR = 400


class Acknowledgements:
    """Measures from an interaction's arrival to Discord's receipt of its first answer, and counts who was active.

    Members are kept under hashes that this process alone can make, and only in memory.
    """

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady, self._salt = steady, secrets.token_bytes(16)
        self._arrived: OrderedDict[str, float] = OrderedDict()  # by interaction
        self._seen: OrderedDict[int, float] = OrderedDict()  # by hashed member, the latest last

    def arrive(self, data: Any) -> None:
        """Note an interaction as the gateway sent it; one that makes no sense is left to what reads it."""
        try:
            interaction = str(data["id"])
            member = str((data.get("user") or data["member"]["user"])["id"])
        except (AttributeError, KeyError, TypeError):
            return
        self._arrived[interaction] = self._steady()
        if len(self._arrived) > MOST:
            self._arrived.popitem(last=False)
        self._note_active(hash((self._salt, member)))

    def _note_active(self, member: int) -> None:
        now = self._steady()
        self._seen[member] = now
        self._seen.move_to_end(member)
        while next(iter(self._seen.values())) < now - DAY:
            self._seen.popitem(last=False)

    def active(self) -> int:
        """Return how many members used a command or a button in the last day, or since the start."""
        since = self._steady() - DAY
        return sum(seen >= since for seen in self._seen.values())

    def trace(self) -> aiohttp.TraceConfig:
        """Return what discord.py's connection has to tell of each request."""
        config = aiohttp.TraceConfig()
        config.on_request_end.append(self._answered)
        config.on_request_exception.append(self._failed)
        return config

    async def _answered(self, _session: object, _context: object, request: aiohttp.TraceRequestEndParams) -> None:
        accepted = request.response.status < FIRST_ERROR
        self._note(request.url.path, Acknowledged.ACCEPTED if accepted else Acknowledged.REFUSED)

    async def _failed(self, _session: object, _context: object, request: aiohttp.TraceRequestExceptionParams) -> None:
        self._note(request.url.path, Acknowledged.FAILED)

    def _note(self, path: str, outcome: Acknowledged) -> None:
        answer = ANSWER.search(path)
        arrived = self._arrived.pop(answer[1], None) if answer else None
        if arrived is not None:
            seconds = self._steady() - arrived
            metrics.ACKNOWLEDGEMENTS.labels(outcome).observe(seconds)
            log.debug("answer %s after %d ms", outcome, 1000 * seconds)
