"""Features: what's known about a song, and where it came from. Pure.

Spotify's content must never enter a model, so every value names its source. `core.library.tables` reads features from
the rows of a table.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bot.core import limits

REFUSED = frozenset({"spotify"})  # sources that never enter a model (Spotify's developer terms)
LIKED = "liked"  # the number that says when a song was liked, as a year; a model uses it only where it helps
TITLE = "title"  # the set that holds it; read as a text, and for what a playlist's name hints at
TAG = "tag: "  # starts the name of a tag found by analysis; its score is a number
GOES_BY = frozenset({"musicnn"})  # the vectors found by analysis that models use


class RefusedProvenance(ValueError):
    """Features from this source must not enter a model."""


@dataclass(frozen=True, slots=True)
class SongFeatures:
    """What's known about one song; anything absent is unknown. `provenance` names each value's source.

    embeddings: vectors by name, each name with its own length; compared by direction.
    """

    numbers: Mapping[str, float] = field(default_factory=dict)
    sets: Mapping[str, frozenset[str]] = field(default_factory=dict)
    provenance: Mapping[str, str] = field(default_factory=dict)
    embeddings: Mapping[str, NDArray[np.float32]] = field(default_factory=dict, compare=False)

    @property
    def known(self) -> bool:
        """Whether there's anything to learn or predict from."""
        told = any(tokens for name, tokens in self.sets.items() if name != TITLE)
        return bool(self.numbers) or told or bool(self.embeddings)


def bounded(song: SongFeatures) -> SongFeatures:
    """Return the features that a member's file gives a song, cut to what we keep (`core.limits`)."""
    numbers = [name for name in song.numbers if len(name) <= limits.NAME][: limits.NUMBERS]
    sets = {name: tokens for name, tokens in song.sets.items() if len(name) <= limits.NAME}
    kept = {
        name: sorted(token for token in tokens if len(token) <= limits.TOKEN)[: limits.SET_TOKENS]
        for name, tokens in sets.items()
    }
    return SongFeatures(
        {name: song.numbers[name] for name in numbers},
        {name: frozenset(tokens) for name, tokens in kept.items()},
        {name: song.provenance[name] for name in (*numbers, *kept)},
    )


def filled_in(song: SongFeatures, other: SongFeatures) -> SongFeatures:
    """Return `song` with values from `other` where its own are missing."""
    return SongFeatures(
        {**other.numbers, **song.numbers},
        {**other.sets, **song.sets},
        {**other.provenance, **song.provenance},
        {**other.embeddings, **song.embeddings},
    )


def refuse(songs: Iterable[SongFeatures]) -> None:
    """Raise RefusedProvenance if any value comes from a source that must never enter a model."""
    sources = set().union(*(song.provenance.values() for song in songs))
    if refused := REFUSED.intersection(source.partition(":")[0] for source in sources):
        raise RefusedProvenance(f"features from {', '.join(sorted(refused))} must not enter a model")


def features_heard(numbers: Mapping[str, float], vectors: Mapping[str, NDArray[np.float32]]) -> SongFeatures:
    """Return the part of a file's analysis (`bot.audio.analysis.features`) that models use.

    These are its numbers and musicnn's vector. Adding tag scores or the other vectors makes a few labels teach less,
    because they repeat the same information (docs/hearing.md).
    """
    return SongFeatures(
        {name: value for name, value in numbers.items() if not name.startswith(TAG)},
        embeddings={name: vector for name, vector in vectors.items() if name in GOES_BY},
    )
