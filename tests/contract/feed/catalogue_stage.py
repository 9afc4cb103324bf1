"""A stage for the catalogue: members with songs of clearly distinct styles, with operator features, and some files."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from bot.adapters.artefacts import Folder
from bot.adapters.hearing import Hearing
from bot.adapters.scorer import Scorer
from bot.adapters.store import Store, schema
from bot.adapters.store.account import members
from bot.adapters.store.library import files, songs
from bot.adapters.store.library.files import File
from bot.core.features import SongFeatures
from bot.core.records import Like, Song
from bot.flows.feed.catalogue import Catalogue
from bot.flows.feed.clips import Clips
from bot.flows.feed.recommend import Recommender

ADA, BEN, EVA = 1001, 1002, 1003
STYLES = 3


@dataclass
class Stage:
    """The parts, wired as `bot.app` wires them."""

    store: Store
    catalogue: Catalogue
    recommender: Recommender
    now: datetime

    async def like(self, member: int, numbers: Sequence[int], *, joined: bool = True) -> None:
        """Have a member like songs by number, all with operator features."""
        async with self.store.writing() as tx:
            await members.ensure(tx, member, self.now)
            await members.change(tx, member, joined=joined)
            await songs.like(tx, member, [Like(song(number), self.now) for number in numbers], self.now)
            known = {song(number).song: features(number) for number in numbers}
            await songs.save_features(tx, schema.OPERATOR, "reccobeats", known, self.now)

    async def hear(self, numbers: Sequence[int]) -> None:
        """Store analysed files as in the operator's folder."""
        heard = [
            File(
                path=f"/music/{number}.mp3",
                size=1,
                mtime_ns=1,
                digest=f"{number:032d}{number:032d}",
                at=self.now,
                title=f"File {number}",
                artists=(f"Band {number}",),
                duration=200.0,
                version="1",
                numbers=dict(features(number).numbers),
            )
            for number in numbers
        ]
        async with self.store.writing() as tx:
            await files.save(tx, heard)


def staged(store: Store, folder: Path, now: datetime) -> Stage:
    catalogue = Catalogue(store, Clips(Hearing(), Folder(folder / "clips")), lambda: now)
    return Stage(store, catalogue, Recommender(store, catalogue, Scorer(Folder(folder / "models"))), now)


def song(number: int) -> Song:
    return Song(f"spotify:track:{number:022d}", f"Song {number}", (f"Artist {number}",))


def features(number: int) -> SongFeatures:
    """Features for a song; songs of one style (number modulo STYLES) are close together."""
    rng = np.random.default_rng(number)
    style = number % STYLES
    return SongFeatures(
        {"tempo": 80.0 + 40 * style + rng.normal(), "energy": [0.1, 0.9, 0.5][style] + 0.02 * rng.normal()}
    )


def number_of(named: str) -> int:
    return int(named.rpartition(":")[2])


def local(number: int) -> str:
    return f"local:{number:032d}"
