"""Merge: what several sources say of one song, as one. The order of precedence stands here and nowhere else. Pure.

Value by value: a source that is silent about tempo leaves tempo to the next, and every value keeps its provenance. The
same goes for what a song is called: no source takes away what another knew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeVar

from bot.core.features import SongFeatures
from bot.core.records import Song

T = TypeVar("T")
PRECEDENCE = (
    "upload",  # a file the member sent in for this very song, heard here
    "csv",  # what the member's own table says
    "operator",  # what the operator's table says ("operator:name")
    "audio",  # the operator's music folder, heard here
    "deezer",  # a preview of 30 s, heard here
    "reccobeats",  # a service's own analysis
    "acousticbrainz",  # others' files, analysed by others
    "musicbrainz",  # artists, first release, genres, tags
    "listenbrainz",  # who is listened to by the same people
)  # the first that knows a value gives it


@dataclass(frozen=True, slots=True)
class Said:
    """What one source says of a song; `own`: to this member alone, which goes before what it says to everybody."""

    source: str
    own: bool
    features: SongFeatures


class Origin(IntEnum):
    """Who described a song that everybody sees; the higher overrules the lower. A member's file never does."""

    UNKNOWN = 0  # kept by a version that did not say: may have come from anybody's file
    OPERATOR = 1  # the tags of a file in the operator's music folder
    SPOTIFY = 2


def described(kept: Song, origin: Origin, said: Song, by: Origin) -> tuple[Song, Origin]:
    """Return a song as it is known after `by` described it, and whose word that is."""
    if origin is Origin.UNKNOWN:
        return said, by
    return (said.filled_from(kept), by) if by >= origin else (kept.filled_from(said), origin)


def rank(source: str) -> int:
    """Return a source's place in PRECEDENCE; one that is not in there comes last."""
    kind = source.partition(":")[0]
    return PRECEDENCE.index(kind) if kind in PRECEDENCE else len(PRECEDENCE)


def merge(said: Sequence[Said]) -> SongFeatures:
    """Return all that is known of a song. Of two files by the same kind of source, the later name gives the value."""
    lowest_first = sorted(sorted(said, key=lambda each: each.source), key=_weight)
    return SongFeatures(
        numbers=_laid_over([each.features.numbers for each in lowest_first]),
        sets=_laid_over([each.features.sets for each in lowest_first]),
        provenance=_laid_over([dict.fromkeys(_names(each.features), each.source) for each in lowest_first]),
        embeddings=_laid_over([each.features.embeddings for each in lowest_first]),
    )


def _weight(said: Said) -> tuple[bool, int]:
    return said.own, -rank(said.source)


def _names(features: SongFeatures) -> tuple[str, ...]:
    return (*features.numbers, *features.sets, *features.embeddings)


def _laid_over(layers: Sequence[Mapping[str, T]]) -> dict[str, T]:
    """Lay mappings one over the other: the last that has a name gives its value."""
    return {name: value for layer in layers for name, value in layer.items()}
