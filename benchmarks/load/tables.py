"""Tables: what was measured, for people."""

import statistics
from collections.abc import Sequence

from benchmarks.load.deployment import Deployment
from benchmarks.load.run import Measured
from benchmarks.measure import Row
from bot.core.jobs import JobKind

KB, MB = 1024, 2**20


def speed(deployment: Deployment, what: Measured) -> Row:
    """Return how soon things were done."""
    books, used = what.books, what.used
    return {
        **_named(deployment),
        "actions": books.actions,
        "a second": books.actions / books.seconds,
        "acknowledged, p50 ms": 1000 * statistics.median(books.acknowledged),
        "p99 ms": 1000 * p99(books.acknowledged),
        "late": books.late,
        "answered, p99 s": p99(books.answered),
        "jobs": sum(what.jobs.ended.values()),
        "oldest job, s": max(what.jobs.waited),
        "first reading, s": what.begun.read,
        "all done, s": what.seconds,
        "waiting for a core, %": 100 * used.waited / (used.waited + used.processor),
    }


def cost(deployment: Deployment, what: Measured) -> Row:
    """Return what it took of the machine and of the database; an action's share without what idling takes."""
    idle, actions = what.begun.idle, what.books.actions
    each = what.used.since(idle.times(what.seconds)).times(1 / actions)
    return {
        **_named(deployment),
        "memory, MB": what.memory / MB,
        "idle: bot, % of a core": 100 * idle.processor,
        "server": 100 * idle.server,
        "transactions a second": idle.transactions,
        "an action: bot, ms": 1000 * each.processor,
        "server, ms": 1000 * each.server,
        "writes": each.writes,
        "log, KB": what.log / KB / actions,
        "rows scanned": each.scanned,
        "a member's likes, KB": what.begun.grown / KB / what.load.members,
    }


def work(deployment: Deployment, what: Measured) -> Row:
    """Return what was done, which differs a little from run to run."""
    ended = what.jobs.ended
    return {
        **_named(deployment),
        "labels": len(what.books.labels),
        "likes": len(what.books.likes),
        "polls": ended.get(JobKind.POLL, 0),
        "trainings": ended.get(JobKind.TRAIN, 0),
        "songs placed": what.placed,
        "requests to Spotify": what.calls,
    }


def p99(values: Sequence[float]) -> float:
    """Return the value that 99 % of them don't exceed."""
    return sorted(values)[max(0, round(0.99 * len(values)) - 1)]


def _named(deployment: Deployment) -> Row:
    return {"database": deployment.engine, "processes": len(deployment.commands)}


ALL = (speed, cost, work)
