"""A process that does one thing: writes a shared playlist into its host's account. Made to be killed."""

import asyncio
from pathlib import Path

from bot.adapters.store import Store, members
from bot.flows import publish
from tests.crash.sorter import clock, spotify_at


def carry_out(database: Path, origin: str, key: str, host: int, shared: int) -> None:
    asyncio.run(_carry_out(database, origin, key, host, shared))


async def _carry_out(database: Path, origin: str, key: str, host: int, shared: int) -> None:
    store = Store(f"sqlite+aiosqlite:///{database}")
    spotify = spotify_at(origin, store, key)
    async with store.reading() as tx:
        account = await members.account(tx, host)
    assert account is not None
    await publish.write(store, spotify.music(account), host, shared, clock())
    await spotify.close()
    await store.close()
