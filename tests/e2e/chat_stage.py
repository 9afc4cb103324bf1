"""A stage for the chat: a house with the bot in it, and members whose songs are of three plainly different styles."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest_asyncio

from bot.chat import sentences
from sandbox.discord import Message, Outcome, Person, Upload
from sandbox.music.library import Library
from sandbox.spotify import Like, Track
from sandbox.spotify.model import spotify_id
from sandbox.stack import House, Resident

STYLES = ("Late night", "Run", "Kitchen")
PATIENCE = 40.0  # seconds; a training takes five on an idle machine


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory) -> AsyncIterator[House]:
    """The stand-ins, and the bot as a process beside them; shared by the tests of a module."""
    async with House(tmp_path_factory.mktemp("house")) as built:
        await built.start_bot()
        yield built


def styled(count: int = 60, seed: int = 1) -> Library:
    """A library in which tempo and energy tell the style; titles are full of mark-up."""
    dice, now = np.random.default_rng(seed), datetime.now(UTC)
    tracks = [_track(seed, number) for number in range(count)]
    truth = {style: tuple(each.uri for each in tracks[at::3]) for at, style in enumerate(STYLES)}
    likes = tuple(Like(each.uri, now - timedelta(days=age)) for age, each in enumerate(tracks, 1))
    noise = dice.normal(size=(count, 2))
    features = tuple(_features(each, number % 3, noise[number]) for number, each in enumerate(tracks))
    return Library(tuple(tracks), likes, truth, features)


def _track(seed: int, number: int) -> Track:
    made = spotify_id("styled", seed, number)
    return Track(
        made,
        f"Song {number} *live*",
        (f"Artist {number % 17}",),
        "Album",
        "2019",
        200_000,
        f"ZZS{seed:02d}{number:05d}",
    )


def _features(track: Track, style: int, noise: np.ndarray) -> dict[str, str | float]:
    sound = {"tempo": 80 + 40 * style + 4 * noise[0], "energy": 0.2 + 0.3 * style + 0.04 * noise[1]}
    return {
        "track_id": track.id,
        "isrc": track.isrc,
        **sound,
        "genres": "",
        "artists": track.artists[0],
        "year": "2019",
    }


def as_file(library: Library) -> Upload:
    """The library as Exportify writes it."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["Track URI", "Track Name", "Artist Name(s)", "Tempo", "Energy", "Added At"])
    for track, cells, like in zip(library.tracks, library.features, library.likes, strict=True):
        row = [
            track.uri,
            track.name,
            ";".join(track.artists),
            cells["tempo"],
            cells["energy"],
            like.added_at.isoformat(),
        ]
        writer.writerow(row)
    return Upload("liked.csv", text.getvalue().encode())


def newcomer(house: House, name: str) -> Person:
    """Somebody in the guild whom the bot has never heard of."""
    user = house.discord.add_user(name, display_name=name.title())
    house.discord.join(house.guild, user)
    return Person(house.discord, user, house.channel)


async def with_file(house: House, name: str, *playlists: str, library: Library | None = None) -> Person:
    """A member who brought a file, and keeps some playlists."""
    person = newcomer(house, name)
    await answer(person.command("library import", file=as_file(library or styled())))
    for each in playlists:
        await answer(person.command("playlists add", new=each))
    return person


async def answer(gesture) -> Message:
    """The answer to a gesture, once it can be read and is more than "One moment."."""
    outcome = await gesture
    await outcome.reply()
    return await outcome.until(lambda each: each.text() != sentences.ONE_MOMENT, PATIENCE)


async def linked(house: House, name: str, library: Library) -> tuple[Resident, Outcome]:
    """A member who linked Spotify in the browser; with the outcome of /link, in which the next step is shown."""
    resident = house.move_in(name, library)
    outcome = await house.link(resident)
    await outcome.until(lambda each: "liked song" in each.text(), PATIENCE)
    return resident, outcome


async def at_spotify(house: House, predicate: Callable[[], object]) -> None:
    """Wait until it is so at Spotify. Raises TimeoutError."""
    changed = asyncio.Event()
    end = house.spotify.subscribe(lambda _: changed.set())
    async with asyncio.timeout(PATIENCE):
        while not predicate():
            await changed.wait()
            changed.clear()
    end()


def held_back(library: Library, count: int) -> Library:
    return replace(
        library, likes=library.likes[count:], later=tuple(each.uri for each in reversed(library.likes[:count]))
    )


def asked_about(card: Message, library: Library) -> Track:
    """The song that a card shows, by its link."""
    heading = card.text().split("###")[1]
    return next(each for each in library.tracks if each.id in heading)


async def label(person: Person, card: Message, library: Library, count: int) -> Message:
    """Answer some cards truthfully; returns the one that comes after."""
    for _ in range(count):
        right = library.belongs(asked_about(card, library).uri)[0]
        card = await answer(person.click(card, right))
    return card


def labels(message: Message) -> list[str]:
    return [each.label for each in message.buttons()]


def data(house: House) -> Path:
    return house.data / "cratekeeper.db"
