"""A process that only writes a shared playlist to its host's account. Tests kill it."""

import asyncio
from functools import partial
from pathlib import Path

from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.flows.social.shared import publish
from tests.crash.sorting.sorter import spotify_at, to_the_end


def carry_out(database: Path, origin: str, key: str, host: int, shared: int) -> None:
    asyncio.run(_carry_out(database, origin, key, host, shared))


async def _carry_out(database: Path, origin: str, key: str, host: int, shared: int) -> None:
    async with Store(f"sqlite+aiosqlite:///{database}") as store:
        spotify = spotify_at(origin, store, key)
        async with store.reading() as tx:
            account = await members.account(tx, host)
        assert account is not None
        await to_the_end(partial(publish.write, store, spotify.music(account), host, shared))
        await spotify.close()
