"""Metrics: what is counted and measured while the bot runs, in Prometheus's terms.

Labels are words of ours, never an id, a name or a title (promise P34). Counting takes microseconds, so it's never
switched off; METRICS decides only whether anybody may read it.
"""

import asyncio
import time
from enum import StrEnum
from itertools import product
from math import nan

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)

from bot.core.jobs import JobKind

REGISTRY = CollectorRegistry()
EVERY = 0.25  # seconds between looks at the event loop
ACKNOWLEDGED_IN = (0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 3, 5)  # seconds; Discord gives up after three
LATE_BY = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3)  # seconds
TOOK = (0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 600, 3600)  # seconds


class Acknowledged(StrEnum):
    """What became of an answer to an interaction."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # by Discord, for most it's too late
    FAILED = "failed"  # it didn't reach Discord


class Call(StrEnum):
    """What became of a request to Spotify."""

    ANSWERED = "answered"
    REFUSED = "refused"  # 4xx
    LIMITED = "limited"  # 429
    FAILED = "failed"  # 5xx, no answer, or nonsense


class Outcome(StrEnum):
    """How a job ended."""

    DONE = "done"
    POSTPONED = "postponed"
    FAILED = "failed"


class Cache(StrEnum):
    """Whether a model was open already."""

    HIT = "hit"
    MISS = "miss"


disable_created_metrics()  # type: ignore[no-untyped-call]
ProcessCollector(registry=REGISTRY)

ACKNOWLEDGEMENTS = Histogram(
    "cratekeeper_acknowledgement_seconds",
    "From an interaction's arrival to Discord's receipt of its answer",
    ["outcome"],
    buckets=ACKNOWLEDGED_IN,
    registry=REGISTRY,
)
LOOP_LAG = Histogram(
    "cratekeeper_event_loop_lag_seconds",
    "How late the event loop wakes a task that waits for a quarter of a second",
    buckets=LATE_BY,
    registry=REGISTRY,
)
SPOTIFY_CALLS = Counter(
    "cratekeeper_spotify_calls_total", "Requests to Spotify by what became of them", ["outcome"], registry=REGISTRY
)
COOLDOWN = Gauge(
    "cratekeeper_cooldown_seconds",
    "How long a service is still left alone",
    ["service"],
    registry=REGISTRY,
)
JOBS_WAITING = Gauge("cratekeeper_jobs_waiting", "Jobs that are due and not begun", ["kind"], registry=REGISTRY)
OLDEST_JOB = Gauge(
    "cratekeeper_oldest_job_seconds", "How long the oldest job has been due and not begun", ["kind"], registry=REGISTRY
)
JOBS = Histogram("cratekeeper_job_seconds", "How long jobs took", ["kind", "outcome"], buckets=TOOK, registry=REGISTRY)
TRAINING = Histogram(
    "cratekeeper_training_seconds", "How long trainings took in their process", buckets=TOOK, registry=REGISTRY
)
MODEL_LOADS = Counter(
    "cratekeeper_model_loads_total", "Models asked for, by whether they were open", ["cache"], registry=REGISTRY
)
MODEL_BYTES = Gauge("cratekeeper_model_cache_bytes", "Memory of open models, estimated", registry=REGISTRY)
LINKED = Gauge("cratekeeper_members_linked", "Members whose Spotify account is linked", registry=REGISTRY)
ACTIVE = Gauge(
    "cratekeeper_members_active", "Members who used a command or a button in the last day", registry=REGISTRY
)
GATEWAY = Gauge("cratekeeper_gateway_connected", "Whether Discord's gateway is connected", registry=REGISTRY)


DATABASE = Gauge("cratekeeper_database_up", "Whether the database can be read", registry=REGISTRY)


def forget_database() -> None:
    """Drop what the database said last: nobody may take it for what's true now."""
    DATABASE.set(0)
    LINKED.set(nan)
    for gauge in (COOLDOWN, JOBS_WAITING, OLDEST_JOB):
        gauge.clear()


def _begin_at_zero() -> None:
    """Have every series there from the start: of one that begins with its first count, that count is lost."""
    for metric, outcomes in ((ACKNOWLEDGEMENTS, Acknowledged), (SPOTIFY_CALLS, Call), (MODEL_LOADS, Cache)):
        for outcome in outcomes:
            metric.labels(outcome)
    for kind, ended in product(JobKind, Outcome):
        JOBS.labels(kind, ended)


_begin_at_zero()


async def watch_the_loop() -> None:
    """Measure the event loop's lag until cancelled."""
    while True:
        began = time.monotonic()
        await asyncio.sleep(EVERY)
        LOOP_LAG.observe(max(0.0, time.monotonic() - began - EVERY))
