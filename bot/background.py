"""Background: tasks that run on their own, at most one at a time per name."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable
from contextvars import Context

from bot.telemetry import actions

log = logging.getLogger(__name__)
Do = Callable[[], Awaitable[object]]


class Background:
    """Starts tasks, logs their errors, and can wait for them or cancel them."""

    def __init__(self) -> None:
        self._running: dict[Hashable, asyncio.Task[None]] = {}
        self._again: dict[Hashable, Do] = {}

    def begin(self, name: Hashable, do: Do) -> None:
        """Start the task; if one of that name is running, run this once after it ends."""
        if name in self._running:
            self._again[name] = do
        else:
            # In a context of its own: started by a job, it would count as a step of that job. The action goes on.
            context = Context()
            context.run(actions.begin, actions.current_or_new())
            task = asyncio.create_task(self._run(name, do), context=context)
            self._running[name] = task
            task.add_done_callback(lambda _: self._ended(name), context=context)

    async def _run(self, name: Hashable, do: Do) -> None:
        try:
            await do()
        except Exception:
            log.exception("%s failed", name)

    def _ended(self, name: Hashable) -> None:
        del self._running[name]
        if following := self._again.pop(name, None):
            self.begin(name, following)

    async def settled(self) -> None:
        """Wait until no task is running."""
        while self._running:
            await asyncio.wait(list(self._running.values()))

    async def stop(self) -> None:
        self._again.clear()
        for task in self._running.values():
            task.cancel()
        await self.settled()
