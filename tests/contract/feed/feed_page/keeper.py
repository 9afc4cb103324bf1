"""A member of the stage who keeps two playlists, and what the page asks for them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.adapters.store.sorting import answers, playlists
from bot.core.records import Layer, Playlist
from bot.core.sorting.labels import Kind
from tests.contract.feed.api.stage import ADA
from tests.contract.feed.feed_page.stage import Stage


@dataclass
class Keeper:
    """Ada, who keeps two playlists."""

    stage: Stage
    layer: Layer
    night: Playlist
    run: Playlist

    async def next(self) -> dict[str, Any]:
        return dict((await self.ask("/feed/api/questions", "POST", {"layer": 0}))["question"])

    async def ask(self, path: str, method: str, body: Any = None) -> dict[str, Any]:
        self.stage.clock.now += timedelta(seconds=1)
        said = await self.stage.ask(path, ADA, method, body)
        assert said.status == 200
        return dict(said.json)

    async def say(self, card: str, *chosen: Playlist) -> dict[str, Any]:
        body = {"playlists": [playlist.playlist for playlist in chosen]}
        return await self.ask(f"/feed/api/questions/{card}/answer", "PUT", body)

    async def undo(self, card: str) -> dict[str, Any]:
        return await self.ask(f"/feed/api/questions/{card}/undo", "POST")

    async def standing(self) -> list[tuple[str, Kind, tuple[int, ...]]]:
        async with self.stage.store.reading() as tx:
            kept = await answers.standing(tx, ADA, self.layer.layer)
        return [(answer.song, answer.kind, answer.playlists) for answer in kept]

    async def where(self, song: str) -> frozenset[int]:
        """Where the song belongs by now."""
        async with self.stage.store.reading() as tx:
            return (await answers.verdicts(tx, ADA, self.layer.layer))[song].yes


async def keeper(stage: Stage) -> Keeper:
    async with stage.store.writing() as tx:
        layer = await playlists.ensure_layer(tx, ADA, "main")
        night, run = [await playlists.add(tx, layer, name, name, "🟦") for name in ("Late night", "Run")]
    return Keeper(stage, layer, night, run)
