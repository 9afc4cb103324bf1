"""Scored library: a member's whole library as the active model scores it. Expensive, so the last few are cached.

What's known of the songs is read a part at a time, and isn't kept: it takes several times as much memory as the rest.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.adapters.store import Store, Tx
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import models
from bot.core.features import SongFeatures
from bot.core.records import Model, Song
from bot.core.sorting.decide import Scores
from bot.core.sorting.learning.active_learning import SAMPLE, Projection, Projector, projection_of
from bot.core.sorting.learning.columns import Vectors
from bot.core.sorting.learning.prior import Prior, with_prior
from bot.core.sorting.learning.schema import Survey
from bot.core.sorting.why import Quantised, dequantised, quantised
from bot.errors import ModelError, ModelMissing
from bot.flows.sorting.prior import usable_by
from bot.ports import ModelFiles, PriorFile, ScoringModel

MOST_BYTES = 50 * 2**20  # of all cached libraries but the newest
PART = 1_024  # songs read and scored at a time
SONG_BYTES = 1_000  # a song as Python keeps it, about

NO_VECTORS: Quantised = np.empty((0, 0), np.int8)
ReadFeatures = Callable[[Sequence[Song]], Awaitable[list[SongFeatures]]]  # what's known of some songs
Scored = tuple[tuple[int | None, ...], Vectors, Quantised, NDArray[np.bool_]]  # classes, probabilities, space, known


@dataclass(frozen=True, slots=True)
class ScoredLibrary:
    """The library in a fixed order, with a projection of its songs, and scores if there's a model.

    prior: the one that the member may use. without_features: the number of songs that a model can only guess at.
    by_source: for each source, the number of songs it has features for, largest first.
    """

    songs: Sequence[Song]
    place: Mapping[str, int]  # song → row
    space: Quantised  # (n, k), the songs in the model's space; empty without one
    scores: Scores | None  # whose own space is empty
    model: Model | None
    projection: Projection
    prior: Prior | None = None
    without_features: int = 0
    by_source: Mapping[str, int] = field(default_factory=dict)

    def scores_of(self, chosen: Sequence[str]) -> Scores:
        """Return the scores of some songs, in their order. Raises ModelMissing without a model."""
        if self.scores is None:
            raise ModelMissing
        rows = [self.place[song] for song in chosen]
        scores = self.scores
        return Scores(scores.classes, scores.probabilities[rows], scores.space[rows], scores.known[rows])

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        points = (self.projection.rows, *self.projection.memo.values())
        return self.space.nbytes + sum(vectors.nbytes for vectors in points) + SONG_BYTES * len(self.songs)


class ScoredLibraries:
    """Makes scored libraries and caches the newest; a changed library, model or prior makes a new one."""

    def __init__(self, store: Store, scorer: ModelFiles, priors: PriorFile | None = None) -> None:
        self._store, self._scorer, self._priors = store, scorer, priors
        self._kept: OrderedDict[tuple[int, int], tuple[Any, ScoredLibrary]] = OrderedDict()

    async def of(self, member: int, layer: int) -> ScoredLibrary:
        """Return the member's library as scored in this layer."""
        current = await asyncio.to_thread(self._priors.current) if self._priors else None
        async with self._store.reading() as tx:
            model, prior = await models.serving(tx, layer), await usable_by(tx, member, current)
            stamp = (await songs.stamp(tx, member), model and model.digest, prior and prior.versions)
            kept = self._kept.pop((member, layer), None)
            if kept is not None and kept[0] == stamp:
                self._kept[member, layer] = kept  # the newest now
                return kept[1]
            del kept  # it makes room for the next
            library = await songs.library(tx, member)
        scored = await self._score(member, library, model, prior, layer)
        self._kept[member, layer] = (stamp, scored)
        while len(self._kept) > 1 and sum(library.size for _, library in self._kept.values()) > MOST_BYTES:
            self._kept.popitem(last=False)
        return scored

    async def _score(
        self, member: int, library: Sequence[Song], model: Model | None, prior: Prior | None, layer: int
    ) -> ScoredLibrary:
        async def read_features(some: Sequence[Song]) -> list[SongFeatures]:
            """Return what's known of some of the songs. What changes meanwhile makes a new stamp."""
            async with self._store.reading() as tx:
                known = await songs.features(tx, member, some)
            return list((await asyncio.to_thread(with_prior, prior, known)).values())

        served = await asyncio.to_thread(self._opened, model)
        parts = _PartsRead(served)
        for at in range(0, len(library) or 1, PART):
            await asyncio.to_thread(parts.add, await read_features(library[at : at + PART]))
        scores, space = await asyncio.to_thread(concatenated, parts.scored) if served else (None, NO_VECTORS)
        return ScoredLibrary(
            library,
            {song.song: row for row, song in enumerate(library)},
            space,
            scores,
            model if served else None,
            await (
                asyncio.to_thread(_projection, space, layer)
                if served
                else _first_projection(library, read_features, parts, layer)
            ),
            prior,
            parts.without,
            dict(parts.by_source.most_common()),
        )

    def _opened(self, model: Model | None) -> ScoringModel | None:
        """Return the model's file, opened; None without a model, or with a damaged one (P28)."""
        try:
            return self._scorer.load(model.digest) if model else None
        except ModelError:
            return None

    def forget(self, member: int) -> None:
        """Drop a member's cached libraries, and the models that scored them."""
        for key in [key for key in self._kept if key[0] == member]:
            _, library = self._kept.pop(key)
            if library.model is not None:
                self._scorer.forget(library.model.digest)


async def known_of(tx: Tx, member: int, scored: ScoredLibrary, song: Song) -> SongFeatures:
    """Return what's known of one of the library's songs, with what the prior says of it."""
    return with_prior(scored.prior, await songs.features(tx, member, [song]))[song.song]


class _PartsRead:
    """What remains of the songs that were read: scores with a model, otherwise what a schema needs; and some counts."""

    def __init__(self, served: ScoringModel | None) -> None:
        self._served, self.scored, self.survey = served, list[Scored](), Survey()
        self.without, self.by_source = 0, Counter[str]()

    def add(self, part: Sequence[SongFeatures]) -> None:
        self.without += sum(not song.known for song in part)
        self.by_source.update(source for song in part for source in set(song.provenance.values()))
        if self._served is None:
            self.survey.add(part)
        else:
            self.scored.append(scores_and_vectors(self._served, part))


def scores_and_vectors(model: ScoringModel, songs: Sequence[SongFeatures]) -> Scored:
    """Return the scores of a part, with its vectors quantised."""
    scores = model.score(songs)
    return scores.classes, scores.probabilities, quantised(scores.space), scores.known


def concatenated(parts: Sequence[Scored]) -> tuple[Scores, Quantised]:
    """Return the scores of all parts, whose own space is empty, and their quantised vectors."""
    probabilities, space, known = (np.concatenate(arrays) for arrays in zip(*(part[1:] for part in parts), strict=True))
    return Scores(parts[0][0], probabilities, np.empty((len(known), 0), np.float32), known), space


def _projection(space: Quantised, layer: int) -> Projection:
    """Return the projection of the songs in a model's space."""
    return projection_of(len(space), lambda rows: dequantised(space[rows]), layer)


async def _first_projection(
    library: Sequence[Song], read_features: ReadFeatures, parts: _PartsRead, layer: int
) -> Projection:
    """Return the projection of the songs' vectors, before there's a model. It reads the songs a second time."""
    projector, schema = Projector(len(library), layer), await asyncio.to_thread(parts.survey.schema)

    async def vectors(some: Sequence[Song]) -> Vectors:
        return await asyncio.to_thread(schema.vectors, await read_features(some))

    if library:
        await asyncio.to_thread(projector.fit, await vectors([library[row] for row in projector.sample.tolist()]))
    for at in range(0, len(library), SAMPLE):
        await asyncio.to_thread(projector.add, await vectors(library[at : at + SAMPLE]))
    return projector.projection()
