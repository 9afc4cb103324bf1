"""Highlight: the moment that a song is played from, whoever found it: its sound, or how often a video was replayed."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

CLIP = 20.0  # seconds whose sound is judged
LEAD = 0.25  # seconds before the rise: an ear wants the upbeat


@dataclass(frozen=True, slots=True)
class Peak:
    """Where to begin (`start`, s), where the highlight itself sets in (`moment`, s), and how sure that is, 0 to 1.

    way: "audio", "preview" (somebody chose the beginning), "heatmap". curve: how likely a highlight is over the song,
    0 to 1, evenly spread over it; empty where nothing is known.
    """

    start: float
    moment: float
    confidence: float
    way: Literal["audio", "preview", "heatmap"]
    curve: NDArray[np.float32]
