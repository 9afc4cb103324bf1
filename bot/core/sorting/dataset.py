"""Dataset: everything that training needs to know about one member's layer. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.core.features import SongFeatures


@dataclass(frozen=True, slots=True)
class Label:
    """One thing known about one song: whether it belongs in `playlist`, or (None) that it belongs in none of them."""

    song: str
    playlist: int | None
    verdict: bool
    source: str  # core.labels.Source, or "csv"


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """A member's whole library, what they said about some of it, and the layer's rules.

    `songs` need not hold every labelled song: labels of songs that are gone, or of which nothing is known, teach
    nothing. `playlists` maps ids to names; only those with a song of their own can be learnt.
    """

    songs: Mapping[str, SongFeatures]
    labels: Sequence[Label]
    playlists: Mapping[int, str]
    several: bool
    everything: bool
