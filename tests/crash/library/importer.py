"""Imports a folder in its own process; after COUNT files, that kills itself.

python -m tests.crash.library.importer DATABASE FOLDER [COUNT]
"""

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from bot.adapters.hearing import Hearing
from bot.adapters.store import Store
from bot.flows.library.operator.music_folder import import_folder


async def carry_out(database: Path, folder: Path, count: int = 0) -> None:
    """Print a line for each finished file: its outcome and its path."""
    store, hearings = Store(f"sqlite+aiosqlite:///{database}"), [Hearing(), Hearing()]
    await store.migrate()
    async for done in import_folder(store, hearings, folder, lambda: datetime.now(UTC)):
        print(done.how, done.path, flush=True)
        count -= 1
        if count == 0:
            os.kill(os.getpid(), signal.SIGKILL)
    for hearing in hearings:
        await hearing.close()
    await store.close()


if __name__ == "__main__":
    asyncio.run(carry_out(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:])))
