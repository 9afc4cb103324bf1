"""Highlight: the moment a song is played from, found in its sound or in how often a video was replayed."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

CLIP = 20.0  # seconds of a clip
LEAD = 0.25  # seconds before the rise, so that we hear the upbeat


@dataclass(frozen=True, slots=True)
class Highlight:
    """Where to begin (`start`, s), where the highlight itself sets in (`moment`, s), and how sure we are, 0 to 1.

    way: "audio", "preview" (somebody chose the beginning), "heatmap". curve: how likely a highlight is over the song,
    0 to 1, evenly spaced; empty if unknown.
    """

    start: float
    moment: float
    confidence: float
    way: Literal["audio", "preview", "heatmap"]
    curve: NDArray[np.float32]
