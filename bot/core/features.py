"""Features: what is known about a song, and where it came from. Pure.

Nothing of Spotify's content may enter a model, so every value names its source. How a row of a table says them stands
in `core.tables`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bot.core import limits

REFUSED = frozenset({"spotify"})  # sources that never enter a model (Spotify's developer terms)
LIKED = "liked"  # the number that says when a song was liked, as a year; a model uses it only where it helps
TAG = "tag: "  # before the name of a tag that is heard, whose score is a number
GOES_BY = frozenset({"musicnn"})  # of the vectors that are heard


class RefusedProvenance(ValueError):
    """Features of that source must not enter a model."""


@dataclass(frozen=True, slots=True)
class SongFeatures:
    """What is known about one song; whatever is absent is unknown. `provenance` names each value's source.

    embeddings: vectors by name, each of that name's own length; compared by direction.
    """

    numbers: Mapping[str, float] = field(default_factory=dict)
    sets: Mapping[str, frozenset[str]] = field(default_factory=dict)
    provenance: Mapping[str, str] = field(default_factory=dict)
    embeddings: Mapping[str, NDArray[np.float32]] = field(default_factory=dict, compare=False)

    @property
    def known(self) -> bool:
        """Whether there is anything to learn from or to go by."""
        return bool(self.numbers) or any(self.sets.values()) or bool(self.embeddings)


def bounded(song: SongFeatures) -> SongFeatures:
    """Return as much of what a member's file says about a song as is kept (`core.limits`)."""
    numbers = [name for name in song.numbers if len(name) <= limits.NAME][: limits.NUMBERS]
    sets = {name: tokens for name, tokens in song.sets.items() if len(name) <= limits.NAME}
    kept = {
        name: sorted(each for each in tokens if len(each) <= limits.TOKEN)[: limits.SET_TOKENS]
        for name, tokens in sets.items()
    }
    return SongFeatures(
        {name: song.numbers[name] for name in numbers},
        {name: frozenset(tokens) for name, tokens in kept.items()},
        {name: song.provenance[name] for name in (*numbers, *kept)},
    )


def filled_in(song: SongFeatures, other: SongFeatures) -> SongFeatures:
    """Return the song with `other`'s values where its own are missing."""
    return SongFeatures(
        {**other.numbers, **song.numbers},
        {**other.sets, **song.sets},
        {**other.provenance, **song.provenance},
        {**other.embeddings, **song.embeddings},
    )


def refuse(songs: Iterable[SongFeatures]) -> None:
    """Raise RefusedProvenance when a value comes from a source that must never enter a model."""
    for song in songs:
        if found := REFUSED.intersection(source.partition(":")[0] for source in song.provenance.values()):
            raise RefusedProvenance(f"features from {', '.join(sorted(found))} must not enter a model")


def features_heard(numbers: Mapping[str, float], vectors: Mapping[str, NDArray[np.float32]]) -> SongFeatures:
    """Return what a model goes by of all that was heard in a file (`bot.audio.analysis.features`).

    Its numbers and musicnn's vector. With tags' scores or the other vectors beside them, a few labels teach less, for
    they say the same things over again (docs/hearing.md).
    """
    return SongFeatures(
        {name: value for name, value in numbers.items() if not name.startswith(TAG)},
        embeddings={name: vector for name, vector in vectors.items() if name in GOES_BY},
    )
