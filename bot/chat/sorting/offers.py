"""Offers: the playlists a member could choose to keep. Cached for a minute, so typing doesn't ask Spotify each time."""

import asyncio
import time

from bot.errors import CratekeeperError
from bot.flows.sorting import playlists
from bot.ports import ListedPlaylist
from bot.services import Services

FRESH = 60.0  # seconds, whatever becomes of the clock


class Offers:
    """The playlists that members could choose to keep, as Spotify listed them a moment ago."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._known: dict[int, tuple[float, asyncio.Task[list[ListedPlaylist]]]] = {}

    async def of(self, member: int) -> list[ListedPlaylist]:
        now = time.monotonic()
        self._known = {key: value for key, value in self._known.items() if value[0] + FRESH > now}
        if member not in self._known:
            self._known[member] = now, asyncio.create_task(self._ask(member))
        try:
            return await asyncio.shield(self._known[member][1])
        except CratekeeperError:  # they may link, or Spotify may answer, a moment later
            self.forget(member)
            raise

    def forget(self, member: int) -> None:
        self._known.pop(member, None)

    async def _ask(self, member: int) -> list[ListedPlaylist]:
        music = await self._services.music(member)
        return await playlists.offered(self._services.store, music, member)
