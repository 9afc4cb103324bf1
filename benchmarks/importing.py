"""Importing: what other members notice while one member imports the largest file. `python -m benchmarks.importing`.

50,000 songs, in files of the maximum size; others label songs throughout. Measured: how long a click takes to reach
the disk, how long one transaction holds the write lock, and how late the event loop is. Beyond its processor time, a
transaction waits for the disk or for a processor.
"""

import asyncio
import csv
import io
import tempfile
import time
from pathlib import Path

from benchmarks.measure import Row, show
from benchmarks.waiting import ADA, BEN, MB, NOW, Timed, others
from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.adapters.store.sorting import playlists
from bot.core import limits
from bot.core.library import tables
from bot.flows.library import imports
from bot.threads import switch_often

EXPORTIFY = (
    "Danceability",
    "Energy",
    "Loudness",
    "Speechiness",
    "Acousticness",
    "Instrumentalness",
    "Valence",
    "Tempo",
)
FILES = {"from Exportify": EXPORTIFY, "with the most columns": tuple(f"n{at}" for at in range(90))}


def file_of(columns: tuple[str, ...]) -> bytes:
    """Return a CSV of as many songs as the limits on songs and bytes allow, with numbers in these columns."""
    text = io.StringIO(newline="")
    write = csv.writer(text)
    write.writerow(["Track URI", "Track Name", "Artist Name(s)", "Album Name", "Genres", *columns])
    for at in range(limits.SONGS):
        named = [f"spotify:track:{at:022d}", f"Song {at}", f"Artist {at % 500};Other {at % 90}", f"Album {at % 5000}"]
        write.writerow([*named, "folk;drone;field recording", *(f"{(at * 7 + n) % 10}" for n in range(len(columns)))])
        if text.tell() > tables.MOST_BYTES - 2_000:
            break
    return text.getvalue().encode()


async def measure(name: str, columns: tuple[str, ...], folder: Path) -> Row:
    """Return what others noticed while one member imported such a file."""
    data, store = file_of(columns), Timed(f"sqlite+aiosqlite:///{folder / 'bench.db'}")
    await store.migrate()
    layer = await _clicker(store)
    before = store.path.stat().st_size
    store.held = store.work = 0.0
    async with others(store, layer) as noticed:
        begun = time.perf_counter()
        imported = await imports.import_file(store, ADA, "liked.csv", data, NOW)
        took = time.perf_counter() - begun
    await store.checkpoint()
    size = store.path.stat().st_size - before
    await store.close()
    return {
        "file": f"{name}, {len(data) / 1e6:.0f} MB",
        "songs": imported.songs,
        "seconds": round(took),
        "longest transaction, ms": round(1000 * store.held),
        "most processor time in one, ms": round(1000 * store.work),
        "slowest click, ms": round(1000 * noticed.waited),
        "event loop late, ms": round(1000 * noticed.late),
        "database, MB": round(size / MB),
    }


async def _clicker(store: Store) -> int:
    """Register Ben with the bot; return a layer of his."""
    async with store.writing() as tx:
        await members.ensure(tx, BEN, NOW)
        return (await playlists.ensure_layer(tx, BEN, "main")).layer


def main() -> None:
    switch_often()  # as the bot does
    rows = []
    for name, columns in FILES.items():
        with tempfile.TemporaryDirectory() as folder:
            rows.append(asyncio.run(measure(name, columns, Path(folder))))
    show(rows)


if __name__ == "__main__":
    main()
