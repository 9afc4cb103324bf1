"""Generated libraries with known truth: songs of a style sound alike and share words and artists."""

from collections.abc import Sequence

import numpy as np

from bot.core.features import SongFeatures
from bot.core.sorting.learning.dataset import Label, TrainingSet

NUMBERS = ("tempo", "energy", "loudness", "mfcc_1", "mfcc_2", "mfcc_3")


def library(styles: int, per_style: int, seed: int = 0) -> dict[str, SongFeatures]:
    """Return songs named `<style>:<number>`, some with missing features."""
    rng = np.random.default_rng(seed)
    middles = rng.normal(0, 1.2, (styles, len(NUMBERS)))
    return {
        f"{style}:{at:05}": _song(rng, middles[style] + rng.normal(0, 1, len(NUMBERS)), style)
        for style in range(styles)
        for at in range(per_style)
    }


def _song(rng: np.random.Generator, dials: Sequence[float], style: int) -> SongFeatures:
    scaled = dict(zip(NUMBERS, np.array(dials) * [30, 0.2, 4, 5, 5, 5] + [120, 0.6, -8, 0, 0, 0], strict=True))
    numbers = {name: float(value) for name, value in scaled.items() if rng.random() > 0.1}
    words = frozenset({f"style {style}", f"mood {rng.integers(8)}"}) if rng.random() > 0.2 else frozenset()
    sets = {"genres": words, "artists": frozenset({f"artist {style}-{rng.integers(12)}"})}
    return SongFeatures(numbers, sets, dict.fromkeys([*numbers, *sets], "csv"))


def labelled(songs: dict[str, SongFeatures], counts: Sequence[int], **rules: bool) -> TrainingSet:
    """Return a training set in which playlist s + 1 holds the first `counts[s]` songs of style s."""
    labels = [Label(f"{style}:{at:05}", style + 1, True, "csv") for style, n in enumerate(counts) for at in range(n)]
    names = {style + 1: f"Style {style}" for style in range(len(counts))}
    return TrainingSet(songs, labels, names, rules.get("several", False), rules.get("everything", False))


def style_of(song: str) -> int:
    """Return the playlist that a song belongs in."""
    return int(song.split(":")[0]) + 1
