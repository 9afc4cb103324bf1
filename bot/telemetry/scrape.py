"""Scrape: what Prometheus reads. Counts that the database or the queue knows are taken at that moment."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime

from prometheus_client import generate_latest

from bot.adapters.jobs import Jobs, Waiting
from bot.adapters.store import Store, pace
from bot.adapters.store.account import members
from bot.core.jobs import JobKind
from bot.errors import StoreError
from bot.telemetry import metrics
from bot.telemetry.health import PATIENCE, SILENT

log = logging.getLogger(__name__)
SOURCE = "source:"  # what the key of a source of features begins with; any other is a Spotify app's


async def scrape(store: Store, jobs: Jobs, now: datetime) -> bytes:
    """Return all metrics as text; without those that the database or the queue knows, while it can't be asked."""
    try:
        async with asyncio.timeout(PATIENCE):
            await _ask_database(store, jobs, now)
    except (StoreError, TimeoutError) as error:
        log.warning("the database's metrics can't be read: %s", str(error) or SILENT)
        metrics.forget_database()
    return generate_latest(metrics.REGISTRY)


async def _ask_database(store: Store, jobs: Jobs, now: datetime) -> None:
    async with store.reading() as tx:
        linked, cooldowns = await members.count_linked(tx), await pace.cooldowns(tx, now)
    waiting = await jobs.waiting(now)
    metrics.DATABASE.set(1)
    metrics.LINKED.set(linked)
    _note_cooldowns(cooldowns, now)
    _note_queue(waiting)


def _note_cooldowns(cooldowns: dict[str, datetime], now: datetime) -> None:
    metrics.COOLDOWN.clear()
    left = {"spotify": 0.0}
    for client_id, until in cooldowns.items():
        service = client_id.removeprefix(SOURCE) if client_id.startswith(SOURCE) else "spotify"
        left[service] = max(left.get(service, 0.0), (until - now).total_seconds())
    for service, seconds in left.items():
        metrics.COOLDOWN.labels(service).set(seconds)


def _note_queue(waiting: Mapping[JobKind, Waiting]) -> None:
    for kind in JobKind:
        of_kind = waiting.get(kind)
        metrics.JOBS_WAITING.labels(kind).set(of_kind.jobs if of_kind else 0)
        metrics.OLDEST_JOB.labels(kind).set(of_kind.oldest if of_kind else 0.0)
