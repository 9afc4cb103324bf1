"""A process that only applies a write, through the real adapter and store. Tests kill it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from bot.adapters.spotify import Spotify
from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.adapters.vault import Vault
from bot.core.library.pace import Pace
from bot.errors.spotify import Unsettled
from bot.flows.sorting.writing import sort


def clock() -> datetime:
    return datetime.now(UTC)


def spotify_at(origin: str, store: Store, key: str) -> Spotify:
    return Spotify(
        store,
        Vault([key]),
        api_url=f"{origin}/spotify/v1/",
        accounts_url=f"{origin}/spotify/accounts",
        secrets={},
        clock=clock,
        pace=Pace(timedelta(milliseconds=1), burst=10_000),
    )


async def to_the_end(write: Callable[[datetime], Awaitable[object]]) -> None:
    """Repeat the write until it settles; instead of sleeping, move the clock to when it asks to be retried."""
    now = clock()
    while True:
        try:
            await write(now)
        except Unsettled as wait:
            now = wait.until
        else:
            return


def carry_out(database: Path, origin: str, key: str, member: int, write: int) -> None:
    asyncio.run(_carry_out(database, origin, key, member, write))


async def _carry_out(database: Path, origin: str, key: str, member: int, write: int) -> None:
    async with Store(f"sqlite+aiosqlite:///{database}") as store:
        spotify = spotify_at(origin, store, key)
        async with store.reading() as tx:
            account = await members.account(tx, member)
        assert account is not None
        await to_the_end(partial(sort.apply, store, spotify.music(account), write))
        await spotify.close()
