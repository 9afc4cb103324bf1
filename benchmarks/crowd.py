"""Crowd: the members of the clicks' benchmark: some with cards to answer, others about to link Spotify."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.adapters.artefacts import Folder
from bot.adapters.scorer import Scorer
from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.adapters.store.library import own_features, songs
from bot.adapters.store.sorting import answers, playlists
from bot.chat.sorting import cards
from bot.core.features import SongFeatures
from bot.core.records import Layer, Like, Song
from bot.core.sorting.labels import Answer, Kind, Source
from bot.flows.sorting.labelling import label
from bot.flows.sorting.labelling.label import Question
from bot.flows.sorting.scored_library import ScoredLibraries
from sandbox import discord, spotify
from sandbox.discord import Message, Person
from sandbox.discord.components import numbered
from sandbox.discord.model import Draft, MessageFlag
from sandbox.music.library import Library
from sandbox.spotify import Track
from sandbox.spotify.model import spotify_id
from sandbox.stack import Listener, Stack, code_on, consent_url

MEMBERS, CARDS = 200, 5  # 1,000 clicks
SONGS = 60  # of a member who clicks
LIKES = 2_000  # of one who links
NEVER = 10**6  # labels that a training waits for
PATIENCE = 120.0  # seconds for what isn't measured
STYLES = ("Late night", "Run", "Kitchen")
NOW = datetime(2026, 11, 1, tzinfo=UTC)


async def moved_in(stack: Stack, count: int = MEMBERS) -> list[tuple[Person, Message]]:
    """Give every member a library, three playlists and, in messages, their cards, before the bot starts."""
    async with Store(stack.database_url) as store:
        await store.migrate()
        libraries = ScoredLibraries(store, Scorer(Folder(stack.data / "models")))
        people = [_newcomer(stack, f"member{number}") for number in range(count)]
        questions = [await _asked(store, libraries, person.user.id, number) for number, person in enumerate(people)]
    return [
        (person, _posted(stack, person, question))
        for person, asked in zip(people, questions, strict=True)
        for question in asked
    ]


def _newcomer(stack: Stack, name: str) -> Person:
    user = stack.discord.add_user(name)
    stack.discord.join(stack.guild, user)
    return Person(stack.discord, user, stack.channel)


async def _asked(store: Store, libraries: ScoredLibraries, member: int, number: int) -> Sequence[Question]:
    """Register a member with the bot; return the first questions."""
    likes = [Like(Song(uri, f"Song {at}", (f"Artist {at % 17}",)), NOW) for at, uri in enumerate(_uris(number, SONGS))]
    sound = {like.song.song: _sound(at) for at, like in enumerate(likes)}
    async with store.writing() as tx:
        await members.ensure(tx, member, NOW)
        await members.change(tx, member, source="file")
        await songs.bring(tx, member, likes)
        await own_features.add(tx, member, sound, SONGS, NOW)
        layer = await playlists.ensure_layer(tx, member, "main")
        for name in STYLES:
            await playlists.add(tx, layer, name, name, "🟦")
        await playlists.change_layer(tx, layer.layer, tried=NEVER)
    asked = await label.ask_some(store, libraries, layer, CARDS, NOW)
    await _labelled(store, layer, next(song for song in sound if song not in {each.song.song for each in asked}))
    return asked


async def _labelled(store: Store, layer: Layer, song: str) -> None:
    """Store the one label that five more need for a first training."""
    async with store.writing() as tx:
        (first, *_) = await playlists.in_layer(tx, layer.layer)
        await answers.add(tx, layer.member, layer.layer, Answer(song, Kind.ONLY, (first.playlist,), Source.BUTTON, 1))


def _sound(at: int) -> SongFeatures:
    """Return a song's features, by which the playlists' songs can be told apart."""
    numbers = {"tempo": 80.0 + 40 * (at % 3), "energy": 0.2 + 0.3 * (at % 3)}
    return SongFeatures(numbers, {}, dict.fromkeys(numbers, own_features.SOURCE))


def _posted(stack: Stack, person: Person, question: Question) -> Message:
    """Post a card as the bot answers /label with it."""
    page = cards.card(question)
    flags = MessageFlag.COMPONENTS_V2 | MessageFlag.EPHEMERAL
    components = page.to_components()  # type: ignore[no-untyped-call]  # discord.py leaves it untyped
    draft: Draft = {"components": numbered(components), "flags": flags}
    return stack.discord.post(stack.channel, stack.discord.bot, draft, visible_to=person.user.id)


def _uris(seed: int, songs: int) -> list[str]:
    return [f"spotify:track:{spotify_id('clicks', seed, at)}" for at in range(songs)]


def library(seed: int, likes: int = LIKES) -> Library:
    """Return the library of a member whose likes are read."""
    tracks = tuple(
        Track(uri.rpartition(":")[2], f"Song {at}", (f"Artist {at % 17}",), "Album", "2019", 200_000)
        for at, uri in enumerate(_uris(seed, likes))
    )
    liked = (spotify.Like(track.uri, NOW - timedelta(minutes=at)) for at, track in enumerate(tracks))
    return Library(tracks, tuple(liked), {}, ())


async def about_to_link(stack: Stack, seeds: Iterable[int], likes: int = LIKES) -> list[tuple[Listener, Message]]:
    """Have members link Spotify, up to the last click."""
    with patient(stack.discord):
        return [await _about_to_link(stack, _reader(stack, seed, likes)) for seed in seeds]


def _reader(stack: Stack, seed: int, likes: int) -> Listener:
    stack.app.users.add(name := f"reader{seed}")  # more seats than Spotify allows
    return stack.add_listener(name, library(seed, likes))


@contextmanager
def patient(world: discord.World) -> Iterator[None]:
    """Let Discord wait longer for what isn't measured."""
    rules, world.rules = world.rules, replace(world.rules, answer_within=timedelta(seconds=PATIENCE))
    yield
    world.rules = rules


async def _about_to_link(stack: Stack, listener: Listener) -> tuple[Listener, Message]:
    message = await (await listener.person.command("link")).reply()
    page = await stack.agree(consent_url(message), listener.account)
    form = await listener.person.click(message, "Enter the code")
    return listener, await (await listener.person.submit(form, code=code_on(page))).reply()
