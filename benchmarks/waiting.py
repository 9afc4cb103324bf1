"""Waiting: what other members notice while the member with the largest library uses every feature.
`python -m benchmarks.waiting`.

50,000 liked songs, in playlists of 9,000; others label songs throughout. Measured: how long one transaction holds the
write lock, how late the event loop is, and how long a click takes to reach the disk. The processor times are the most
that one transaction took, and the most that the event loop took between two checks; beyond those, they wait for the
disk or for a processor.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import numpy as np
from cryptography.fernet import Fernet

from benchmarks.measure import Row, peak_bytes, show
from bot.adapters.artefacts import Folder
from bot.adapters.scorer import Scorer
from bot.adapters.store import Store, Tx, personal_data
from bot.adapters.store.account import members
from bot.adapters.store.library import songs
from bot.adapters.store.moments import pull_in
from bot.adapters.store.sorting import answers, playlists
from bot.adapters.store.sqlite import verify
from bot.adapters.vault import Vault
from bot.core import limits
from bot.core.features import SongFeatures
from bot.core.records import Account, Actor, Item, Layer, Like, Song
from bot.core.sorting.decide import Scores
from bot.core.sorting.labels import Answer, Kind, Source
from bot.flows.account import erase, link
from bot.flows.feed.catalogue import Catalogue
from bot.flows.library import feature_lookup
from bot.flows.library import sync as library
from bot.flows.sorting import playlists as flow
from bot.flows.sorting import train
from bot.flows.sorting.labelling import standing
from bot.flows.sorting.scored_library import ScoredLibraries, ScoredLibrary
from bot.flows.sorting.writing import manual_edits, sort, undo
from bot.ports import Contents, LikesPage, ListedPlaylist
from bot.threads import switch_often

NOW = datetime(2026, 11, 1, tzinfo=UTC)
ADA, BEN = 1, 2  # who has the library, and who clicks
EVERY = 0.05  # seconds between clicks, and between checks of the event loop
SONGS = limits.SONGS
PLAYLISTS, EACH = 5, 9_000
MB = 2**20


class Timed(Store):
    """A store that records the longest time a transaction held the write lock, and the most processor time one took."""

    held = work = 0.0

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Tx]:
        async with super().writing() as tx:
            begun, worked = time.perf_counter(), time.process_time()
            yield tx
        self.held = max(self.held, time.perf_counter() - begun)
        self.work = max(self.work, time.process_time() - worked)

    async def _rewrite(self) -> bool:
        begun = time.perf_counter()
        done = await super()._rewrite()
        self.held = max(self.held, time.perf_counter() - begun)
        return done


@dataclass
class Noticed:
    """What others notice, as maxima in seconds: a click's wait, the event loop's lag, and the loop's processor time."""

    waited: float = 0.0
    late: float = 0.0
    work: float = 0.0


@asynccontextmanager
async def others(store: Store, layer: int) -> AsyncIterator[Noticed]:
    """Let another member click in the meantime."""
    noticed = Noticed()
    tasks = [asyncio.create_task(_sleep(noticed)), asyncio.create_task(_click(store, layer, noticed))]
    await asyncio.sleep(0)
    yield noticed
    await asyncio.sleep(EVERY)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _sleep(noticed: Noticed) -> None:
    """Record how much longer each sleep takes than it should."""
    while True:
        begun, worked = time.perf_counter(), time.thread_time()
        await asyncio.sleep(EVERY)
        noticed.late = max(noticed.late, time.perf_counter() - begun - EVERY)
        noticed.work = max(noticed.work, time.thread_time() - worked)


async def _click(store: Store, layer: int, noticed: Noticed) -> None:
    """Label songs, and record how long each label takes to reach the disk."""
    for at in count():
        begun = time.perf_counter()
        async with store.writing() as tx:
            await answers.add(tx, BEN, layer, Answer(f"song {at % 200}", Kind.SKIP, (), Source.BUTTON, at))
        noticed.waited = max(noticed.waited, time.perf_counter() - begun)
        await asyncio.sleep(EVERY)


def uri(at: int) -> str:
    return f"spotify:track:{at:022d}"


def item(at: int) -> Item:
    return Item(uri(at), NOW, f"ISRC{at:08d}", f"song {at}|artist {at % 500}", 200_000)


@dataclass
class Spotify50k:
    """The parts of Spotify used here, in memory. order: each playlist's items, by its id."""

    order: dict[str, list[Item]] = field(default_factory=dict)
    edits: int = 0

    async def likes(self, offset: int) -> LikesPage:
        numbers = range(offset, min(offset + 50, SONGS))
        likes = (Like(song(at), NOW - timedelta(minutes=at)) for at in numbers)
        return LikesPage(tuple(likes), SONGS, len(numbers))

    async def saved(self, songs: Sequence[str]) -> set[str]:
        return set(songs)

    async def playlists(self) -> list[ListedPlaylist]:
        return [ListedPlaylist(ref, ref, len(items), f"{ref} {self.edits}") for ref, items in self.order.items()]

    async def create(self, name: str, mark: str = "") -> ListedPlaylist:
        self.order[name] = []
        return ListedPlaylist(name, name, 0, f"{name} {self.edits}")

    async def listed(self, playlists: Sequence[str]) -> frozenset[str]:
        return frozenset(playlists)

    async def contents(self, playlist: str, known: Contents | None = None) -> Contents:
        snapshot = f"{playlist} {self.edits}"
        if known is not None and known.snapshot == snapshot:
            return known
        return Contents(tuple(self.order[playlist]), snapshot)

    async def add(self, playlist: str, songs: Sequence[str], position: int | None) -> None:
        self.edits += 1
        items, known = self.order[playlist], [Item(song, NOW) for song in songs]
        items[len(items) if position is None else position : 0] = known if position is not None else []
        items += known if position is None else []

    async def remove(self, playlist: str, songs: Sequence[str], snapshot: str | None) -> None:
        self.edits += 1
        gone = frozenset(songs)
        self.order[playlist] = [item for item in self.order[playlist] if item.song not in gone]

    async def save(self, songs: Sequence[str]) -> None:
        """Do nothing: every song is already liked."""

    async def unsave(self, songs: Sequence[str]) -> None:
        """Do nothing: likes stay as they are."""


def song(at: int) -> Song:
    return Song(uri(at), f"Song {at}", (f"Artist {at % 500}",), f"Album {at % 5000}", 2000, 200_000, f"GBAAA{at:07d}")


class Fixed(ScoredLibraries):
    """Libraries with random scores in place of a model's."""

    async def of(self, member: int, layer: int) -> ScoredLibrary:
        seen = await super().of(member, layer)
        async with self._store.reading() as tx:
            classes = tuple(playlist.playlist for playlist in await playlists.in_layer(tx, layer))
        drawn = np.random.default_rng(0).dirichlet(np.full(len(classes), 0.1), len(seen.songs)).astype(np.float32)
        scores = Scores(classes, drawn, np.empty((len(drawn), 0), np.float32), np.ones(len(seen.songs), bool))
        return ScoredLibrary(seen.songs, seen.place, seen.space, scores, None, seen.projection)


Step = tuple[str, Callable[[], Awaitable[object]]]


class Ada:
    """Everything Ada does, in order."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.folder, self.music = store, folder, Spotify50k()
        self.vault = Vault([Fernet.generate_key().decode()])
        self.libraries = Fixed(store, Scorer(Folder(folder)))
        self.write = 0

    def steps(self) -> list[Step]:
        return [
            ("first sync", self.sync),
            ("sync, nothing new", self.sync),
            ("features", self.features),
            ("playlists handed over", self.take),
            ("playlists' songs as labels", self.allow),
            ("scored library", self.scored_library),
            ("verdicts", self.tally),
            ("training set", self.training_set),
            ("stale layers", self.stale),
            ("odd songs", self.odd),
            ("personal data", self.export),
            ("quick_check at startup", self.check),
            ("moments pulled in", self.moments),
            ("playlists emptied by hand", self.look),
            ("and filled again", self.again),
            ("those labels forgotten", self.forbid),
            ("dry run", self.dry_run),
            ("dry run, again", self.dry_run),
            ("dry run, again", self.dry_run),
            ("dry run, again", self.dry_run),
            ("sort", self.apply),
            ("undo opened", self.undo),
            ("undo", self.finish),
            ("catalogue", self.catalogue),
            ("unlink", self.unlink),
            ("erasure", self.forget),
            ("file rewritten", self.store.scrub),
        ]

    async def account(self) -> Account:
        async with self.store.reading() as tx:
            account = await members.account(tx, ADA)
        assert account is not None  # noqa: S101
        return account

    async def layer(self) -> Layer:
        async with self.store.reading() as tx:
            return (await playlists.layers(tx, ADA))[0]

    async def sync(self) -> None:
        await library.sync(self.store, self.music, await self.account(), NOW)

    async def features(self) -> None:
        known = {uri(at): SongFeatures({"tempo": float(at % 90), "energy": at % 7 / 7}) for at in range(SONGS)}
        ids = list(known)
        for at in range(0, SONGS, 50):
            async with self.store.writing() as tx:
                await songs.keep_features(
                    tx, ADA, "csv", {song_id: known[song_id] for song_id in ids[at : at + 50]}, NOW
                )

    async def take(self) -> None:
        for number in range(PLAYLISTS):
            self.music.order[f"p{number}"] = [item(at) for at in range(number * EACH, (number + 1) * EACH)]
        for playlist in await self.music.playlists():
            await flow.take(self.store, self.music, Actor(ADA, None, NOW), "main", playlist)

    async def allow(self) -> None:
        await standing.allow(self.store, ADA, True, NOW)

    async def forbid(self) -> None:
        await standing.allow(self.store, ADA, False, NOW)

    async def empty(self) -> None:
        """Empty all her playlists but the last by hand, and reverse that one."""
        for ref in list(self.music.order)[:-1]:
            self.music.order[ref] = []
        self.music.order[f"p{PLAYLISTS - 1}"].reverse()
        self.music.edits += 1

    async def look(self) -> None:
        await self.empty()
        await manual_edits.detect(self.store, self.music, ADA, NOW)

    async def again(self) -> None:
        for number in range(PLAYLISTS - 1):
            self.music.order[f"p{number}"] = [item(at) for at in range(number * EACH + 4_000, (number + 1) * EACH)]
        self.music.edits += 1
        await manual_edits.detect(self.store, self.music, ADA, NOW)

    async def tally(self) -> None:
        async with self.store.reading() as tx:
            len(await answers.verdicts(tx, ADA, (await self.layer()).layer))

    async def training_set(self) -> None:
        async with self.store.reading() as tx:
            await train.training_set(tx, ADA, (await self.layer()).layer)

    async def dry_run(self) -> None:
        receipt = await sort.dry_run(self.store, self.music, self.libraries, await self.layer(), NOW)
        self.write = receipt.write.write
        len(receipt.changes)

    async def apply(self) -> None:
        await sort.confirm(self.store, ADA, self.write)
        await sort.apply(self.store, self.music, self.write, NOW)

    async def undo(self) -> None:
        self.write = await undo.write(self.store, ADA, self.write, NOW)

    async def export(self) -> None:
        len(await erase.export(self.store, ADA))

    async def scored_library(self) -> None:
        await self.libraries.of(ADA, (await self.layer()).layer)

    async def catalogue(self) -> None:
        async with self.store.writing() as tx:
            await members.change(tx, ADA, joined=True)
        await Catalogue(self.store, None, lambda: NOW).points.refresh()  # type: ignore[arg-type]

    async def unlink(self) -> None:
        await link.unlink(self.store, self.vault, Folder(self.folder), ADA)

    async def forget(self) -> None:
        await erase.delete_rows(self.store, ADA, personal_data.LARGE)
        async with self.store.writing() as tx:
            await personal_data.erase(tx, ADA)
        await erase.forget_unused(self.store)

    async def check(self) -> None:
        await asyncio.to_thread(verify, self.store.path)

    async def moments(self) -> None:
        async with self.store.writing() as tx:
            await pull_in(tx, NOW, timedelta(minutes=10), timedelta(days=1))

    async def stale(self) -> None:
        await feature_lookup.stale_layers(self.store, ADA)

    async def odd(self) -> None:
        await flow.odd(self.store, ADA)

    async def finish(self) -> None:
        await sort.apply(self.store, self.music, self.write, NOW)


async def measure(folder: Path) -> list[Row]:
    store = Timed(f"sqlite+aiosqlite:///{folder / 'bench.db'}")
    await store.migrate()
    async with store.writing() as tx:
        await members.ensure(tx, BEN, NOW)
        layer = (await playlists.ensure_layer(tx, BEN, "main")).layer
        await members.ensure(tx, ADA, NOW)
        await members.save_account(tx, Account(ADA, "c" * 32, "ada", "Ada", b"sealed", NOW))
    rows: list[Row] = []
    for name, step in Ada(store, folder).steps():
        begun = time.perf_counter()
        async with others(store, layer) as noticed:
            store.held = store.work = 0.0
            await step()
        rows.append(
            {
                "what": name,
                "seconds": round(time.perf_counter() - begun, 1),
                "longest transaction, ms": round(1000 * store.held),
                "most processor time in one, ms": round(1000 * store.work),
                "slowest click, ms": round(1000 * noticed.waited),
                "event loop late, ms": round(1000 * noticed.late),
                "most processor time of the loop, ms": round(1000 * noticed.work),
                "memory, MB": round(peak_bytes() / MB),
                "database, MB": round(store.path.stat().st_size / MB),
            }
        )
    await store.close()
    return rows


def main() -> None:
    switch_often()  # as the bot does
    with tempfile.TemporaryDirectory() as folder:
        show(asyncio.run(measure(Path(folder))))


if __name__ == "__main__":
    main()
