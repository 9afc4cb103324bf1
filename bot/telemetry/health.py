"""Health: whether the bot can do its work, for whoever restarts it or wakes the operator. Nothing in it is personal."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.adapters.jobs import Jobs, Waiting
from bot.adapters.store import Store
from bot.core.jobs import IN_BACKGROUND, JobKind
from bot.errors import StoreError

log = logging.getLogger(__name__)
PATIENCE = 2.0  # seconds for the database to answer; probes give up after a few
SILENT = f"The database doesn't answer within {PATIENCE:g} seconds."
OFFLINE = "It isn't connected to Discord."


@dataclass(frozen=True, slots=True)
class Health:
    """gateway: connected; trouble: what's wrong with the database, if anything.

    oldest_job: seconds that the oldest job has waited, None if unknown.
    """

    gateway: bool
    trouble: str
    oldest_job: float | None

    @property
    def ready(self) -> bool:
        return self.gateway and not self.trouble

    def facts(self) -> Mapping[str, bool | float | str | None]:
        """Return what `/health` says."""
        oldest = None if self.oldest_job is None else round(self.oldest_job, 1)
        parts = {"gateway": self.gateway, "database": not self.trouble, "oldest_job_seconds": oldest}
        reason = " ".join(filter(None, (self.trouble, "" if self.gateway else OFFLINE)))
        return {"ok": self.ready, "live": True, "ready": self.ready, **parts, "reason": reason or None}


async def examine(store: Store, jobs: Jobs, gateway: bool, now: datetime) -> Health:
    """Return the bot's health. gateway: whether it's connected."""
    try:
        async with asyncio.timeout(PATIENCE):
            await store.check()
            await jobs.check()
            return Health(gateway, "", oldest(await jobs.waiting(now)))
    except (StoreError, TimeoutError) as error:
        trouble = str(error) or SILENT
        log.warning("not healthy: %s", trouble)
        return Health(gateway, trouble, None)


def oldest(waiting: Mapping[JobKind, Waiting]) -> float:
    """Return how long the oldest job has waited (s), apart from those in the background, which may wait for hours."""
    return max((jobs.oldest for kind, jobs in waiting.items() if kind not in IN_BACKGROUND), default=0.0)
