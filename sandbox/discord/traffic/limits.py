"""Limits: what Discord enforces. Rate limits have a bucket per route and major parameter, with its headers."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.discord.snowflakes import Clock

Quota = tuple[int, float]  # requests per seconds
USUAL: Quota = (50, 1.0)
QUOTAS: dict[str, Quota] = {
    "POST /channels/{channel_id}/messages": (5, 5.0),
    "PATCH /channels/{channel_id}/messages/{message_id}": (5, 5.0),
    "DELETE /channels/{channel_id}/messages/{message_id}": (5, 1.0),
    "PUT /channels/{channel_id}/messages/{message_id}/reactions/{emoji}/@me": (1, 0.25),
    "POST /webhooks/{application_id}/{token}": (5, 2.0),
}


@dataclass(frozen=True, slots=True)
class Rules:
    """What Discord enforces; the defaults are Discord's own numbers.

    `identify_every` None lets a bot reconnect as often as it likes; `enforce_buckets` False announces rate limits but
    never applies them, so tests and the tour aren't slowed down.
    """

    answer_within: timedelta = timedelta(seconds=3)
    token_life: timedelta = timedelta(minutes=15)
    identify_every: timedelta | None = None
    identify_times: int = 1000  # left of a day's
    identify_resets: timedelta = timedelta(hours=4)
    heartbeat_every: timedelta = timedelta(seconds=41.25)
    enforce_buckets: bool = False
    upload_limit: int = 10 * 1024 * 1024  # bytes


@dataclass(slots=True)
class Bucket:
    """What's left of a quota until `resets`."""

    name: str
    limit: int
    remaining: int
    resets: datetime

    def headers(self, now: datetime) -> dict[str, str]:
        after = max((self.resets - now).total_seconds(), 0.0)
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(self.remaining, 0)),
            "X-RateLimit-Reset": f"{self.resets.timestamp():.3f}",
            "X-RateLimit-Reset-After": f"{after:.3f}",
            "X-RateLimit-Bucket": self.name,
        }


class Buckets:
    """Counts requests; the caller decides whether exceeding a limit has consequences."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: dict[tuple[str, str], Bucket] = {}

    def take(self, route: str, major: str) -> Bucket:
        """Count a request to "METHOD template"; `remaining` is negative if that was one too many."""
        bucket = self._current(route, major)
        bucket.remaining -= 1
        return bucket

    def untouched(self, route: str) -> Bucket:
        """Return the bucket to announce when limits aren't enforced."""
        return self._fresh(route)

    def _current(self, route: str, major: str) -> Bucket:
        bucket = self._buckets.get((route, major))
        if bucket is None or bucket.resets <= self._clock():
            bucket = self._buckets[route, major] = self._fresh(route)
        return bucket

    def _fresh(self, route: str) -> Bucket:
        limit, seconds = QUOTAS.get(route, USUAL)
        name = hashlib.md5(route.encode(), usedforsecurity=False).hexdigest()
        return Bucket(name, limit, limit, self._clock() + timedelta(seconds=seconds))
