"""Growth: what many members cost: a restart with all of them, and erasing one of them. `python -m benchmarks.growth`.

Erasing is compared with the same in a database where that member is the only one.
"""

import asyncio
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from benchmarks.measure import Row, show
from benchmarks.waiting import BEN, Timed, others
from bot.adapters.store import Store, personal_data, schema
from bot.adapters.store.account import members
from bot.adapters.store.sorting import playlists
from bot.flows.account import erase
from sandbox.stack import Stack

NOW = datetime.now(UTC)
MEMBERS = (0, 10_000)
CROWD, SONGS = (1, 25), 20_000  # members in the database of the one who's erased, and liked songs of each
SLICE = 5_000  # rows
MB = 2**20


def main() -> None:
    show([asyncio.run(restarted(count)) for count in MEMBERS])
    print()
    show([asyncio.run(erased(count)) for count in CROWD])


async def restarted(count: int) -> Row:
    """Start the bot with that many linked members, none of whom is due for a poll."""
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(Path(folder))
        async with stack:
            await stack.start_bot()
            await stack.stop_bot()
            await crowd(Store(stack.database_url), range(1, count + 1), songs=20)
            begun = time.perf_counter()
            await stack.start_bot()
            return {"members": count, "ready, s": time.perf_counter() - begun, "memory, MB": resident(stack) / MB}


def resident(stack: Stack) -> int:
    """Return the bot's resident memory in bytes (Linux)."""
    assert stack.bot is not None  # noqa: S101
    status = Path(f"/proc/{stack.bot.pid}/status").read_text()
    return 1024 * int(re.findall(r"^VmRSS:\s+(\d+)", status, re.MULTILINE)[0])


async def erased(count: int) -> Row:
    """Erase a member among that many; others label songs meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        store = Timed(f"sqlite+aiosqlite:///{folder}/growth.db")
        await store.migrate()
        await crowd(store, range(10, 10 + count), songs=SONGS)
        async with store.writing() as tx:
            await members.ensure(tx, BEN, NOW)
            layer = (await playlists.ensure_layer(tx, BEN, "main")).layer
        store.held = 0.0
        async with others(store, layer) as noticed:
            with timed() as took:
                await erase.delete_rows(store, 10, personal_data.LARGE)
                async with store.writing() as tx:
                    await personal_data.erase(tx, 10)
                await erase.forget_unused(store)
        size = await asyncio.to_thread(lambda: Path(folder, "growth.db").stat().st_size)
        await store.close()
        return {
            "members": count,
            "songs of each": SONGS,
            "database, MB": size / MB,
            "deleted in, s": took[0],
            "longest transaction, ms": 1000 * store.held,
            "slowest click, ms": 1000 * noticed.waited,
        }


async def crowd(store: Store, numbers: range, songs: int) -> None:
    """Store linked members, each with likes of their own."""
    later = NOW + timedelta(hours=1)
    people = [{"member": at, "created_at": NOW, "next_poll_at": later, "joined": True} for at in numbers]
    same = {"client_id": "app", "tokens": b"sealed", "consented_at": NOW, "synced_at": NOW}
    accounts = [same | {"member": at, "user_key": f"user{at}", "name": f"Member {at}"} for at in numbers]
    async with store.writing() as tx:
        if people:
            await tx.execute(sa.insert(schema.member), people)
            await tx.execute(sa.insert(schema.account), accounts)
    rows = [(at, f"spotify:track:{at:011d}{song:011d}") for at in numbers for song in range(songs)]
    for start in range(0, len(rows), SLICE):
        part = rows[start : start + SLICE]
        async with store.writing() as tx:
            await tx.execute(
                sa.insert(schema.song),
                [{"song": uri, "title": uri[-9:], "artists": ["Someone"], "cached_at": NOW} for _, uri in part],
            )
            await tx.execute(
                sa.insert(schema.liked), [{"member": at, "song": uri, "added_at": NOW} for at, uri in part]
            )


@contextmanager
def timed() -> Iterator[list[float]]:
    """Yield a list that receives the seconds that the block takes."""
    took: list[float] = []
    begun = time.perf_counter()
    yield took
    took.append(time.perf_counter() - begun)


if __name__ == "__main__":
    main()
