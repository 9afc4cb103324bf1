"""Once: each interaction is handled once, however often Discord delivers it, and across a restart.

Interactions that arrive together are stored in one transaction, so a thousand presses at once cost only a few. A slow
or full database keeps nobody waiting: then only memory knows the interaction.
"""

import asyncio
import logging
from collections import OrderedDict
from contextlib import suppress
from datetime import datetime, timedelta

from bot.adapters.store import Store
from bot.adapters.store.account import interactions
from bot.ports import Clock

log = logging.getLogger(__name__)
PATIENCE = 0.5  # seconds an interaction waits to be stored
LONGEST = 10.0  # seconds a repeated delivery waits for the first; Discord gives up after three
REMEMBERED = 10_000  # interactions in memory
KEPT = timedelta(hours=1)  # in the database; Discord lets an interaction be answered for 15 minutes


class Once:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._begun: OrderedDict[int, asyncio.Event] = OrderedDict()
        self._waiting: dict[int, asyncio.Future[bool]] = {}
        self._noting: asyncio.Task[None] | None = None

    async def take(self, interaction: int) -> bool:
        """Whether this interaction is new. The caller that takes it must call `over` when it's done."""
        if interaction in self._begun:
            return False
        self._begun[interaction] = asyncio.Event()
        if len(self._begun) > REMEMBERED:
            self._begun.popitem(last=False)
        noted = self._waiting[interaction] = asyncio.get_running_loop().create_future()
        if self._noting is None or self._noting.done():
            self._noting = asyncio.create_task(self._note())
        await asyncio.wait({noted}, timeout=PATIENCE)
        first = noted.result() if noted.done() else True
        if not first:  # an earlier process handled it
            self.over(interaction)
        return first

    async def _note(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, {}
            try:
                async with self._store.writing_first() as tx:
                    new = await interactions.take(tx, batch, self._clock())
            except Exception as error:
                log.warning("interactions that could not be noted: %d (%s)", len(batch), error)
                new = set(batch)
            for number, noted in batch.items():
                noted.set_result(number in new)

    def over(self, interaction: int) -> None:
        if interaction in self._begun:
            self._begun[interaction].set()

    async def wait(self, interaction: int) -> None:
        """Wait until an interaction taken by this process is over, or can no longer be answered."""
        if begun := self._begun.get(interaction):
            with suppress(TimeoutError):
                await asyncio.wait_for(begun.wait(), LONGEST)


async def sweep(store: Store, now: datetime) -> None:
    """Forget interactions that can no longer be answered."""
    async with store.writing() as tx:
        await interactions.forget(tx, now - KEPT)
