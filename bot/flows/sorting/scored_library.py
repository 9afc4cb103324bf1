"""Scored library: a member's whole library as the active model scores it. Expensive, so the last few are cached."""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.adapters.store import Store
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import models
from bot.core.features import SongFeatures
from bot.core.records import Model, Song
from bot.core.sorting.decide import Scores
from bot.core.sorting.learning.columns import Vectors
from bot.core.sorting.learning.prior import Prior, tell
from bot.core.sorting.learning.schema import schema_of
from bot.errors import ModelError, ModelMissing
from bot.flows.sorting.prior import usable_by
from bot.ports import ModelFiles, PriorFile

MOST_BYTES = 150 * 2**20  # of all cached libraries but the newest
SONG_BYTES = 4_000  # a song and its features as Python keeps them, about


@dataclass(frozen=True, slots=True)
class ScoredLibrary:
    """The library in a fixed order, with each song's point in the model's space, and scores if there's a model."""

    songs: Sequence[Song]
    features: Mapping[str, SongFeatures]
    place: Mapping[str, int]  # song → row
    space: Vectors  # (n, k)
    scores: Scores | None
    model: Model | None
    memo: dict[int, Vectors] = field(default_factory=dict, repr=False)  # of `active_learning.points_of`

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
        points = sum(vectors.nbytes for vectors in (self.space, *self.memo.values()))
        return points + SONG_BYTES * len(self.songs)

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
        scored = await asyncio.to_thread(self._look, library, features, model, prior)
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
    ) -> ScoredLibrary:
        features = tell(prior, known_features)
        known = [features[song.song] for song in library]
        place = {song.song: row for row, song in enumerate(library)}
        scores = self._scores(known, model)
        space = schema_of(known).vectors(known) if scores is None else scores.space
        return ScoredLibrary(library, features, place, space, scores, model if scores is not None else None)

    def _scores(self, known: Sequence[SongFeatures], model: Model | None) -> Scores | None:
        """Return the scores; None without a model, or with one that's missing or damaged (promise P28)."""
        if model is None:
            return None
        try:
            return self._scorer.load(model.digest).score(known)
        except ModelError:
            return None

    def forget(self, member: int) -> None:
        """Drop a member's cached libraries."""
        for key in [key for key in self._kept if key[0] == member]:
            del self._kept[key]
