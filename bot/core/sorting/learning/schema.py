"""Schema: how features become vectors.

One schema serves training and prediction: it's derived once from a member's whole library, never from the few labels,
is stored in the model's file and defines each column of a vector. Pure.

Shapes: n songs become float32 (n, d) without NaN; d depends on the schema alone. The columns are every number in robust
deviations, then whether it's absent; dates as radial basis functions; the words of each set; names of identities,
hashed, and how many songs of the library share them; embeddings; texts; and what the names of playlists hint at.
"""

import hashlib
import json
import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bot.core.features import LIKED, TITLE, SongFeatures, refuse
from bot.core.sorting.learning.columns import (
    BUCKETS,
    CLIP,
    DATES,
    RADIAL_BASES,
    TEXTS,
    WEIGHTS,
    Embedding,
    IdentityColumn,
    Number,
    Vectors,
    Words,
    date_columns,
    fill_dates,
    fill_embedding,
    fill_identity,
    fill_numbers,
    fill_text,
    fill_words,
    keys_of,
    words_of,
)
from bot.core.sorting.learning.hints import HintColumn, hint_values
from bot.core.sorting.learning.text import DIGEST, DIMENSIONS

FORMAT = 4  # version of the layout; models of other formats are rejected
MANY_NUMBERS = 16  # numbers beyond which they share one weight budget, so that sixty don't drown the rest
RARE = 2  # songs that must share a word or name for it to count
ROUNDING = 1e-6  # spread of a number, as a share of its centre, that rounding explains: it's the same for all songs
MOST_WORDS = 400  # words per set with a column; rarer ones occur too seldom to learn from


def _share(name: str, centre: float, scale: float) -> Number:
    return Number(name, "share", centre, scale, 0.0, 1.0)


# Medians and spreads of some 200,000 songs: constants, so that a small or lopsided library does not bend them.
EXPORTIFY = (
    Number("year", "year", 2012.0, 12.0, 1900.0, 2100.0),
    Number(LIKED, "year", 2019.0, 4.0, 1990.0, 2100.0),
    Number("duration", "s", 218.0, 75.0, 1.0, 36_000.0),
    Number("tempo", "BPM", 120.0, 30.0, 20.0, 400.0),
    Number("loudness", "dB", -8.0, 4.5, -60.0, 10.0),
    Number("mode", "major", 0.6, 0.5, 0.0, 1.0),
    Number("time_signature", "beats", 4.0, 0.5, 1.0, 12.0),
    _share("danceability", 0.58, 0.18),
    _share("energy", 0.63, 0.25),
    _share("speechiness", 0.07, 0.08),
    _share("acousticness", 0.3, 0.32),
    _share("instrumentalness", 0.15, 0.3),
    _share("liveness", 0.18, 0.15),
    _share("valence", 0.46, 0.26),
)
HEARD = (Number("tempo_folded", "BPM", 120.0, 22.0, 20.0, 400.0),)  # the rest is scaled by the library
FEATURE_SETS = {"exportify": EXPORTIFY, "heard": HEARD}
BUILT_IN = {number.name: number for numbers in FEATURE_SETS.values() for number in numbers}


@dataclass(frozen=True, slots=True)
class Schema:
    """What the columns of a vector mean. `name` is the feature set it follows."""

    name: str
    numbers: tuple[Number, ...]
    words: tuple[Words, ...]
    identities: tuple[IdentityColumn, ...]
    embeddings: tuple[Embedding, ...]
    texts: tuple[str, ...] = ()  # the sets whose texts are encoded
    hints: tuple[HintColumn, ...] = ()

    @property
    def version(self) -> str:
        """A hash of the definition: schemas of one version make equal vectors."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]

    @property
    def width(self) -> int:
        """d, the number of columns."""
        return self.hints_at + len(self.hints)

    @property
    def features(self) -> frozenset[str]:
        """The names of the numbers, sets and embeddings that it makes columns of."""
        columns: list[Any] = [*self.numbers, *self.words, *self.identities, *self.embeddings]
        return frozenset(column.name for column in columns).union(self.texts)

    @property
    def hints_at(self) -> int:
        """The first column of the hints, which are the last."""
        return sum(width for _fill, _columns, width in self._blocks())

    @property
    def words_at(self) -> tuple[int, int]:
        """First and last (exclusive) column of all words: sparse, and worth condensing."""
        first = 2 * len(self.numbers) + sum(
            date_columns(number.name) for number in self.numbers if number.name in DATES
        )
        return first, first + sum(len(words.tokens) + 1 for words in self.words)

    def vectors(self, songs: Sequence[SongFeatures]) -> Vectors:
        """Return (n, d), one row per song. Raises RefusedProvenance for a value that must not be used."""
        refuse(songs)
        vectors, first = np.zeros((len(songs), self.width), np.float32), 0
        for fill, columns, width in self._blocks():
            fill(columns, songs, vectors[:, first : first + width])
            first += width
        vectors[:, first:] = hint_values(self.hints, songs)
        return vectors

    def _blocks(self) -> list[tuple[Callable[[Any, Sequence[SongFeatures], Vectors], None], Any, int]]:
        """Return what fills each block but the hints, with which columns, and how many."""
        return [
            (fill_numbers, self.numbers, 2 * len(self.numbers)),
            *((fill_dates, number.name, date_columns(number.name)) for number in self.numbers if number.name in DATES),
            *((fill_words, words, len(words.tokens) + 1) for words in self.words),
            *((fill_identity, identity, BUCKETS[identity.name] + 1) for identity in self.identities),
            *((fill_embedding, embedding, embedding.size + 1) for embedding in self.embeddings),
            *((fill_text, name, DIMENSIONS + 1) for name in self.texts),
        ]

    def to_json(self) -> str:
        """Return the whole definition; equal schemas give equal text."""
        definition = {
            "format": FORMAT,
            "layout": [BUCKETS, RADIAL_BASES, CLIP, WEIGHTS, DIGEST],
            "name": self.name,
            "numbers": [
                [n.name, n.unit, n.centre, n.scale, _finite(n.low), _finite(n.high), n.weight] for n in self.numbers
            ],
            "words": [[words.name, list(words.tokens), list(words.rarities)] for words in self.words],
            "identities": [[identity.name, list(identity.keys), list(identity.counts)] for identity in self.identities],
            "embeddings": [[embedding.name, embedding.size] for embedding in self.embeddings],
            "texts": list(self.texts),
            "hints": [[hint.kind, list(hint.keys), hint.words] for hint in self.hints],
        }
        return json.dumps(definition, sort_keys=True, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Schema":
        """Read the text of `to_json`. Raises ValueError for anything else, including another layout."""
        try:
            schema = cls._read(json.loads(text))
        except (KeyError, TypeError, ValueError, AttributeError) as problem:
            raise ValueError(f"not a feature schema: {problem!r}") from problem
        if schema.to_json() != text:
            raise ValueError("a feature schema of another format")
        return schema

    @classmethod
    def _read(cls, definition: dict[str, Any]) -> "Schema":
        return cls(
            name=definition["name"],
            numbers=tuple(_read_number(entry) for entry in definition["numbers"]),
            words=tuple(Words(name, tuple(tokens), tuple(rest)) for name, tokens, rest in definition["words"]),
            identities=tuple(IdentityColumn(name, tuple(keys), tuple(n)) for name, keys, n in definition["identities"]),
            embeddings=tuple(Embedding(name, size) for name, size in definition["embeddings"]),
            texts=tuple(definition["texts"]),
            hints=tuple(HintColumn(kind, tuple(keys), words) for kind, keys, words in definition["hints"]),
        )


def schema_of(songs: Sequence[SongFeatures]) -> Schema:
    """Return the schema of a member's whole library, in any order: every number, set and embedding in it.

    Built-in numbers keep their constants; others are scaled by the library's median and spread.
    """
    survey = Survey()
    survey.add(songs)
    return survey.schema()


class Survey:
    """What a schema needs to know of a library, whose songs are added a part at a time and not kept."""

    def __init__(self) -> None:
        self._numbers: dict[str, array[float]] = defaultdict(lambda: array("d"))  # not of built-in ones
        self._lengths: dict[str, Counter[int]] = defaultdict(Counter)  # of embeddings
        self._words: dict[str, Counter[str]] = defaultdict(Counter)
        self._keys: dict[str, Counter[int]] = defaultdict(Counter)
        self._songs: Counter[str] = Counter()  # with something in a set

    def add(self, songs: Sequence[SongFeatures]) -> None:
        """Look at some of the songs. Raises RefusedProvenance for a value that must not be used."""
        refuse(songs)
        for song in songs:
            for name, value in song.numbers.items():
                values = self._numbers[name]
                if name not in BUILT_IN and math.isfinite(value):
                    values.append(value)
            for name, vector in song.embeddings.items():
                self._lengths[name][len(vector)] += 1
            for name, tokens in song.sets.items():
                if tokens:
                    self._add_set(name, tokens, song)

    def _add_set(self, name: str, tokens: Collection[str], song: SongFeatures) -> None:
        self._songs[name] += 1
        if name in BUCKETS:
            self._keys[name].update(keys_of(name, song))
        elif name != TITLE:
            self._words[name].update(words_of(tokens))

    def schema(self) -> Schema:
        """Return the schema of the songs so far."""
        numbers = sorted(self._numbers)
        share = math.sqrt(min(1.0, MANY_NUMBERS / max(1, len(numbers))))
        return Schema(
            name=_feature_set(numbers),
            numbers=tuple(replace(_number(name, self._numbers[name]), weight=_rounded(share)) for name in numbers),
            words=tuple(_vocabulary(name, self._words[name], self._songs[name]) for name in sorted(self._words)),
            identities=tuple(_identity(name, self._keys[name]) for name in BUCKETS if name in self._keys),
            embeddings=tuple(Embedding(name, _usual(self._lengths[name])) for name in sorted(self._lengths)),
            texts=tuple(name for name in TEXTS if name in self._songs),
        )


def _usual(lengths: Counter[int]) -> int:
    """Return an embedding's length; with several versions, the one most songs have, then the longer."""
    return max(lengths, key=lambda length: (lengths[length], length))


def _feature_set(numbers: Collection[str]) -> str:
    """Return the built-in feature set that shares most numbers with the library."""
    return max(sorted(FEATURE_SETS), key=lambda name: len({n.name for n in FEATURE_SETS[name]} & set(numbers)))


def _number(name: str, values: Sequence[float]) -> Number:
    if name in BUILT_IN:
        return BUILT_IN[name]
    known = np.array(values or [0.0])
    low, centre, high = np.percentile(known, [25, 50, 75])
    spreads = (high - low) / 1.349, known.std()  # 1.349: between the quartiles of a normal distribution
    scale = next((spread for spread in spreads if spread > ROUNDING * abs(centre)), 1.0)
    return Number(name, "", _rounded(centre), _rounded(scale))


def _vocabulary(name: str, counts: Counter[str], songs: int) -> Words:
    common = sorted((word for word in counts if counts[word] >= RARE), key=lambda word: (-counts[word], word))
    kept = tuple(sorted(common[:MOST_WORDS]))
    return Words(name, kept, tuple(_rounded(1 + math.log((1 + songs) / (1 + counts[word]))) for word in kept))


def _identity(name: str, counts: Counter[int]) -> IdentityColumn:
    keys = tuple(sorted(key for key, count in counts.items() if count >= RARE))
    return IdentityColumn(name, keys, tuple(counts[key] for key in keys))


def _read_number(entry: Sequence[Any]) -> Number:
    name, unit, centre, scale, low, high, weight = entry
    bounds = (-math.inf if low is None else low, math.inf if high is None else high)
    return Number(name, unit, centre, scale, *bounds, weight)


def _finite(bound: float) -> float | None:
    return bound if math.isfinite(bound) else None


def _rounded(value: float) -> float:
    """Round to six digits: enough, and the same text on every machine."""
    return float(f"{value:.6g}") + 0.0  # which makes -0.0 the same as 0.0
