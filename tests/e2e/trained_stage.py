"""A stage for tests that need a model: easily separable libraries, and a member who has trained."""

import csv
import io
from dataclasses import dataclass, replace

import numpy as np

from sandbox.discord import Message, Person, Upload
from sandbox.music.library import Library
from sandbox.stack import Listener
from tests.e2e.chat_stage import STYLES, answer, held_back, label, styled
from tests.e2e.checked_stack import PATIENCE, CheckedStack

SOUNDS = ("energy", "valence", "acousticness")  # each stands out in one of the styles
LATER = 12  # songs held back for tests to like
TAUGHT = 9  # labels; the sixth starts a training, which reads them once all are given


def file_of(library: Library) -> Upload:
    """The library as an Exportify file, with audio features."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["Track URI", "Track Name", "Artist Name(s)", *map(str.title, SOUNDS)])
    for track, cells in zip(library.tracks, library.features, strict=True):
        writer.writerow([track.uri, track.name, ";".join(track.artists), *(cells[sound] for sound in SOUNDS)])
    return Upload("liked.csv", text.getvalue().encode())


def plain(count: int, seed: int) -> Library:
    """Like `styled`, but easier to separate: every style has its own artists, with none of its words, and sound."""
    library, rng = styled(count, seed), np.random.default_rng(seed)
    tracks = tuple(replace(track, artists=(f"Artist {at % 12}",)) for at, track in enumerate(library.tracks))
    sounds = np.clip(0.15 + 0.7 * np.eye(3)[np.arange(count) % 3] + 0.03 * rng.normal(size=(count, 3)), 0, 1)
    cells = [
        {**cells, "tempo": 120, **dict(zip(SOUNDS, sound, strict=True)), "artists": track.artists[0]}
        for cells, sound, track in zip(library.features, sounds.round(3).tolist(), tracks, strict=True)
    ]
    return replace(library, tracks=tracks, features=tuple(cells))


@dataclass(frozen=True)
class Trained:
    """A listener with a trained model; `told` is the message that announced it."""

    stack: CheckedStack
    listener: Listener
    told: Message

    @property
    def person(self) -> Person:
        return self.listener.person

    @property
    def library(self) -> Library:
        return self.listener.library

    def contents(self) -> dict[str, list[str]]:
        """The URIs in the listener's playlists at Spotify, by playlist name."""
        ids = [playlist for playlist in self.listener.account.playlists if playlist is not None]
        return {playlist.name: list(playlist.uris) for playlist in map(self.stack.spotify.playlist, ids)}

    def ref(self, name: str) -> str:
        """The Spotify id of one of the listener's playlists."""
        ids = [playlist for playlist in self.listener.account.playlists if playlist is not None]
        return next(playlist.id for playlist in map(self.stack.spotify.playlist, ids) if playlist.name == name)

    async def dry_run(self) -> Message:
        return await (await self.person.command("sort")).reply(PATIENCE)

    async def apply(self, dry_run: Message) -> Message:
        """Press Apply. Returns the receipt."""
        outcome = await self.person.click(dry_run, "Apply")
        return await outcome.until(lambda message: "Undo" in [button.label for button in message.buttons()], PATIENCE)

    async def undo(self, receipt: Message) -> Message:
        outcome = await self.person.click(receipt, "Undo")
        return await outcome.until(lambda message: "Undone" in message.text(), PATIENCE)

    def likes(self) -> str:
        """Like a song that was held back. Returns its URI."""
        liked = {like.uri for like in self.listener.account.likes}
        uri = next(uri for uri in self.library.later if uri not in liked)
        self.stack.spotify.like(self.listener.account.id, uri)
        return uri


async def trained(stack: CheckedStack) -> Trained:
    """Have a member link Spotify, keep three playlists (one with two songs that she added), label and train."""
    await stack.import_features(plain(72, seed=21))
    listener = stack.add_listener("Ada", held_back(plain(72, seed=21), LATER))
    own = styled(2, seed=22)
    stack.spotify.publish(own.tracks)
    night = stack.spotify.create_playlist("ada", "Late night")
    stack.spotify.add("ada", night.id, [track.uri for track in own.tracks])
    await stack.link(listener)
    person = listener.person
    await answer(person.command("playlists add", playlist="Late night"))
    for style in STYLES[1:]:
        await answer(person.command("playlists add", new=style))
    for style in STYLES:
        await answer(person.command("playlists settings", playlist=style, mistakes=10))  # so songs get placed
    await answer(person.command("updates", cap=48))
    await label(person, await answer(person.command("label")), listener.library, TAUGHT)
    return Trained(stack, listener, await stack.learned(person))
