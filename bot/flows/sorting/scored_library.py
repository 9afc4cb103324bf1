"""Scored library: a member's whole library as the active model scores it. Expensive, so the last few are cached."""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.adapters.store import Store
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import models
from bot.core.features import SongFeatures
from bot.core.records import Model, Song
from bot.core.sorting.decide import Scores
from bot.core.sorting.learning.active_learning import Outline, outline_of
from bot.core.sorting.learning.columns import Vectors
from bot.core.sorting.learning.prior import Prior, tell
from bot.core.sorting.learning.schema import schema_of
from bot.errors import ModelError, ModelMissing
from bot.flows.sorting.prior import usable_by
from bot.ports import ModelFiles, PriorFile, ScoringModel

MOST_BYTES = 150 * 2**20  # of all cached libraries but the newest
PART = 4_096  # songs scored at a time
SONG_BYTES = 4_000  # a song and its features as Python keeps them, about

Places = NDArray[np.float16]
NOWHERE: Places = np.empty((0, 0), np.float16)


@dataclass(frozen=True, slots=True)
class ScoredLibrary:
    """The library in a fixed order, with an outline of where its songs lie, and scores if there's a model."""

    songs: Sequence[Song]
    features: Mapping[str, SongFeatures]
    place: Mapping[str, int]  # song → row
    space: Places  # (n, k), where the model places them; empty without one
    scores: Scores | None  # without places
    model: Model | None
    outline: Outline

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
        points = (self.outline.seen, *self.outline.memo.values())
        return self.space.nbytes + sum(vectors.nbytes for vectors in points) + SONG_BYTES * len(self.songs)

    @property
    def without_features(self) -> int:
        """Number of songs without features: a model can only guess at them."""
        return sum(not song.known for song in self.features.values())

    @property
    def by_source(self) -> Mapping[str, int]:
        """For each source, the number of songs it has features for, largest first."""
        told = (source for song in self.features.values() for source in set(song.provenance.values()))
        return dict(Counter(told).most_common())


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
            features = await songs.features(tx, member, library)
        scored = await asyncio.to_thread(self._look, library, features, model, prior, layer)
        self._kept[member, layer] = (stamp, scored)
        while len(self._kept) > 1 and sum(library.size for _, library in self._kept.values()) > MOST_BYTES:
            self._kept.popitem(last=False)
        return scored

    def _look(
        self,
        library: Sequence[Song],
        known_features: Mapping[str, SongFeatures],
        model: Model | None,
        prior: Prior | None,
        layer: int,
    ) -> ScoredLibrary:
        features = tell(prior, known_features)
        known = [features[song.song] for song in library]
        place = {song.song: row for row, song in enumerate(library)}
        scores, space = self._scores(known, model)
        served = model if scores is not None else None
        return ScoredLibrary(library, features, place, space, scores, served, _outline(known, space, layer))

    def _scores(self, known: Sequence[SongFeatures], model: Model | None) -> tuple[Scores | None, Places]:
        """Return the scores and where they place the songs; neither without a model, or with a damaged one (P28)."""
        try:
            return scores_and_places(self._scorer.load(model.digest), known) if model else (None, NOWHERE)
        except ModelError:
            return None, NOWHERE

    def forget(self, member: int) -> None:
        """Drop a member's cached libraries."""
        for key in [key for key in self._kept if key[0] == member]:
            del self._kept[key]


def scores_and_places(model: ScoringModel, songs: Sequence[SongFeatures]) -> tuple[Scores, Places]:
    """Return the scores, and apart from them the places, in half of the memory."""
    parts = [_apart(model.score(songs[at : at + PART])) for at in range(0, len(songs) or 1, PART)]
    probabilities, space, known = (np.concatenate(arrays) for arrays in zip(*(part[1:] for part in parts), strict=True))
    return Scores(parts[0][0], probabilities, np.empty((len(songs), 0), np.float32), known), space


def _apart(scores: Scores) -> tuple[tuple[int | None, ...], Vectors, Places, NDArray[np.bool_]]:
    return scores.classes, scores.probabilities, scores.space.astype(np.float16), scores.known


def _outline(known: Sequence[SongFeatures], space: Places, layer: int) -> Outline:
    """Return the outline of where the model places the songs, or, before there's one, of their vectors."""
    if len(space):
        return outline_of(len(known), lambda rows: space[rows].astype(np.float32), layer)
    schema = schema_of(known)
    return outline_of(len(known), lambda rows: schema.vectors([known[row] for row in rows.tolist()]), layer)
