"""Dataset: everything training needs to know about one member's layer. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.core.features import SongFeatures

CORRECTION = "correction"  # the source of labels about songs that the bot had put into a wrong playlist
WEIGHTS = {CORRECTION: 0.25}  # of labels, by source; all others weigh 1


OtherPlaylist = Mapping[str, Sequence[int]]
"""A playlist of the member's that the bot doesn't keep: by song, the keys of its artists (`columns.artist_key`)."""


@dataclass(frozen=True, slots=True)
class Label:
    """One fact about a song: whether it belongs in `playlist`, or (None) that it belongs in none of them.

    bulk_answer: what all labels of one bulk answer share; None for a song's own answer.
    """

    song: str
    playlist: int | None
    verdict: bool
    source: str  # core.sorting.labels.Source, CORRECTION or "csv"
    bulk_answer: int | None = None


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """A member's whole library, what they said about some of it, and the layer's rules.

    `songs` may lack labelled songs: labels of songs that are gone or have no features teach nothing. `playlists` maps
    ids to names; only playlists with a song of their own can be learned. weights: as WEIGHTS. others: songs that
    share one of these are alike, though it doesn't say where they belong.
    """

    songs: Mapping[str, SongFeatures]
    labels: Sequence[Label]
    playlists: Mapping[int, str]
    several: bool
    everything: bool
    weights: Mapping[str, float] = field(default_factory=WEIGHTS.copy)
    others: Sequence[OtherPlaylist] = ()
