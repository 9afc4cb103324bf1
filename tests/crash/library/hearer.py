"""A process that only looks up the features of a member's songs, over HTTP and a real store. Tests kill it."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp

from bot.adapters.sources.musicbrainz import MusicBrainz
from bot.adapters.sources.reccobeats import ReccoBeats
from bot.adapters.sources.site import Site, Terms
from bot.adapters.store import Store
from bot.core.library.pace import Pace
from bot.flows.library import feature_lookup

UNHURRIED = Terms(Pace(timedelta(milliseconds=1), burst=10_000), daily=100_000, agent="test")


def clock() -> datetime:
    return datetime.now(UTC)


def hear_all(database: Path, origin: str, member: int) -> None:
    asyncio.run(_hear_all(database, origin, member))


async def _hear_all(database: Path, origin: str, member: int) -> None:
    async with Store(f"sqlite+aiosqlite:///{database}") as store, aiohttp.ClientSession() as http:
        musicbrainz = Site("musicbrainz", f"{origin}/musicbrainz", UNHURRIED, store, http, clock)
        reccobeats = Site("reccobeats", f"{origin}/reccobeats", UNHURRIED, store, http, clock)
        while (
            await feature_lookup.look_up(store, [MusicBrainz(musicbrainz), ReccoBeats(reccobeats)], member, clock)
        ).more:
            pass
