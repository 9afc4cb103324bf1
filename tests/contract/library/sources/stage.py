"""A stage for the sources: stand-ins over HTTP, a real store, a member with likes, and a manual clock."""

import io
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile

from bot import config
from bot.adapters import sources
from bot.adapters.scratch import Scratch
from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.adapters.store.library import lookups, songs
from bot.audio.analysis.features import analyse
from bot.audio.files.decode import read
from bot.core.features import SongFeatures
from bot.core.records import Like, Song
from bot.flows.library import feature_lookup
from bot.ports import FeatureSource
from sandbox.sources import Artist, Fault, Recording, World, application
from tests.contract.spotify.stage import Clock, served

ADA, BEN = 1, 2
ANN = Artist("a" * 8 + "-0000-4000-8000-000000000001", "Ann", {"folk": 3, "noise": -1}, ("b" * 36, "c" * 36))
BOB = Artist("a" * 8 + "-0000-4000-8000-000000000002", "Bob", {"drone": 1})
EVERYTHING = {
    "MUSICBRAINZ_CONTACT": "me@example.org",
    "LISTENBRAINZ": "on",
    "DEEZER_PREVIEWS": "on",
    "RECCOBEATS": "on",
}


@dataclass(frozen=True)
class Heard:
    numbers: dict[str, float]
    vectors: dict[str, np.ndarray]


class Ear:
    """Analyses files in this process instead of a separate one, and records which files it was given."""

    def __init__(self) -> None:
        self.files: list[Path | BinaryIO] = []
        self.apart: list[BinaryIO] = []  # those that wanted a process of their own

    async def analyse(self, file: Path | BinaryIO) -> Heard:
        self.files.append(file)
        numbers = dict(analyse(read(file)).numbers)
        return Heard(numbers, {"musicnn": np.array(list(numbers.values()), np.float32)})

    async def analyse_apart(self, file: BinaryIO) -> Heard:
        self.apart.append(file)
        return await self.analyse(file)


def sound(pitch: float) -> bytes:
    """A three-second tone as a WAV file."""
    tone = np.sin(2 * np.pi * pitch * np.arange(3 * 22_050) / 22_050).astype(np.float32) / 4
    file = io.BytesIO()
    soundfile.write(file, tone, 22_050, format="WAV")
    return file.getvalue()


def uri(number: int) -> str:
    return f"spotify:track:{number:022d}"


def song(number: int) -> Song:
    return Song(uri(number), f"Song {number}", ("Ann",), duration_ms=200_000, isrc=f"ZZAAA19{number:05d}")


def recording(number: int, **more: object) -> Recording:
    known = {
        "isrc": f"ZZAAA19{number:05d}",
        "mbid": f"{number:08d}-0000-4000-8000-000000000000",
        "title": f"Song {number}",
        "artists": (ANN,),
        "spotify_id": f"{number:022d}",
        "released": "1988-07-11",
        "genres": {"indie folk": 2},
        "tags": {"seen live": 1},
        "numbers": {"tempo": 100.0 + number, "energy": 0.5, "key": 3},
        "preview": sound(200 + number),
    }
    return Recording(**(known | more))  # type: ignore[arg-type]


@dataclass
class Stage:
    world: World
    clock: Clock
    store: Store
    folder: Path
    sources: Sequence[FeatureSource]
    ear: Ear

    def fault(self, match: str, kind: str, **more: object) -> None:
        self.world.faults.append(Fault(match, kind, **more))  # type: ignore[arg-type]

    async def like(self, *numbers: int, member: int = ADA, fresh: bool = False) -> None:
        """Have a member like songs, one minute apart."""
        likes = [Like(song(number), self.clock() + timedelta(minutes=at)) for at, number in enumerate(numbers)]
        async with self.store.writing() as tx:
            await members.ensure(tx, member, self.clock())
            await songs.like(tx, member, likes, self.clock(), fresh=fresh)

    async def hear(self, member: int = ADA) -> feature_lookup.Slice:
        """Look up slice after slice, as the worker does, until nothing is left to ask right now."""
        while (looked_up := await feature_lookup.look_up(self.store, self.sources, member, self.clock)).more:
            pass
        return looked_up

    async def features(self, number: int, member: int = ADA) -> SongFeatures:
        async with self.store.reading() as tx:
            return (await songs.features(tx, member, [song(number)]))[uri(number)]

    async def states(self, source: str) -> dict[str, str]:
        """The state of each song's lookup at a source."""
        async with self.store.reading() as tx:
            rows = await tx.execute(lookups.LOOKUP.select().where(lookups.LOOKUP.c.source == source))
            return {row.song: row.state for row in rows}


def settings(origin: str, folder: Path, **switched: str) -> config.Settings:
    urls = {
        f"{name.upper()}_URL": f"{origin}/{name}" for name in ("musicbrainz", "listenbrainz", "deezer", "reccobeats")
    }
    return config.parse({"DISCORD_TOKEN": "x", "DATA_DIR": str(folder), **urls, **switched})


@asynccontextmanager
async def staged(store: Store, folder: Path, **switched: str) -> AsyncIterator[Stage]:
    clock, ear = Clock(), Ear()
    world = World(now=clock)
    async with (
        served(application(world)) as origin,
        sources.opened(settings(origin, folder, **switched), store, ear, Scratch(folder), clock, clock.sleep) as opened,
    ):
        yield Stage(world, clock, store, folder, opened, ear)


@asynccontextmanager
async def elsewhere(
    stage: Stage, sleep: Callable[[float], Awaitable[None]] | None = None, **switched: str
) -> AsyncIterator[Stage]:
    """The same stage in another process."""
    async with (
        served(application(stage.world)) as origin,
        sources.opened(
            settings(origin, stage.folder, **switched),
            stage.store,
            stage.ear,
            Scratch(stage.folder),
            stage.clock,
            sleep or stage.clock.sleep,
        ) as opened,
    ):
        yield replace(stage, sources=opened)


def later(stage: Stage, looked_up: feature_lookup.Slice) -> datetime:
    assert looked_up.later is not None
    return looked_up.later
