"""Columns: how each kind of feature becomes columns of a vector. Pure.

Every `fill_` function takes n songs and their block, zeros of float32 (n, columns of the block), and leaves no NaN in
it. What a name says is worked out once, however many of the songs have it. Weights and sizes were chosen on four real
people's playlists; docs/learning.md gives what each gained.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import chain, count, repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.core.features import LIKED, TITLE, SongFeatures
from bot.core.sorting.learning.identities import artist_key, key_of
from bot.core.sorting.learning.text import encoder

BUCKETS = {"artists": 512, "album": 256}  # columns per identity; halving them costs a third of a point
CLIP = 3.0  # anything beyond is an outlier, not more of the same
RADIAL_BASES = {
    "year": ((0.7, 0.7, 1990.0, 0.7), (3.0, 2.4, 1950.0, 1.4)),
    LIKED: ((0.2, 0.2, 2008.0, 1.0), (1.0, 0.8, 2006.0, 1.0)),
}  # per date: width, spacing, first (years), weight
TEXTS = (TITLE, "album", "artists")  # the sets whose words are encoded
LAST_CENTRE = 2030.0
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

CACHE_SIZE = 2**12  # labels; libraries have some hundreds of genres and tags

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]


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


@dataclass(frozen=True)
class IdentityColumn:
    """Names that songs may share: artists or an album. `keys` (sorted) are hashes of those in several songs."""

    name: str
    keys: tuple[int, ...]
    counts: tuple[int, ...]

    def songs_with(self, keys: Rows) -> Rows:
        """Return how many songs of the library have each key; 1 for a key that isn't in several."""
        known, counts = self._known
        at = np.searchsorted(known, keys)
        return np.where(known[at] == keys, counts[at], 1)

    @cached_property
    def _known(self) -> tuple[Rows, Rows]:
        return np.array([*self.keys, 2**32]), np.array([*self.counts, 1])  # the last is larger than any key


@dataclass(frozen=True, slots=True)
class Embedding:
    """Vectors from another model; `size` is their length."""

    name: str
    size: int


@dataclass(frozen=True)
class Words:
    """A set of words that songs share: the words with a column, and the rarity of each."""

    name: str
    tokens: tuple[str, ...]
    rarities: tuple[float, ...]

    @cached_property
    def column(self) -> dict[str, int]:
        """The column of each word."""
        return {word: at for at, word in enumerate(self.tokens)}

    @cached_property
    def rarity(self) -> Vectors:
        """The rarity of each column's word."""
        return np.array(self.rarities, np.float32)


DATES = {
    name: [(np.arange(first, LAST_CENTRE, gap), width, weight) for width, gap, first, weight in bases]
    for name, bases in RADIAL_BASES.items()
}  # name → for each width: centres, width (years), weight
EPSILON = 1e-9  # anything smaller is zero
FAR = 1e4  # years; a date beyond is none


def date_columns(name: str) -> int:
    """Return the number of columns of a date."""
    return sum(len(centres) for centres, _width, _weight in DATES[name])


def words_of(labels: Collection[str]) -> set[str]:
    """Return labels and the words in them: "gothic rock" is also "gothic" and "rock"."""
    return set(chain.from_iterable(map(_words_of_label, labels)))


@lru_cache(CACHE_SIZE)
def _words_of_label(label: str) -> frozenset[str]:
    whole = label.strip().casefold()
    return frozenset({whole, *whole.split()} - {""})


def expand_names(
    name: str, songs: Sequence[SongFeatures], expand: Callable[[str], Collection[int]]
) -> tuple[Rows, Rows]:
    """Return what the names in each song's set expand to, and the song's row. expand: called once for each name."""
    sets = [song.sets.get(name, ()) for song in songs]
    each = list(map(cache(expand), chain.from_iterable(sets)))
    rows = np.repeat(np.arange(len(songs)), list(map(len, sets)))
    return np.repeat(rows, list(map(len, each))), np.fromiter(chain.from_iterable(each), np.int64)


def fill_numbers(numbers: Sequence[Number], songs: Sequence[SongFeatures], block: Vectors) -> None:
    """Clipped deviations from the centre, 0 where a value is missing or out of range; then flags for those."""
    names = [number.name for number in numbers]
    rows = chain.from_iterable(map(song.numbers.get, names, repeat(math.nan)) for song in songs)
    values = np.fromiter(rows, np.float64, len(songs) * len(names)).reshape(len(songs), len(names))
    low, high, centre, scale, weight = _each(numbers, "low", "high", "centre", "scale", "weight")
    absent = ~(np.isfinite(values) & (values >= low) & (values <= high))
    deviations = np.clip((np.where(absent, centre, values) - centre) / scale, -CLIP, CLIP)
    block[:, : len(names)] = WEIGHTS["number"] * weight * deviations
    block[:, len(names) :] = WEIGHTS["absent"] * absent


def _each(numbers: Sequence[Number], *fields: str) -> list[NDArray[np.float64]]:
    return [np.array([getattr(number, field) for number in numbers], np.float64) for field in fields]


def fill_words(words: Words, songs: Sequence[SongFeatures], block: Vectors) -> None:
    """A song's words weighted by rarity, scaled to one length; the last column is "none known"."""
    column = words.column
    rows, at = expand_names(
        words.name, songs, lambda label: [column[word] for word in words_of([label]) if word in column]
    )
    block[rows, at] = words.rarity[at]
    lengths = _lengths(block)
    block *= np.float32(WEIGHTS["words"]) / np.where(lengths > 0, lengths, 1)
    block[lengths[:, 0] == 0, -1] = WEIGHTS["absent"]


def _lengths(rows: NDArray[Any]) -> NDArray[Any]:
    """Return (n, 1)."""
    lengths: NDArray[Any] = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    return lengths[:, None]


def fill_dates(name: str, songs: Sequence[SongFeatures], block: Vectors) -> None:
    """How near a song's date is to each of DATES, each width scaled to one length; 0 if unknown.

    Radial basis functions: a release date then stands for the season, the years around it and the era at once, where
    a single number would only say "newer".
    """
    dates = np.fromiter((song.numbers.get(name, math.nan) for song in songs), np.float64, len(songs))
    dates, which = np.unique(np.where(np.abs(dates) < FAR, dates, np.inf), return_inverse=True)
    first = 0
    for centres, width, weight in DATES[name]:
        near = np.exp(-0.5 * (dates[:, None] / width - centres / width) ** 2)
        near *= weight / np.maximum(_lengths(near), EPSILON)
        block[:, first : first + len(centres)] = near.astype(np.float32)[which]
        first += len(centres)


def keys_of(name: str, song: SongFeatures) -> list[int]:
    """Return the sorted keys of a song's artists or album."""
    key = artist_key if name == "artists" else key_of
    return sorted({key(identity) for identity in song.sets.get(name, ())})


def fill_identity(identity: IdentityColumn, songs: Sequence[SongFeatures], block: Vectors) -> None:
    """A song's names as signed ones in their buckets; the last column is the song count of its commonest name.

    Feature hashing (Weinberger et al. 2009) needs no vocabulary: a new like by a labelled artist matches.
    """
    key = artist_key if identity.name == "artists" else key_of
    rows, keys = expand_names(identity.name, songs, lambda name: [key(name)])
    rows, keys = np.divmod(np.unique(rows << 32 | keys), 2**32)  # two spellings of one artist are one name
    size, names_of = BUCKETS[identity.name], np.bincount(rows, minlength=len(songs))
    signed = np.where(keys % 2, 1, -1) * WEIGHTS[identity.name] / np.sqrt(names_of[rows])
    np.add.at(block, (rows, keys // 2 % size), signed.astype(np.float32))
    commonest = np.zeros(len(songs))
    np.maximum.at(commonest, rows, identity.songs_with(keys))
    block[:, -1] = WEIGHTS["count"] * np.log1p(commonest)


def fill_embedding(embedding: Embedding, songs: Sequence[SongFeatures], block: Vectors) -> None:
    """A song's vector scaled to the block's weight; the last column is "none known"."""
    vectors = [song.embeddings.get(embedding.name, ()) for song in songs]
    known = [row for row, vector in enumerate(vectors) if len(vector) == embedding.size]  # other versions differ in it
    if known:
        block[known, :-1] = np.stack([vectors[row] for row in known])
    lengths = _lengths(block)
    weight = WEIGHTS.get(embedding.name.partition(":")[0], WEIGHTS["embedding"])
    block *= np.float32(weight) / np.maximum(lengths, EPSILON)
    block[:, -1] = WEIGHTS["absent"] * (lengths[:, 0] == 0)


def fill_text(name: str, songs: Sequence[SongFeatures], block: Vectors) -> None:
    """What a song's title, album or artists' names are about; the last column is "none known"."""
    place: defaultdict[frozenset[str], int] = defaultdict(count().__next__)
    which = [place[song.sets.get(name, frozenset())] for song in songs]
    rows = encoder().encode([" ".join(sorted(texts)) for texts in place])[which]
    block[:, :-1] = np.float32(WEIGHTS["text"]) * rows
    block[:, -1] = WEIGHTS["absent"] * (_lengths(rows)[:, 0] == 0)
