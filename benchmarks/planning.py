"""Planning: a sort of 10,000 songs, the dry run and the writing. `python -m benchmarks.planning`.

Nothing is asked of a network: Spotify is in memory, and scores are random. Memory is how far the process's peak rises
above what it was before the first step, when the libraries were loaded. Calls are what Spotify would be asked to write,
beside the least that arithmetic allows: one for 100 songs of each playlist.
"""

import asyncio
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from math import ceil
from pathlib import Path

from benchmarks.measure import Row, peak_bytes, show
from benchmarks.waiting import ADA, MB, NOW, Fixed, Spotify50k, song
from bot.adapters.artefacts import Folder
from bot.adapters.scorer import Scorer
from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import playlists
from bot.core.records import Account, Layer, Like
from bot.core.sorting.writing.plan import BATCH
from bot.flows.sorting.writing import sort

SONGS, PLAYLISTS = 10_000, 5


class Counting(Spotify50k):
    """Counts the calls that add songs."""

    calls = 0

    async def add(self, playlist: str, songs: Sequence[str], position: int | None) -> None:
        self.calls += 1
        await super().add(playlist, songs, position)


async def furnished(store: Store, music: Spotify50k) -> Layer:
    """Give Ada 10,000 liked songs and empty playlists; return her layer."""
    async with store.writing() as tx:
        await members.ensure(tx, ADA, NOW)
        await members.save_account(tx, Account(ADA, "c" * 32, "ada", "Ada", b"sealed", NOW))
        layer = await playlists.ensure_layer(tx, ADA, "main")
        for number in range(PLAYLISTS):
            music.order[f"p{number}"] = []
            await playlists.add(tx, layer, f"p{number}", f"p{number}", "🟦")
        liked = [Like(song(at), NOW - timedelta(minutes=at)) for at in range(SONGS)]
        for start in range(0, SONGS, 500):
            await songs.like(tx, ADA, liked[start : start + 500], NOW)
    return layer


async def measure(folder: Path) -> list[Row]:
    store, music = Store(f"sqlite+aiosqlite:///{folder / 'bench.db'}"), Counting()
    await store.migrate()
    layer, libraries = await furnished(store, music), Fixed(store, Scorer(Folder(folder)))
    before, rows = peak_bytes(), list[Row]()

    @contextmanager
    def measured(what: str) -> Iterator[None]:
        begun, worked = time.perf_counter(), time.process_time()
        yield
        row = {"what": what, "seconds": time.perf_counter() - begun, "of them computing": time.process_time() - worked}
        rows.append({**row, "memory grown, MB": round((peak_bytes() - before) / MB), "calls": music.calls})

    with measured("dry run"):
        planned = await sort.dry_run(store, music, libraries, layer, NOW)
    with measured(f"sort of {len(planned.placed):,} songs"):
        await sort.confirm(store, ADA, planned.write.write)
        await sort.apply(store, music, planned.write.write, NOW)
    least = sum(ceil(added / BATCH) for _, added, _ in planned.per_playlist())
    rows = [{**row, "least": least if row["calls"] else 0} for row in rows]
    await store.close()
    return rows


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        show(asyncio.run(measure(Path(folder))))


if __name__ == "__main__":
    main()
