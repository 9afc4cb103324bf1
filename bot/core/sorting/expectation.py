"""Expectation: of the songs that a sort would place, how many will probably be right. Pure.

Every "about k in 10", or "8 or 9 in 10", is made here, from the calibrated probabilities of exactly the songs named.
`training evaluate` measures how often it holds (`training/evaluation/expectations.py`).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.core.records import Layer, Model

TEN = 10
MARGIN = 0.07  # by how much a model may expect too much: chosen and measured on eleven people's libraries


@dataclass(frozen=True, slots=True)
class Expectation:
    """songs: how many; right: how many of them are expected to be right; by_model: how many of them a model placed."""

    songs: int = 0
    right: float = 0.0
    by_model: int = 0

    @property
    def most(self) -> int:
        """Of ten of them, how many the model expects to be right; there's at least one song."""
        return tenths(self.right / self.songs)

    @property
    def least(self) -> int:
        """Of ten of them, how many were right at least, for nine members of ten."""
        return tenths(max(0.0, self.right - MARGIN * self.by_model) / self.songs)


def knows_none(layer: Layer, playlists: int, model: Model | None) -> bool:
    """Whether the probabilities leave room for songs that belong in none of the playlists.

    They do once the model has learned from such songs, and they needn't if every song is to be placed. A single
    playlist is learned from the library around it.
    """
    return layer.everything or playlists == 1 or model is None or model.card.get("none") is not None


def tenths(share: float) -> int:
    """A share in tenths; ten of ten only where it is all, and none only where it is nothing."""
    return round(TEN * share) if share in (0, 1) else min(TEN - 1, max(1, round(TEN * share)))


def expected(lines: Iterable[tuple[str, float | None]]) -> Expectation:
    """Return what to expect of some songs, given the probability of each of their places.

    A song with several places is right if all of them are. The member's own word (None, or 1) is right.
    """
    sure: dict[str, float] = {}
    for song, probability in lines:
        sure[song] = min(sure.get(song, 1.0), 1.0 if probability is None else probability)
    return Expectation(len(sure), sum(sure.values()), sum(share < 1 for share in sure.values()))
