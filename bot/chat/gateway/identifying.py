"""Identifying: the shards of all processes identify one after another, because Discord takes one every five seconds.

Discord also takes only so many a day, and resets the token of a bot that exceeds that.
"""

import asyncio
import logging

import discord

from bot.adapters.store import Store
from bot.chat.failures import FAILURES
from bot.core.untrusted import count, thing
from bot.errors import StoreError

log = logging.getLogger(__name__)
EVERY = 5.5  # seconds
RETRY = 1.0  # seconds


async def until_allowed(client: discord.Client, times: int) -> None:
    """Wait until Discord lets the bot identify so many times; if it doesn't say, don't."""
    while pause := await _pause(client, times):
        log.warning("Discord doesn't let the bot identify that often today; it asks again in %d s", pause)
        await asyncio.sleep(pause)


async def _pause(client: discord.Client, times: int) -> float:
    """Return for how many seconds Discord won't let the bot identify so many times."""
    try:
        said = thing(await client.http.request(discord.http.Route("GET", "/gateway/bot")))
    except FAILURES as problem:
        log.warning("Discord doesn't say how often the bot may identify: %s", problem)
        return 0
    limit = thing(said.get("session_start_limit"))
    remaining, resets = count(limit.get("remaining")), count(limit.get("reset_after"))
    return (resets or 0) / 1000 if remaining is not None and remaining < times else 0


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
