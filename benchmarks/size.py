"""Size: the bytes that a row of each kind adds to the database, indexes included. `python -m benchmarks.size [URL]`.

URL: an empty PostgreSQL database to fill instead of a file of SQLite's.
"""

import asyncio
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from benchmarks.measure import Row, show
from bot.adapters.store import Store, schema
from bot.adapters.store.account import members
from bot.adapters.store.sorting import playlists

NOW = datetime(2026, 11, 1, tzinfo=UTC)
ROWS, PIECE = 20_000, 2_000
ADA = 10**17
Made = Callable[[int], Mapping[str, Any]]


def main() -> None:
    if len(sys.argv) > 1:
        show(asyncio.run(sizes(sys.argv[1])))
    else:
        with tempfile.TemporaryDirectory() as folder:
            show(asyncio.run(sizes(f"sqlite+aiosqlite:///{folder}/size.db")))


async def sizes(url: str, rows: int = ROWS) -> list[Row]:
    """Return what each kind of row takes, in a database made for it."""
    async with Store(url) as store:
        await store.migrate()
        async with store.writing() as tx:
            await members.ensure(tx, ADA, NOW)
            layer = (await playlists.ensure_layer(tx, ADA, "main")).layer
            known = await playlists.add(tx, await playlists.ensure_layer(tx, ADA, "main"), "Late night", uri(0), "🟦")
        return [await _size(store, *kind, rows) for kind in kinds(layer, known.playlist)]


def kinds(layer: int, playlist: int) -> tuple[tuple[str, sa.Table, Made], ...]:
    """Return each kind of row: what it's for, its table, and how the row of that number is made."""
    return (
        ("a member", schema.member, lambda at: {"member": ADA + 1 + at, "created_at": NOW, "next_poll_at": NOW}),
        ("a linked account", schema.account, lambda at: {
            "member": ADA + 1 + at, "client_id": f"{at // 5:032x}", "user_key": f"{at:028x}", "name": f"Member {at}",
            "tokens": bytes(700), "consented_at": NOW, "synced_at": NOW, "poll_pause": 3_600,
        }),
        ("a song, whoever likes it", schema.song, lambda at: {
            "song": uri(at), "title": f"A title of some length {at}", "artists": [f"An artist {at % 999}"],
            "album": f"An album's name {at % 3_000}", "year": 2019, "duration_ms": 200_000, "isrc": f"GBAYE{at:07d}",
            "url": f"https://open.spotify.com/track/{at:022d}", "cover": f"https://i.scdn.co/image/{at:040x}",
            "cached_at": NOW,
        }),
        ("a like", schema.liked, lambda at: {"member": ADA, "song": uri(at), "added_at": NOW}),
        ("a song in a playlist", schema.content, lambda at: {
            "member": ADA, "playlist": playlist, "position": at, "song": uri(at), "added_at": NOW,
            "isrc": f"GBAYE{at:07d}", "naming": f"a title of some length {at}|an artist", "duration_ms": 200_000,
        }),
        ("a label", schema.answer, lambda at: {
            "member": ADA, "layer": layer, "song": uri(at), "kind": "playlists", "playlists": [playlist],
            "source": "button", "event": at, "at": NOW,
        }),
    )  # fmt: skip


def uri(number: int) -> str:
    return f"spotify:track:{number * 7_919 % 10**9:022d}"


async def _size(store: Store, name: str, table: sa.Table, made: Made, rows: int) -> Row:
    before = await _bytes(store)
    for start in range(0, rows, PIECE):
        async with store.writing() as tx:
            await tx.execute(sa.insert(table), [made(at) for at in range(start, min(rows, start + PIECE))])
    return {"row": name, "bytes": round((await _bytes(store) - before) / rows)}


async def _bytes(store: Store) -> int:
    """Return the size of the database, without what waits in a log."""
    async with store.reading() as tx:
        if store.on_server:
            return int((await tx.exec_driver_sql("SELECT pg_database_size(current_database())")).scalar_one())
        pages = (await tx.exec_driver_sql("PRAGMA page_count")).scalar_one()
        return int(pages) * int((await tx.exec_driver_sql("PRAGMA page_size")).scalar_one())


if __name__ == "__main__":
    main()
