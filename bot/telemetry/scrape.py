"""Scrape: what Prometheus reads. Counts that the database or the queue knows are taken at that moment."""

from datetime import datetime

from prometheus_client import generate_latest

from bot.adapters.jobs import Jobs
from bot.adapters.store import Store, pace
from bot.adapters.store.account import members
from bot.core.jobs import JobKind
from bot.telemetry import metrics

SOURCE = "source:"  # what the key of a source of features begins with; any other is a Spotify app's


async def scrape(store: Store, jobs: Jobs, now: datetime) -> bytes:
    """Return all metrics as text. Raises a StoreError."""
    async with store.reading() as tx:
        metrics.LINKED.set(await members.count_linked(tx))
        cooldowns = await pace.cooldowns(tx, now)
    _note_cooldowns(cooldowns, now)
    await _note_queue(jobs, now)
    return generate_latest(metrics.REGISTRY)


def _note_cooldowns(cooldowns: dict[str, datetime], now: datetime) -> None:
    metrics.COOLDOWN.clear()
    left = {"spotify": 0.0}
    for client_id, until in cooldowns.items():
        service = client_id.removeprefix(SOURCE) if client_id.startswith(SOURCE) else "spotify"
        left[service] = max(left.get(service, 0.0), (until - now).total_seconds())
    for service, seconds in left.items():
        metrics.COOLDOWN.labels(service).set(seconds)


async def _note_queue(jobs: Jobs, now: datetime) -> None:
    waiting = await jobs.waiting(now)
    for kind in JobKind:
        of_kind = waiting.get(kind)
        metrics.JOBS_WAITING.labels(kind).set(of_kind.jobs if of_kind else 0)
        metrics.OLDEST_JOB.labels(kind).set(of_kind.oldest if of_kind else 0.0)
