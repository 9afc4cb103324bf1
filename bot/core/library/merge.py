"""Merge: combine what several sources say of one song. The order of precedence is defined here and nowhere else. Pure.

It works value by value: if one source doesn't know the tempo, the next one's counts, and every value keeps its
provenance. Titles and artists work the same way: no source removes what another knew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeVar

from bot.core.features import SongFeatures
from bot.core.records import Song

T = TypeVar("T")
PRECEDENCE = (
    "upload",  # a file the member uploaded for this song, analysed here
    "csv",  # the member's own table
    "operator",  # the operator's table ("operator:name")
    "audio",  # the operator's music folder, analysed here
    "deezer",  # a 30 s preview, analysed here
    "reccobeats",  # a service's analysis
    "acousticbrainz",  # other people's files, analysed by them
    "musicbrainz",  # artists, first release, genres, tags
    "listenbrainz",  # artists with the same listeners
)  # the first source that knows a value wins


@dataclass(frozen=True, slots=True)
class Said:
    """What one source says of a song. `own`: only to this member, which goes before what it says to everybody."""

    source: str
    own: bool
    features: SongFeatures


class Origin(IntEnum):
    """Who described a song that everybody sees; the higher overrules the lower. A member's file never does."""

    UNKNOWN = 0  # stored before origins were recorded: may come from anybody's file
    OPERATOR = 1  # the tags of a file in the operator's music folder
    SPOTIFY = 2


def described(kept: Song, origin: Origin, said: Song, by: Origin) -> tuple[Song, Origin]:
    """Return the song as known after `by` described it, and the origin of that description."""
    if origin is Origin.UNKNOWN:
        return said, by
    return (said.filled_from(kept), by) if by >= origin else (kept.filled_from(said), origin)


def rank(source: str) -> int:
    """Return a source's position in PRECEDENCE; unknown sources come last."""
    kind = source.partition(":")[0]
    return PRECEDENCE.index(kind) if kind in PRECEDENCE else len(PRECEDENCE)


def merge(said: Sequence[Said]) -> SongFeatures:
    """Return the features of a song from all sources. Of two files from one kind of source, the later name wins."""
    lowest_first = sorted(sorted(said, key=lambda source: source.source), key=_weight)
    return SongFeatures(
        numbers=_laid_over([source.features.numbers for source in lowest_first]),
        sets=_laid_over([source.features.sets for source in lowest_first]),
        provenance=_laid_over([dict.fromkeys(_names(source.features), source.source) for source in lowest_first]),
        embeddings=_laid_over([source.features.embeddings for source in lowest_first]),
    )


def _weight(said: Said) -> tuple[bool, int]:
    return said.own, -rank(said.source)


def _names(features: SongFeatures) -> tuple[str, ...]:
    return (*features.numbers, *features.sets, *features.embeddings)


def _laid_over(layers: Sequence[Mapping[str, T]]) -> dict[str, T]:
    """Merge mappings: the last one with a name gives its value."""
    return {name: value for layer in layers for name, value in layer.items()}
