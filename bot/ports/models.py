"""Models: training them, and scoring songs with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.core.features import SongFeatures
from bot.core.sorting.decide import Scores
from bot.core.sorting.learning.prior import Prior


class ScoringModel(Protocol):
    """A member's model of one layer."""

    def score(self, songs: Sequence[SongFeatures]) -> Scores:
        """Return the model's scores of each song; songs without features are marked."""
        ...


class ModelFiles(Protocol):
    """The models that can be served, by the hash of their files."""

    def load(self, digest: str) -> ScoringModel:
        """Return the model with that digest. Raises ModelMissing, ModelCorrupt."""
        ...

    def opens(self, digest: str) -> bool:
        """Whether the file with that digest exists and works."""
        ...

    def forget(self, digest: str) -> None:
        """Drop a model from memory."""
        ...

    def take_unusable(self) -> set[str]:
        """Return the digests that couldn't be loaded since the last time."""
        ...


class PriorFile(Protocol):
    """What was learned from other people's playlists."""

    def current(self) -> Prior | None: ...


@dataclass(frozen=True, slots=True)
class Trained:
    """How a training ended: a new model is active, the previous one stays, or there were too few labels."""

    published: bool
    labels: int
    reason: str


class Training(Protocol):
    async def fit(self, member: int, layer: int) -> Trained:
        """Train one layer of a member. Raises TrainingFailed, StorageDown."""
        ...
