"""Feed: whether a feed that learns from likes and skips shows more songs a person likes than one that doesn't.

Half the songs of each person's playlists are held out; together they're the catalogue, as in `neighbours`. A person
starts with a few likes; they like a card if it's one of their held-out songs, and skip it otherwise. Space, ranking
and weights are the product's.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bot.core.features import SongFeatures
from bot.core.feed import taste
from bot.core.feed.neighbours import Neighbours
from bot.core.feed.space import FITTED_ON, Space, space_of
from bot.core.feed.taste import Taste
from training.evaluation.people import Person
from training.evaluation.report import number, table
from training.evaluation.studies.neighbours import Half, artist_of, parted
from training.problems import InputProblem

LIKES = 10  # per person, to begin with
SEEDS = 6  # likes that a card is similar to, as in bot.flows.feed.recommend
CARDS = (20, 50, 100)
DRAWS = 10  # feeds per person
WAYS = {"likes and skips": (True, True), "likes alone": (True, False), "no learning": (False, False)}


@dataclass
class Listener:
    """One person's feed: what they like, what was shown, and how they reacted."""

    half: Half
    rng: np.random.Generator
    begun: list[str]
    liked: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    @property
    def truth(self) -> frozenset[str]:
        return frozenset().union(*(held for _, held in self.half.playlists.values()))

    def says(self, song: str) -> bool:
        """Whether they like the card; also records it."""
        likes = song in self.truth
        (self.liked if likes else self.skipped).append(song)
        return likes


@dataclass(frozen=True)
class World:
    """The catalogue, and its songs' positions in the space."""

    index: Neighbours
    space: Space


def evaluate(people: Sequence[Person], seed: int) -> dict[str, Any]:
    """Return the share of liked cards among the first of CARDS, by person and way. Raises InputProblem."""
    halves = [parted(person, seed) for person in people]
    songs: dict[str, SongFeatures] = {}
    for half in halves:
        songs |= {song: half.songs[song] for _, held in half.playlists.values() for song in held}
    if len(songs) < max(CARDS):
        raise InputProblem("fewer songs are held out than a feed has cards")
    world = _world(songs, seed)
    results: dict[str, Any] = {"songs": len(songs), "draws": DRAWS, "ways": {}}
    for way, learns in WAYS.items():
        results["ways"][way] = {half.person: _shares(world, half, learns, seed) for half in halves}
    results["ways"]["random"] = {half.person: _by_chance(half, songs) for half in halves}
    return results


def _world(songs: Mapping[str, SongFeatures], seed: int) -> World:
    ids = sorted(songs)
    drawn = np.random.default_rng([seed, 2]).permutation(len(ids))[:FITTED_ON]
    space = space_of([songs[ids[at]] for at in drawn])
    index = Neighbours(space.size)
    index.put(
        ids, space.points([songs[song] for song in ids]), [artist_of(songs[song]) for song in ids], [True] * len(ids)
    )
    return World(index, space)


def _shares(world: World, half: Half, learns: tuple[bool, bool], seed: int) -> list[float]:
    feeds = [_feed(world, _listener(half, seed, draw), learns) for draw in range(DRAWS)]
    return [round(float(np.mean([feed[:count] for feed in feeds])), 4) for count in CARDS]


def _listener(half: Half, seed: int, draw: int) -> Listener:
    rng = np.random.default_rng([seed, draw, zlib.crc32(half.person.encode())])
    begun = [half.likes[at] for at in rng.permutation(len(half.likes))[:LIKES]]
    return Listener(half, rng, begun)


def _feed(world: World, listener: Listener, learns: tuple[bool, bool]) -> list[bool]:
    """Return whether each card was liked."""
    return [listener.says(_next(world, listener, learns)) for _ in range(max(CARDS))]


def _next(world: World, listener: Listener, learns: tuple[bool, bool]) -> str:
    """The next card, ranked as in `bot.flows.feed.recommend`."""
    from_likes, from_skips = learns
    songs = listener.half.songs
    liked = [*(listener.liked if from_likes else ()), *listener.begun]
    likes = world.space.points([songs[song] for song in liked])
    skips = world.index.points(listener.skipped if from_skips else ())
    towards = likes[listener.rng.permutation(len(likes))[:SEEDS]]
    seen = [*listener.liked, *listener.skipped]
    around = world.index.around(towards, taste.WIDE, without=seen)
    artists = {artist_of(songs[song]) for song in liked}
    ranked = taste.rank(around, towards, Taste(likes, likes[:0], skips, artists), 1)
    return around.ids[ranked[0][0]]


def _by_chance(half: Half, songs: Mapping[str, SongFeatures]) -> list[float]:
    """The result of a random feed: the person's share of the catalogue."""
    truth = set().union(*(held for _, held in half.playlists.values()))
    return [round(len(truth) / len(songs), 4)] * len(CARDS)


def report(results: Mapping[str, Any]) -> str:
    """Return the figures as Markdown."""
    people = list(next(iter(results["ways"].values())))
    drawn = f"{results['songs']:,} songs, {LIKES} likes to begin with, {results['draws']} feeds each."
    shares = f"Share of liked cards among the first {', '.join(map(str, CARDS))}."
    rows = [
        [way, *(" ".join(map(number, by_person[person])) for person in people)]
        for way, by_person in results["ways"].items()
    ]
    return f"`{results['command']}`: {drawn}\n{shares}\n\n{table(['feed', *people], rows)}"
