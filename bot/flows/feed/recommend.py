"""Recommend: picks songs from the catalogue for a member: near a song, to their taste, new to them, not all alike.

A member's taste is what they like, what they dislike, and what their playlists' model would accept. Every song comes
with a reason: the songs of theirs that it's near to.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.adapters.store import Store, Tx
from bot.adapters.store.feed import catalogue as entries
from bot.adapters.store.feed import dislikes
from bot.adapters.store.feed import feed_history as shown
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import models, playlists
from bot.core.features import SongFeatures
from bot.core.feed import taste
from bot.core.feed.space import Space
from bot.core.feed.taste import Taste
from bot.core.records import Layer, Song
from bot.core.social.records import Reaction
from bot.core.sorting.decide import Scores
from bot.core.sorting.learning.columns import Vectors
from bot.core.sorting.learning.identities import artist_key
from bot.core.sorting.recording import naming
from bot.errors import ModelError, NoTaste
from bot.errors.feed import NothingLeftOver, SameSong, UnknownSong, UnknownSound
from bot.flows.feed.catalogue import Catalogue, Entry
from bot.flows.feed.catalogue_index import Index
from bot.ports import ModelFiles

MOST_LIKES = 1_000  # of a member, the newest
MOST_SAID = 300  # likes and skips in the feed, the newest
SEEDS = 6  # likes to start from if they name no song
MOST = 25  # recommendations at a time
NAMED = 2  # songs named as the reason
MOST_STEPS = 20  # of a path
CACHE_SIZE = 64  # members whose points are cached


@dataclass(frozen=True, slots=True)
class Recommended:
    """A song for the member. near: their songs, or those they named, that it's near to."""

    entry: Entry
    score: float
    near: tuple[Song, ...]


@dataclass(frozen=True, slots=True)
class Own:
    """A member's taste and library.

    likes: songs with their points (m, k); held: all they like, in their library or the feed; artists: keys of its
    artists; refused: what they dislike; skipped: what they skipped in the feed.
    """

    likes: Sequence[Song]
    points: Vectors
    held: frozenset[str]
    artists: frozenset[int]
    refused: Sequence[str]
    skipped: Sequence[str]


@dataclass(frozen=True, slots=True)
class Wish:
    """A request: points (t, k) to be near to, the songs they come from, and songs to leave out."""

    towards: Vectors
    named: Sequence[Song]
    without: Sequence[str]


class Recommender:
    """Recommends songs; keeps the points of the last members' likes in memory."""

    def __init__(self, store: Store, catalogue: Catalogue, scorer: ModelFiles) -> None:
        self._store, self._catalogue, self._scorer = store, catalogue, scorer
        self._own: OrderedDict[int, tuple[Any, Own]] = OrderedDict()

    async def recommend(
        self, member: int, song: str | None, count: int, without: Sequence[str] = ()
    ) -> list[Recommended]:
        """Return up to `count` songs near `song`; without one, near some of their likes, drawn anew each time.

        without: songs to leave out.

        Raises UnknownSong for one they can't see, UnknownSound for one without features, NoTaste, NothingThereYet.
        """
        index = await self._catalogue.points.index()
        async with self._store.reading() as tx:
            own = await self._of(tx, member, index)
            if song is None:
                wish = Wish(_drawn(own), (), without)
            else:
                points = await self._points(tx, member, index, [song])
                wish = Wish(points, await _described(tx, member, [song]), [song, *without])
        return await self._granted(member, index, own, wish, count)

    async def mix(self, member: int, add: Sequence[str], subtract: Sequence[str], count: int) -> list[Recommended]:
        """Return up to `count` songs like those in `add` and unlike those in `subtract`.

        Raises SameSong, NothingLeftOver if they cancel out, and as `recommend` does.
        """
        index = await self._catalogue.points.index()
        async with self._store.reading() as tx:
            own = await self._of(tx, member, index)
            await _refuse_twice(tx, member, [*add, *subtract])
            wanted = await self._points(tx, member, index, add)
            unwanted = await self._points(tx, member, index, subtract)
            named = await _described(tx, member, add)
        mixed = taste.mixture(wanted, unwanted)
        if not mixed.any():
            raise NothingLeftOver
        return await self._granted(member, index, own, Wish(mixed[None], named, [*add, *subtract]), count)

    async def path(self, member: int, start: str, goal: str, steps: int) -> list[Entry]:
        """Return up to `steps` songs that lead from `start` to `goal`, without those two; fewer if no song fits a step.

        Songs they like may be among them. Raises SameSong, and as `recommend` does.
        """
        steps = max(1, min(steps, MOST_STEPS))
        index = await self._catalogue.points.index()
        async with self._store.reading() as tx:
            await _refuse_twice(tx, member, [start, goal])
            refused = await dislikes.of(tx, member)
            ends = await self._points(tx, member, index, [start, goal])
            sees_all = await self._catalogue.sees_all(tx, member)
        arc = taste.between(ends[0], ends[1], steps)
        look = partial(index.neighbours.around, without=[start, goal, *refused], only_free=not sees_all)
        around = await asyncio.to_thread(look, arc, 2 * taste.STEPS_EACH)
        chosen = taste.walk(around.points, ends[0], ends[1], steps)
        return list((await self._catalogue.visible(member, [around.ids[at] for at in chosen])).values())

    def forget(self, member: int) -> None:
        """Drop a member's data from memory."""
        self._own.pop(member, None)

    async def _granted(self, member: int, index: Index, own: Own, wish: Wish, count: int) -> list[Recommended]:
        async with self._store.reading() as tx:
            sees_all = await self._catalogue.sees_all(tx, member)
        without = [*own.held, *own.refused, *wish.without]
        look = partial(index.neighbours.around, without=without, only_free=not sees_all)
        around = await asyncio.to_thread(look, wish.towards, taste.WIDE)
        async with self._store.reading() as tx:
            model = await self._model(tx, member, around.ids)
        placed = index.neighbours.points
        member_taste = Taste(own.points, placed(own.refused), placed(own.skipped), own.artists)
        count = max(1, min(count, MOST))
        ranked = taste.rank(around, wish.towards, member_taste, count, model)
        shown = await self._catalogue.visible(member, [around.ids[at] for at, _ in ranked])
        return [
            Recommended(shown[around.ids[at]], score, _near(around.points[at], own, wish))
            for at, score in ranked
            if around.ids[at] in shown
        ]

    async def likely(self, tx: Tx, layer: Layer, song: Song) -> dict[int, float]:
        """Return the probability that the song belongs in each playlist of a layer; empty without a model."""
        scores = await self._scores(tx, layer.layer, [song.song])
        if scores is None:
            return {}
        pairs = zip(scores.classes, scores.probabilities[0].tolist(), strict=True)
        return {playlist: probability for playlist, probability in pairs if playlist is not None}

    async def _model(self, tx: Tx, member: int, ids: Sequence[str]) -> NDArray[np.float32] | None:
        """Return each song's highest probability for any of the member's playlists, by their first layer's model."""
        layers = await playlists.layers(tx, member)
        scores = await self._scores(tx, layers[0].layer, ids) if layers else None
        kept = [at for at, playlist in enumerate(scores.classes) if playlist is not None] if scores else []
        return np.asarray(scores.probabilities[:, kept].max(axis=1), np.float32) if scores and kept else None

    async def _scores(self, tx: Tx, layer: int, ids: Sequence[str]) -> Scores | None:
        serving = await models.serving(tx, layer)
        if serving is None or not ids:
            return None
        known = await entries.features(tx, await entries.described(tx, ids))
        try:
            return self._scorer.load(serving.digest).score([known.get(song, SongFeatures()) for song in ids])
        except ModelError:
            return None

    async def _points(self, tx: Tx, member: int, index: Index, ids: Sequence[str]) -> Vectors:
        """Return the points (n, k) of songs, the catalogue's or the member's own. Raises UnknownSong, UnknownSound."""
        points = [await self._point(tx, member, index, song) for song in ids]
        return np.stack(points) if points else np.zeros((0, index.space.size), np.float32)

    async def _point(self, tx: Tx, member: int, index: Index, song: str) -> Vectors:
        visible = await entries.still(tx, await self._catalogue.sees_all(tx, member), [song])
        if visible and (placed := index.neighbours.point(song)) is not None:
            return placed
        if not visible and not await songs.is_liked(tx, member, song):
            raise UnknownSong
        described = await songs.some(tx, [song], member)
        point = _measured(index.space, list((await songs.features(tx, member, list(described.values()))).values()))
        if not point.any():
            raise UnknownSound
        return np.asarray(point[0])

    async def _of(self, tx: Tx, member: int, index: Index) -> Own:
        """Return the member's taste and library; computed again when their library or the space changed."""
        refused, said = await dislikes.of(tx, member), await shown.stamp(tx, member)
        stamp = (index.number, await songs.stamp(tx, member), refused, said)
        kept = self._own.get(member)
        if kept is not None and kept[0] == stamp:
            self._own.move_to_end(member)
            return kept[1]
        library = await songs.library(tx, member)
        held = {song.song for song in library}
        in_feed = [song for song in await shown.said(tx, member, shown.LIKED, MOST_SAID) if song not in held]
        newest = [*await _described(tx, member, in_feed), *library[:MOST_LIKES]]
        features = await songs.features(tx, member, newest)
        points = _measured(index.space, [features[song.song] for song in newest])
        known = np.flatnonzero(points.any(axis=1))
        own = Own(
            likes=[newest[at] for at in known],
            points=points[known],
            held=frozenset(held | set(in_feed)),
            artists=frozenset(artist_key(song.artists[0]) for song in (*newest, *library) if song.artists),
            refused=refused,
            skipped=await shown.said(tx, member, (Reaction.SKIP,), MOST_SAID),
        )
        self._own[member] = (stamp, own)
        if len(self._own) > CACHE_SIZE:
            self._own.popitem(last=False)
        return own


def _measured(space: Space, known: Sequence[SongFeatures]) -> Vectors:
    return space.points(known) if known else np.zeros((0, space.size), np.float32)


def _drawn(own: Own) -> Vectors:
    """Draw some of their likes' points. Raises NoTaste if no like has a point."""
    if not own.likes:
        raise NoTaste
    return own.points[np.random.default_rng().permutation(len(own.likes))[:SEEDS]]


def _near(point: Vectors, own: Own, wish: Wish) -> tuple[Song, ...]:
    """Return the reason for a song: the songs asked for, then the likes nearest to it."""
    nearest = [own.likes[at] for at in taste.nearest_liked(point, own.points, NAMED + 1)]
    return tuple(dict.fromkeys([*wish.named[:1], *nearest]))[:NAMED]


async def _refuse_twice(tx: Tx, member: int, ids: Sequence[str]) -> None:
    """Raises SameSong if two of the songs are one, perhaps as different releases."""
    known = await entries.described(tx, ids, member)
    names = [naming(known[song].title, known[song].artists) or song if song in known else song for song in ids]
    if len(set(names)) < len(names):
        raise SameSong


async def _described(tx: Tx, member: int, ids: Sequence[str]) -> list[Song]:
    known = await entries.described(tx, ids, member)
    return [known[song] for song in ids if song in known]
