"""Identifying: the shards of all processes identify one after another, because Discord takes one every five seconds."""

import asyncio
import logging

from bot.adapters.store import Store
from bot.errors import StoreError

log = logging.getLogger(__name__)
EVERY = 5.5  # seconds
RETRY = 1.0  # seconds


class Turns:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._held: set[asyncio.Task[None]] = set()

    async def take(self) -> None:
        """Return when it's this shard's turn; it lasts until Discord takes the next one."""
        turn = asyncio.Event()
        holding = asyncio.create_task(self._hold(turn))
        self._held.add(holding)
        holding.add_done_callback(self._held.discard)
        await turn.wait()

    async def _hold(self, turn: asyncio.Event) -> None:
        while not turn.is_set():
            try:
                async with self._store.lock("identify"):
                    turn.set()
                    await asyncio.sleep(EVERY)
            except StoreError as problem:
                log.warning("whose turn it is to identify can't be seen: %s", problem)
                await asyncio.sleep(RETRY)
