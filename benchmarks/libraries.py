"""Libraries: reproducible synthetic songs in clusters that share sound, year, genres and names."""

import numpy as np

from bot.core.features import SongFeatures
from bot.core.sorting.learning.dataset import Label, TrainingSet
from bot.core.sorting.learning.schema import EXPORTIFY

STYLES, GENRES, ARTISTS = 20, 40, 60  # clusters; genres per cluster; artists per cluster
PLAYLISTS = 10  # of the member, one per cluster
ALL_GENRES = 400  # shared by the clusters, so they overlap


def library(songs: int, seed: int = 0) -> dict[str, SongFeatures]:
    """Return `songs` songs by number: song i is of style i modulo STYLES, and about 5 % of its values are missing."""
    rng = np.random.default_rng(seed)
    middles = rng.normal(0, 1, (STYLES, len(EXPORTIFY)))
    genres = rng.integers(0, ALL_GENRES, (STYLES, GENRES))
    return {f"{at:06}": _song(rng, middles[at % STYLES], genres[at % STYLES], at % STYLES) for at in range(songs)}


def _song(rng: np.random.Generator, middle: np.ndarray, genres: np.ndarray, style: int) -> SongFeatures:
    dials = np.clip(middle + rng.normal(0, 0.8, len(EXPORTIFY)), -2, 2)
    numbers = {
        column.name: float(np.clip(column.centre + column.scale * dial, column.low, column.high))
        for column, dial in zip(EXPORTIFY, dials, strict=True)
        if rng.random() > 0.05
    }
    artist = int(ARTISTS * rng.random() ** 2)  # some artists have far more songs than others
    words = {f"genre {at % 90} of {at // 90} kind" for at in rng.choice(genres, 3)}
    album = f"album {artist % 7 if rng.random() < 0.5 else rng.integers(10_000)} of {style}-{artist}"
    sets = {"genres": words, "artists": {f"artist {style}-{artist}"}, "album": {album}}
    frozen = {name: frozenset(tokens) for name, tokens in sets.items()}
    return SongFeatures(numbers, frozen, dict.fromkeys([*numbers, *frozen], "csv"))


def labelled(songs: dict[str, SongFeatures], labels: int, several: bool = False) -> TrainingSet:
    """Return a training set of that many labels: each playlist is a cluster and holds its first songs."""
    chosen = [song for song in songs if int(song) % STYLES < PLAYLISTS][:labels]
    told = [Label(song, int(song) % STYLES + 1, True, "csv") for song in chosen]
    return TrainingSet(songs, told, {at + 1: f"Playlist {at}" for at in range(PLAYLISTS)}, several, False)
