"""Large: one member with 20,000 liked songs links, labels, learns, sorts and exports; another asks for help meanwhile.
`python -m benchmarks.large`.

Through the stand-ins and the bot's own process, whose memory is measured. The stand-in for Spotify answers as soon
as it can: Spotify itself takes longer. The event loop's lag is the bot's own metric, taken four times a second.
"""

import asyncio
import itertools
import re
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.libraries import STYLES, library
from benchmarks.load.usage import family, seconds
from benchmarks.measure import Row, show
from bot.core.features import SongFeatures
from sandbox.discord import Person
from sandbox.music.library import Library
from sandbox.page.tour import Tour
from sandbox.process import start
from sandbox.spotify import Like, Track
from sandbox.spotify.accounts.tokens import s256
from sandbox.spotify.model import spotify_id
from sandbox.stack import Stack
from sandbox.tour import PATIENCE, Guide, Plan

SONGS, PLAYLISTS, LABELS = 20_000, 5, 40
EVERY = 0.2  # seconds between the other member's commands
NOW = datetime(2026, 11, 1, tzinfo=UTC)
MB = 2**20
LAG = "cratekeeper_event_loop_lag_seconds_bucket"
LATE, EVER = "0.05", "+Inf"  # seconds; the metric's buckets
TOKEN = "t" * 32
READ = """
import sys, spotipy
client = spotipy.Spotify(auth=sys.argv[2], retries=0)
client.prefix = sys.argv[1] + "/"
for at in range(0, int(sys.argv[3]), 50):
    client.current_user_saved_tracks(limit=50, offset=at)
"""


def main() -> None:
    show(asyncio.run(measured()))


async def measured() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        stack, mine = Stack(Path(folder), settings={"METRICS": "on", "METRICS_TOKEN": TOKEN}), large()
        ada, rita = stack.add_listener("Ada", mine), stack.add_listener("Rita", Library((), (), {}, ()))
        async with stack:
            await stack.import_features(mine)
            await stack.start_bot()
            guide = Guide(stack, ada, Tour(), Plan(LABELS))
            steps: dict[str, Callable[[], Awaitable[object]]] = {
                "nothing": lambda: asyncio.sleep(1),
                "spotipy alone: the same 400 pages": lambda: read_all(stack, ada.account.id),
                "link": guide.link,
                f"{PLAYLISTS} playlists": guide.add_playlists,
                f"{LABELS} cards": guide.answer,
                "learn": guide.train,
                "a card with a guess": lambda: said(ada.person, "label"),
                "dry run and sort": guide.sort,
                "status": lambda: said(ada.person, "status"),
                "export": lambda: said(ada.person, "data export"),
            }
            return [await row(stack, rita.person, name, step) for name, step in steps.items()]


def large() -> Library:
    """Return 20,000 songs of twenty styles, of which the first five are playlists."""
    features = list(library(SONGS).values())
    tracks = tuple(
        Track(spotify_id("large", at), f"Song {at}", tuple(known.sets["artists"]), "Album", "2019", 200_000)
        for at, known in enumerate(features)
    )
    cells = tuple(_cells(track, known) for track, known in zip(tracks, features, strict=True))
    names = (f"Style {number}" for number in range(PLAYLISTS))
    truth = {name: tuple(track.uri for track in tracks[at::STYLES]) for at, name in enumerate(names)}
    likes = tuple(Like(track.uri, NOW - timedelta(minutes=at)) for at, track in enumerate(tracks))
    return Library(tracks, likes, truth, cells)


def _cells(track: Track, known: SongFeatures) -> dict[str, str | float]:
    words = {name: ";".join(sorted(tokens)) for name, tokens in known.sets.items()}
    return {"track_id": track.id, **known.numbers, **words}


async def said(person: Person, command: str) -> None:
    await (await person.command(command)).reply(PATIENCE)


async def read_all(stack: Stack, user: str) -> None:
    """Read the likes as the bot has to, in a process that does nothing else."""
    tokens, back = stack.spotify.tokens, f"{stack.public_url}/callback"
    verifier = "v" * 43
    code = tokens.agree(stack.app, user, frozenset({"user-library-read"}), back, s256(verifier))
    access = tokens.exchange(stack.app, code, back, verifier).access
    address = f"{stack.origin}/spotify/v1"
    process = await start("-c", READ, address, access, str(SONGS), folder=stack.folder)
    assert await process.wait() == 0  # noqa: S101


async def row(stack: Stack, other: Person, name: str, step: Callable[[], Awaitable[object]]) -> Row:
    assert stack.bot is not None  # noqa: S101
    pid = stack.bot.pid
    looks, in_time = await loop_lag(stack)
    begun, bots, ours = time.perf_counter(), seconds(family([pid])), time.process_time()
    async with asking(other) as waited:
        await step()
        took = time.perf_counter() - begun
    now, peak = memory(pid)
    looks, in_time = (after - before for after, before in zip(await loop_lag(stack), (looks, in_time), strict=True))
    return {
        "step": name,
        "seconds": took,
        "the bot's processor time, s": seconds(family([pid])) - bots,
        "the stand-ins', s": time.process_time() - ours,
        "another's slowest answer, ms": 1000 * max(waited),
        "loop 50 ms late": f"{looks - in_time:.0f} of {looks:.0f} times",
        "memory, MB": now / MB,
        "peak, MB": peak / MB,
    }


@asynccontextmanager
async def asking(other: Person) -> AsyncIterator[list[float]]:
    """Have another member ask for help all the time; yield the seconds until each was acknowledged."""
    waited = [(await other.command("help")).seconds]

    async def ask() -> None:
        for _ in itertools.repeat(None):
            waited.append((await other.command("help")).seconds)
            await asyncio.sleep(EVERY)

    task = asyncio.create_task(ask())
    yield waited
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def loop_lag(stack: Stack) -> tuple[float, float]:
    """Return how often the bot looked at its event loop's lag, and how often it was at most 50 ms."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with aiohttp.ClientSession() as http, http.get(f"{stack.public_url}/metrics", headers=headers) as answer:
        families = text_string_to_metric_families(await answer.text())
        buckets = {one.labels["le"]: one.value for family in families for one in family.samples if one.name == LAG}
    return buckets[EVER], buckets[LATE]


def memory(pid: int) -> tuple[int, int]:
    """Return the bot's resident memory now and at its peak, in bytes (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text()
    now, peak = (re.findall(rf"^{name}:\s+(\d+)", status, re.MULTILINE)[0] for name in ("VmRSS", "VmHWM"))
    return 1024 * int(now), 1024 * int(peak)


if __name__ == "__main__":
    main()
