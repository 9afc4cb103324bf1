"""Columns: how each kind of feature becomes columns of a vector. Pure.

Every function takes n songs and returns float32 (n, columns of the block) without NaN. Weights and sizes were chosen
on four real people's playlists; docs/learning.md gives what each gained.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.core.features import LIKED, TITLE, SongFeatures
from bot.core.sorting.learning.identities import artist_key, key_of
from bot.core.sorting.learning.text import encoder

BUCKETS = {"artists": 512, "album": 256}  # columns per identity; halving them costs a third of a point
CLIP = 3.0  # anything beyond is an outlier, not more of the same
BUMPS = {
    "year": ((0.7, 0.7, 1990.0, 0.7), (3.0, 2.4, 1950.0, 1.4)),
    LIKED: ((0.2, 0.2, 2008.0, 1.0), (1.0, 0.8, 2006.0, 1.0)),
}  # per date: width, spacing, first (years), weight
TEXTS = (TITLE, "album", "artists")  # the sets whose words are encoded
LAST_BUMP = 2030.0
WEIGHTS = {
    "number": 0.35,
    "absent": 0.25,
    "words": 2.1,
    "artists": 2.2,
    "album": 1.3,
    "count": 0.9,
    "company": 1.5,
    "embedding": 2.0,
    "text": 1.2,
}  # per block, in deviations or as the length of its row

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Number:
    """A number: unit, typical centre and scale, weight, and the range outside which it counts as missing."""

    name: str
    unit: str
    centre: float
    scale: float
    low: float = -math.inf
    high: float = math.inf
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class IdentityColumn:
    """Names that songs may share: artists or an album. `keys` (sorted) are hashes of those in several songs."""

    name: str
    keys: tuple[int, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Embedding:
    """Vectors from another model; `size` is their length."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Words:
    """A set of words that songs share: the words with a column, and the rarity of each."""

    name: str
    tokens: tuple[str, ...]
    rarities: tuple[float, ...]


DATES = {
    name: np.array(
        [(at, width, weight) for width, gap, first, weight in bumps for at in np.arange(first, LAST_BUMP, gap)]
    )
    for name, bumps in BUMPS.items()
}  # name → (bumps, 3): centre, width (years), weight
FAINT = 1e-9  # anything smaller is zero


def words_of(labels: Collection[str]) -> set[str]:
    """Return labels and the words in them: "gothic rock" is also "gothic" and "rock"."""
    whole = {label.strip().casefold() for label in labels} - {""}
    return whole | {word for label in whole for word in label.split()}


def of_numbers(numbers: Sequence[Number], songs: Sequence[SongFeatures]) -> Vectors:
    """Return clipped deviations from the centre, 0 where a value is missing or out of range; then flags for those."""
    names = [number.name for number in numbers]
    rows = [[song.numbers.get(name, math.nan) for name in names] for song in songs]
    values = np.array(rows, np.float64).reshape(len(songs), len(numbers))
    low, high, centre, scale, weight = _each(numbers, "low", "high", "centre", "scale", "weight")
    absent = ~(np.isfinite(values) & (values >= low) & (values <= high))
    deviations = np.clip((np.where(absent, centre, values) - centre) / scale, -CLIP, CLIP)
    block = np.hstack([WEIGHTS["number"] * weight * deviations, WEIGHTS["absent"] * absent])
    return block.astype(np.float32)


def _each(numbers: Sequence[Number], *fields: str) -> list[NDArray[np.float64]]:
    return [np.array([getattr(number, field) for number in numbers], np.float64) for field in fields]


def of_words(words: Words, songs: Sequence[SongFeatures]) -> Vectors:
    """Return one row per song: its words weighted by rarity, scaled to one length; the last column is "none known"."""
    column = {word: at for at, word in enumerate(words.tokens)}
    rarity = np.array([*words.rarities, 0], np.float32)
    block = np.zeros((len(songs), len(column) + 1), np.float32)
    for row, song in zip(block, songs, strict=True):
        at = [column[word] for word in words_of(song.sets.get(words.name, ())) if word in column]
        row[at] = rarity[at]
    lengths = np.linalg.norm(block, axis=1, keepdims=True)
    block *= np.float32(WEIGHTS["words"]) / np.where(lengths > 0, lengths, 1)
    block[lengths[:, 0] == 0, -1] = WEIGHTS["absent"]
    return block


def of_dates(name: str, songs: Sequence[SongFeatures]) -> Vectors:
    """Return one row per song: how near its date is to each of DATES, each width scaled to one length; 0 if unknown.

    Radial basis functions: a release date then tells the season, the years around it and the era at once, where a
    single number would only say "newer".
    """
    date = np.array([song.numbers.get(name, math.nan) for song in songs], np.float64)[:, None]
    centres, widths, weights = DATES[name].T
    near = np.nan_to_num(np.exp(-0.5 * ((date - centres) / widths) ** 2))
    for width in np.unique(widths):
        at = widths == width
        near[:, at] /= np.maximum(np.linalg.norm(near[:, at], axis=1, keepdims=True), FAINT)
    return np.asarray(near * weights, np.float32)


def keys_of(name: str, song: SongFeatures) -> list[int]:
    """Return the sorted keys of a song's artists or album."""
    key = artist_key if name == "artists" else key_of
    return sorted({key(identity) for identity in song.sets.get(name, ())})


def of_identity(identity: IdentityColumn, songs: Sequence[SongFeatures]) -> Vectors:
    """Return one row per song: its names as signed ones in their buckets, and the song count of its commonest name.

    Feature hashing (Weinberger et al. 2009) needs no vocabulary: a new like by a labelled artist matches.
    """
    size, counts = BUCKETS[identity.name], dict(zip(identity.keys, identity.counts, strict=True))
    block = np.zeros((len(songs), size + 1), np.float32)
    for row, song in zip(block, songs, strict=True):
        keys = keys_of(identity.name, song)
        for key in keys:
            row[key // 2 % size] += (1 if key % 2 else -1) * WEIGHTS[identity.name] / math.sqrt(len(keys))
        row[-1] = WEIGHTS["count"] * math.log1p(max((counts.get(key, 1) for key in keys), default=0))
    return block


def of_embedding(embedding: Embedding, songs: Sequence[SongFeatures]) -> Vectors:
    """Return one row per song: its vector scaled to the block's weight; the last column is "none known"."""
    rows = np.zeros((len(songs), embedding.size), np.float32)
    for row, song in zip(rows, songs, strict=True):
        vector = song.embeddings.get(embedding.name)
        if vector is not None and len(vector) == embedding.size:  # other versions differ in length
            row[:] = vector
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    weight = WEIGHTS.get(embedding.name.partition(":")[0], WEIGHTS["embedding"])
    block = np.hstack([weight * rows / np.maximum(lengths, FAINT), WEIGHTS["absent"] * (lengths == 0)])
    return np.asarray(block, np.float32)


def of_text(name: str, songs: Sequence[SongFeatures]) -> Vectors:
    """Return one row per song: what its title, album or artists' names are about; the last column is "none known"."""
    texts = [" ".join(sorted(song.sets.get(name, ()))) for song in songs]
    distinct = {text: at for at, text in enumerate(dict.fromkeys(texts))}
    rows = encoder().encode(list(distinct))[[distinct[text] for text in texts]]
    absent = ~rows.any(axis=1, keepdims=True)
    return np.hstack([WEIGHTS["text"] * rows, WEIGHTS["absent"] * absent]).astype(np.float32)
