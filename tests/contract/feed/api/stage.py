"""A stage for the API: served over HTTP, on a real store and catalogue, with two members and a music folder.

Ada shares her likes and sees what others share; Ben does neither, so he sees only the operator's files.
"""

import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import numpy as np

from bot.adapters.artefacts import Folder
from bot.adapters.hearing import Hearing
from bot.adapters.scorer import Scorer
from bot.adapters.store import Store, schema
from bot.adapters.store.library import songs
from bot.core.features import SongFeatures
from bot.core.records import Like, Song
from bot.flows.account import tokens
from bot.flows.feed import catalogue_sharing
from bot.flows.feed.api import Api
from bot.flows.feed.catalogue import Catalogue
from bot.flows.feed.clips import Clips
from bot.flows.feed.recommend import Recommender
from bot.flows.library.operator.music_folder import import_folder
from bot.web import api
from tests.contract.feed.served import served
from tests.contract.library.sources.stage import sound
from tests.contract.spotify.stage import Clock
from tests.databases import new_store

ADA, BEN = 1574171665783324672, 1574171665783324999
FILES, LIKES = 3, 24
RATE = 1_000  # requests a minute; only the tests of the limit reach it


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    data: bytes
    json: Any


@dataclass
class Stage:
    store: Store
    catalogue: Catalogue
    clock: Clock
    origin: str
    ada: str  # their tokens
    ben: str

    async def ask(self, path: str, token: str | None = None, method: str = "GET", **headers: str) -> Answer:
        """Send a request to the API; header names use underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            named["Authorization"] = f"Bearer {token}"
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, f"{self.origin}{path}", headers=named) as answer,
        ):
            said = await answer.json(content_type=None) if "json" in answer.content_type and method != "HEAD" else None
            return Answer(answer.status, answer.headers.copy(), await answer.read(), said)

    async def everything(self, token: str, n: int = 100) -> list[dict[str, Any]]:
        """All the songs that a token can see, read page by page."""
        listed, path = [], f"/api/songs?n={n}"
        while path:
            page = (await self.ask(path, token)).json
            assert len(page["songs"]) == n or page["next"] is None
            listed += page["songs"]
            path = page["next"]
        return listed

    async def issue(self, member: int, days: int = 90) -> str:
        return (await tokens.issue(self.store, member, "test", days, self.clock())).secret


def at(song: str) -> str:
    return f"/api/songs/{quote(song, safe='')}"


def liked(number: int) -> Song:
    return Song(f"spotify:track:{number:022d}", f"Song {number}", (f"Artist {number}",), url="https://open.example/x")


SONG = liked(0).song
ADDRESSES = ("/api/songs", at(SONG), f"{at(SONG)}/clip", "/api/random", "/api/recommend", "/api/nowhere", "/api")


async def prepared(folder: Path) -> Path:
    """Create a database with the members, likes and music, for tests to copy. Returns its path."""
    clock, hearing = Clock(), Hearing()
    async with new_store(folder / "prepared.db") as store:
        await _hear_music(store, hearing, folder, clock)
        await _like(store, clock)
        await Catalogue(store, Clips(hearing, Folder(folder / "clips")), clock).points.refresh()
        await hearing.close()
    return store.path


async def _hear_music(store: Store, hearing: Hearing, folder: Path, clock: Clock) -> None:
    for number in range(FILES):
        (folder / f"tone {number}.wav").write_bytes(sound(220 * (number + 1)))
    async with aclosing(import_folder(store, [hearing], folder, clock)) as heard:
        assert [progress.how async for progress in heard] == ["heard"] * FILES


async def _like(store: Store, clock: Clock) -> None:
    rng = np.random.default_rng(5)
    mine = [liked(number) for number in range(LIKES)]
    known = {
        song.song: SongFeatures({"tempo": float(rng.uniform(60, 180)), "energy": float(rng.uniform())}, {}, {})
        for song in mine
    }
    await catalogue_sharing.join(store, ADA, clock())
    async with store.writing() as tx:
        await songs.like(tx, ADA, [Like(song, clock()) for song in mine], clock())
        await songs.save_features(tx, schema.OPERATOR, "operator:dump", known, clock())


@asynccontextmanager
async def staged(folder: Path, made: Path, rate: int = RATE) -> AsyncIterator[Stage]:
    """Set the stage in `folder`, with a copy of the `prepared` database."""
    clock, hearing = Clock(), Hearing()
    async with Store(f"sqlite+aiosqlite:///{shutil.copy(made, folder / 'test.db')}") as store:
        catalogue = Catalogue(store, Clips(hearing, Folder(folder / "clips")), clock)
        offered = Api(store, catalogue, Recommender(store, catalogue, Scorer(Folder(folder / "models"))), clock)
        async with served("/api", api.application(offered, rate, lambda: clock().timestamp())) as origin:
            stage = Stage(store, catalogue, clock, origin, "", "")
            stage.ada, stage.ben = await stage.issue(ADA), await stage.issue(BEN)
            yield stage
        await hearing.close()
