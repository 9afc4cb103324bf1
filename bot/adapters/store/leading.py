"""Leading: one process of each kind does what must happen only once (leader election)."""

import logging
from contextlib import ExitStack

from bot.adapters.store.lease import Lease
from bot.errors import AlreadyRuns, StoreError

log = logging.getLogger(__name__)


class Leading:
    """Tries to become the leader of the processes of a kind, such as "worker", and to stay it."""

    def __init__(self, url: str, kind: str) -> None:
        self._kind, self._held, self._lease = kind, ExitStack(), Lease(url, f"leader of the {kind}s")
        self.leads_now = False

    def leads(self) -> tuple[bool, bool]:
        """Whether this process leads, and whether it has just begun to. Blocks."""
        before = self.leads_now
        try:
            if before:
                self._lease.renew()
            else:
                self._held.enter_context(self._lease)
            self.leads_now = True
        except (AlreadyRuns, StoreError):
            self.leads_now = False
        if self.leads_now != before:
            log.info("this process %s the %ss", "leads" if self.leads_now else "no longer leads", self._kind)
        return self.leads_now, self.leads_now and not before

    def stop(self) -> None:
        """Let another lead."""
        self.leads_now = False
        self._held.close()
