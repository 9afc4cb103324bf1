"""A stage for the chat: a stack with a running bot, and members whose songs have three clearly distinct styles."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest_asyncio

from bot.messages.sorting import playlists
from sandbox.discord import Channel, Message, Outcome, Person, Upload
from sandbox.music.library import Library
from sandbox.spotify import Like, Track
from sandbox.spotify.model import spotify_id
from sandbox.stack import Listener, Stack
from tests.databases import migrated_folder

STYLES = ("Late night", "Run", "Kitchen")
PATIENCE = 40.0  # seconds; a training takes 5 s on an idle machine


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack(tmp_path_factory) -> AsyncIterator[Stack]:
    """The stand-ins and the bot process, shared by a module's tests."""
    async with Stack(tmp_path_factory.mktemp("stack")) as built:
        migrated_folder(built.data)
        await built.start_bot()
        yield built


def styled(count: int = 60, seed: int = 1) -> Library:
    """A library in which tempo and energy reveal the style. Titles are full of markup."""
    rng, now = np.random.default_rng(seed), datetime.now(UTC)
    tracks = [_track(seed, number) for number in range(count)]
    truth = {style: tuple(track.uri for track in tracks[at::3]) for at, style in enumerate(STYLES)}
    likes = tuple(Like(track.uri, now - timedelta(days=age)) for age, track in enumerate(tracks, 1))
    noise = rng.normal(size=(count, 2))
    features = tuple(_features(track, number % 3, noise[number]) for number, track in enumerate(tracks))
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
    """The library as an Exportify file."""
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


def newcomer(stack: Stack, name: str) -> Person:
    """A guild member who hasn't used the bot."""
    user = stack.discord.add_user(name, display_name=name.title())
    stack.discord.join(stack.guild, user)
    return Person(stack.discord, user, stack.channel)


async def with_file(stack: Stack, name: str, *playlists: str, library: Library | None = None) -> Person:
    """A member who has imported a file and keeps some playlists with the bot."""
    person = newcomer(stack, name)
    await answer(person.command("library import", file=as_file(library or styled())))
    for playlist in playlists:
        await answer(person.command("playlists add", new=playlist))
    return person


async def answer(gesture) -> Message:
    """The bot's final answer to a gesture, after "One moment."."""
    outcome = await gesture
    await outcome.reply()
    return await outcome.until(lambda message: message.text() != playlists.ONE_MOMENT, PATIENCE)


async def post_in(manager: Person, purpose: str, *channels: Channel) -> Message:
    """Choose where the bot may post for that purpose in the manager's server."""
    panel = await answer(manager.command("server"))
    return await answer(manager.select(panel, f"ck1:server:{purpose}", channels))


async def linked(stack: Stack, name: str, library: Library) -> tuple[Listener, Outcome]:
    """A member who has linked Spotify in the browser, and the outcome of /link, which shows the next step."""
    listener = stack.add_listener(name, library)
    outcome = await stack.link(listener)
    await outcome.until(lambda message: "liked song" in message.text(), PATIENCE)
    return listener, outcome


async def at_spotify(stack: Stack, predicate: Callable[[], object]) -> None:
    """Wait until `predicate` is true, checking after each change at Spotify. Raises TimeoutError."""
    changed = asyncio.Event()
    end = stack.spotify.subscribe(lambda _: changed.set())
    async with asyncio.timeout(PATIENCE):
        while not predicate():
            await changed.wait()
            changed.clear()
    end()


def held_back(library: Library, count: int) -> Library:
    return replace(
        library, likes=library.likes[count:], later=tuple(like.uri for like in reversed(library.likes[:count]))
    )


def asked_about(card: Message, library: Library) -> Track:
    """The song that a card asks about, found by its link."""
    heading = card.text().split("###")[1]
    return next(track for track in library.tracks if track.id in heading)


async def label(person: Person, card: Message, library: Library, count: int) -> Message:
    """Answer `count` cards truthfully. Returns the next card."""
    for _ in range(count):
        right = library.belongs(asked_about(card, library).uri)[0]
        card = await answer(person.click(card, right))
    return card


async def learn(person: Person) -> Message:
    """Have the bot learn now, if it isn't learning already; return what it says when it has learned."""
    outcome = await person.command("model")
    model = await outcome.reply()
    if "Learn now" in labels(model):
        outcome = await person.click(model, "Learn now")
    return await outcome.until(lambda message: "View" in labels(message), PATIENCE)


def labels(message: Message) -> list[str]:
    return [button.label for button in message.buttons()]


def data(stack: Stack) -> Path:
    return stack.data / "cratekeeper.db"
