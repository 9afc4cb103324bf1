"""Pretrain: learn a prior from playlists that the operator may use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.core.features import SongFeatures
from bot.core.prior import Prior


@dataclass(frozen=True)
class Corpus:
    """Somebody's playlists: features by song, and each playlist's songs."""

    name: str
    songs: Mapping[str, SongFeatures]
    playlists: Mapping[str, frozenset[str]]


def pretrain(corpora: Sequence[Corpus]) -> Prior:
    """Return what the corpora teach."""
    return Prior("")
