"""Playlist writer: writes to Mara's playlist as the worker does. Time passes only during sleeps, on any machine."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.adapters.spotify import SpotifyMusic
from bot.core.records import Actor, NewWrite, Playlist
from bot.core.sorting.writing.writes import WriteKind
from bot.errors.spotify import CoolingDown, SpotifyDown, Unsettled
from bot.flows.sorting import playlists
from bot.flows.sorting.writing import sort, undo
from bot.ports import ListedPlaylist
from tests.contract.spotify.stage import MARA, URIS, Stage

OWN, NEW = URIS[:3], URIS[10:30]
ADDING = "POST /v1/playlists/*/items"


@dataclass
class PlaylistWriter:
    """Writes to one of Mara's playlists, which the bot keeps and which started with three songs."""

    stage: Stage
    music: SpotifyMusic
    kept: Playlist

    def songs(self, kept: Playlist | None = None) -> list[str]:
        return list(self.stage.world.playlist((kept or self.kept).ref).uris)

    async def another(self, name: str, songs: Sequence[str] = ()) -> Playlist:
        return await kept_with(self.stage, self.music, name, songs)

    async def listed(self, ref: str):
        return await listed(self.music, ref)

    async def open(self, *lines: tuple[Playlist, str, str]) -> int:
        told = [(playlist.playlist, song, action) for playlist, song, action in lines]
        async with self.stage.store.writing() as tx:
            return await sort.open_tap(tx, NewWrite(MARA, self.kept.layer, WriteKind.ADD), told, self.stage.clock())

    async def add(self, *songs: str, to: Playlist | None = None) -> int:
        return await self.open(*((to or self.kept, song, "add") for song in songs))

    async def apply(self, write: int) -> sort.Receipt:
        """Apply a write as the worker does, waiting whenever it's postponed."""
        for _ in range(100):
            try:
                return await sort.apply(
                    self.stage.store, self.music, write, self.stage.clock(), self.stage.clock.steady
                )
            except (Unsettled, CoolingDown) as wait:
                self.stage.clock.now = max(wait.until, self.stage.clock())
            except SpotifyDown:
                self.stage.clock.pass_by(seconds=5)
        raise AssertionError("the write never ends")

    async def undo(self, write: int) -> sort.Receipt:
        opened = await undo.write(self.stage.store, MARA, write, self.stage.clock())
        return await self.apply(opened)

    def posts(self) -> int:
        return sum(request.line.startswith("POST /v1/playlists") for request in self.stage.world.requests)


async def kept_with(stage: Stage, music: SpotifyMusic, name: str, songs: Sequence[str]) -> Playlist:
    """Create one of Mara's playlists, with songs in it, and have the bot keep it."""
    made = stage.world.create_playlist("mara", name)
    stage.world.replace("mara", made.id, songs)
    actor = Actor(MARA, None, stage.clock())
    return await playlists.take(stage.store, music, actor, "main", await listed(music, made.id))


async def listed(music: SpotifyMusic, ref: str) -> ListedPlaylist:
    return next(playlist for playlist in await music.playlists() if playlist.id == ref)
