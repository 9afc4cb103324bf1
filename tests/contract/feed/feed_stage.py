"""A member with a file and a playlist, and songs that others share: what tests of the feed start from."""

from dataclasses import dataclass, field
from datetime import datetime

from bot.adapters.local_playlists import LocalPlaylists
from bot.adapters.store import Store
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import playlists
from bot.core.records import Playlist
from bot.flows.feed import saved_likes as save
from bot.flows.feed.feed import Feed
from bot.flows.sorting import playlists as flow
from bot.flows.sorting.writing import sort
from tests.contract.feed.catalogue_stage import ADA, Stage, song

OWN, OTHERS = range(12), range(100, 136)


@dataclass
class Scene:
    """Ada, with a file and a playlist, and songs that Ben shares. `jobs` are the jobs enqueued so far."""

    stage: Stage
    feed: Feed
    now: list[datetime]
    jobs: list[tuple[str, int, int]] = field(default_factory=list)

    @property
    def store(self) -> Store:
        return self.stage.store

    async def work(self) -> None:
        """Run the jobs in order."""
        music = LocalPlaylists(self.store, ADA, lambda: self.now[0])
        while self.jobs:
            kind, member, argument = self.jobs.pop(0)
            if kind == "save":
                await save.save(self.store, music, member, self.now[0])
            else:
                assert kind == "apply"
                await sort.apply(self.store, music, argument, self.now[0])

    async def likes(self) -> set[str]:
        async with self.store.reading() as tx:
            return set(await songs.liked(tx, ADA))

    async def standing(self, playlist: Playlist) -> list[str | None]:
        async with self.store.reading() as tx:
            return [item.song for item in await playlists.items(tx, playlist.playlist)]


def uri(number: int) -> str:
    return song(number).song


async def kept(scene: Scene, name: str = "Run") -> Playlist:
    music = LocalPlaylists(scene.store, ADA, lambda: scene.now[0])
    return await flow.make(scene.store, music, ADA, flow.DEFAULT_LAYER, name, scene.now[0])
