"""Schema: how what is known about songs becomes vectors.

One schema serves training and serving: it is derived once from a member's whole library, never from the few labels,
travels inside the model's file and says what each column of a vector means. Pure.

Shapes: n songs become float32 (n, d) without a NaN; d depends on the schema alone. The columns are every number in
robust deviations, then whether it is absent, then the words of each set, then the signatures of the identities.
Weights and sizes were chosen on the playlists of four real people.
"""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.core.features import SongFeatures, refuse

FORMAT = 1  # of the layout; a model of another format is not read
SIGNATURES = {"artists": 256, "album": 128}  # columns an identity takes; of 256, two names agree by about 1/16
MOST_WORDS = 400  # words of a set that get a column; the rest stand in too few songs to learn from
RARE = 2  # songs a word must stand in to get one
CLIP = 3.0  # deviations; beyond lies an outlier, not more of the same
WEIGHTS = {"number": 0.5, "absent": 0.25, "words": 3.0, "artists": 1.6, "album": 1.1}  # of a block, in deviations

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Number:
    """A number: its unit, typical centre and scale, weight, and the range outside which it is taken for missing."""

    name: str
    unit: str
    centre: float
    scale: float
    low: float = -math.inf
    high: float = math.inf
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Words:
    """A set of words that songs share: those that get a column, and how telling each is."""

    name: str
    tokens: tuple[str, ...]
    rarities: tuple[float, ...]


def _share(name: str, centre: float, scale: float) -> Number:
    return Number(name, "share", centre, scale, 0.0, 1.0)


# Medians and spreads of some 200,000 songs: constants, so that a small or lopsided library does not bend them.
EXPORTIFY = (
    Number("year", "year", 2012.0, 12.0, 1900.0, 2100.0, weight=3.0),  # tells playlists apart like nothing else
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
    """What the columns of a vector mean. `name` says which feature set it follows."""

    name: str
    numbers: tuple[Number, ...]
    words: tuple[Words, ...]
    identities: tuple[str, ...]

    @property
    def version(self) -> str:
        """A hash of the definition: two schemas of one version make equal vectors."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]

    @property
    def width(self) -> int:
        """d, the number of columns."""
        return self.words_at[1] + sum(SIGNATURES[name] for name in self.identities)

    @property
    def words_at(self) -> tuple[int, int]:
        """First and last (exclusive) column of all words: sparse, and worth condensing."""
        first = 2 * len(self.numbers)
        return first, first + sum(len(words.tokens) + 1 for words in self.words)

    def vectors(self, songs: Sequence[SongFeatures]) -> Vectors:
        """Return (n, d), one row a song. Raises RefusedProvenance for a value that must not be used."""
        refuse(songs)
        blocks = [_numbers(self.numbers, songs)]
        blocks += [_words(words, songs) for words in self.words]
        blocks += [_identity(name, songs) for name in self.identities]
        return np.hstack(blocks)

    def to_json(self) -> str:
        """Return the whole definition; equal schemas give equal text."""
        definition = {
            "format": FORMAT,
            "layout": [SIGNATURES, CLIP, WEIGHTS],
            "name": self.name,
            "numbers": [
                [n.name, n.unit, n.centre, n.scale, _finite(n.low), _finite(n.high), n.weight] for n in self.numbers
            ],
            "words": [[words.name, list(words.tokens), list(words.rarities)] for words in self.words],
            "identities": list(self.identities),
        }
        return json.dumps(definition, sort_keys=True, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Schema":
        """Read what `to_json` wrote. Raises ValueError for anything else, another layout included."""
        try:
            schema = cls._read(json.loads(text))
        except (KeyError, TypeError, AttributeError) as problem:
            raise ValueError(f"not a feature schema: {problem!r}") from problem
        if schema.to_json() != text:
            raise ValueError("a feature schema of another format")
        return schema

    @classmethod
    def _read(cls, definition: dict[str, Any]) -> "Schema":
        return cls(
            name=definition["name"],
            numbers=tuple(_read_number(*entry) for entry in definition["numbers"]),
            words=tuple(Words(name, tuple(tokens), tuple(rest)) for name, tokens, rest in definition["words"]),
            identities=tuple(definition["identities"]),
        )


def schema_of(songs: Sequence[SongFeatures]) -> Schema:
    """Return the schema of a member's whole library: every number and set that occurs in it, in whatever order.

    Built-in numbers keep their constants; any other is scaled by the library's median and spread.
    """
    refuse(songs)
    numbers = sorted({name for song in songs for name in song.numbers})
    sets = sorted({name for song in songs for name, tokens in song.sets.items() if tokens})
    return Schema(
        name=_feature_set(numbers),
        numbers=tuple(_number(name, songs) for name in numbers),
        words=tuple(_vocabulary(name, songs) for name in sets if name not in SIGNATURES),
        identities=tuple(name for name in SIGNATURES if name in sets),
    )


def _feature_set(numbers: Collection[str]) -> str:
    """Name the built-in set that shares most numbers with a library's."""
    return max(sorted(FEATURE_SETS), key=lambda name: len({n.name for n in FEATURE_SETS[name]} & set(numbers)))


def _number(name: str, songs: Sequence[SongFeatures]) -> Number:
    if name in BUILT_IN:
        return BUILT_IN[name]
    values = np.array([value for song in songs if math.isfinite(value := song.numbers.get(name, math.nan))] or [0.0])
    low, centre, high = np.percentile(values, [25, 50, 75])
    scale = (high - low) / 1.349 or values.std() or 1.0  # 1.349: between the quartiles of a normal distribution
    return Number(name, "", _rounded(centre), _rounded(scale))


def words_of(labels: Collection[str]) -> set[str]:
    """Return labels and the words in them: "gothic rock" is also "gothic" and "rock"."""
    whole = {label.strip().casefold() for label in labels} - {""}
    return whole | {word for label in whole for word in label.split()}


def _vocabulary(name: str, songs: Sequence[SongFeatures]) -> Words:
    tagged = [words_of(labels) for song in songs if (labels := song.sets.get(name))]
    counts = Counter(chain.from_iterable(tagged))
    common = sorted((word for word in counts if counts[word] >= RARE), key=lambda word: (-counts[word], word))
    kept = tuple(sorted(common[:MOST_WORDS]))
    return Words(name, kept, tuple(_rounded(1 + math.log((1 + len(tagged)) / (1 + counts[word]))) for word in kept))


def _numbers(numbers: Sequence[Number], songs: Sequence[SongFeatures]) -> Vectors:
    """Clipped deviations from the centre, nought where the value is missing or impossible; then which ones are."""
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


def _words(words: Words, songs: Sequence[SongFeatures]) -> Vectors:
    """One row a song: its words weighted by rarity and brought to one length; the last column says "none known"."""
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


def signature(name: str, size: int) -> Vectors:
    """Return a name as (size,) numbers of length 1, nearly at right angles to every other name's.

    Hashing needs no vocabulary: a new like by a labelled artist matches, and no name stands in the model's file. Too
    small a size costs accuracy by chance likenesses: 64 instead of 256 one point, 1,024 would gain half a one.
    """
    digest = hashlib.shake_256(name.strip().casefold().encode()).digest(size // 8)
    signs = np.unpackbits(np.frombuffer(digest, np.uint8)).astype(np.float32) * 2 - 1
    return (signs / np.float32(math.sqrt(size))).astype(np.float32)


def _identity(name: str, songs: Sequence[SongFeatures]) -> Vectors:
    held, size = [sorted(song.sets.get(name, ())) for song in songs], SIGNATURES[name]
    known = {token: signature(token, size) for token in set(chain.from_iterable(held))}
    block = np.zeros((len(songs), size), np.float32)
    for row, tokens in zip(block, held, strict=True):
        for token in tokens:
            row += known[token]
        row *= WEIGHTS[name] / math.sqrt(max(1, len(tokens)))
    return block


def _read_number(
    name: str, unit: str, centre: float, scale: float, low: float | None, high: float | None, weight: float
) -> Number:
    bounds = (-math.inf if low is None else low, math.inf if high is None else high)
    return Number(name, unit, centre, scale, *bounds, weight)


def _finite(bound: float) -> float | None:
    return bound if math.isfinite(bound) else None


def _rounded(value: float) -> float:
    """Six digits: enough, and the same text wherever it is computed."""
    return float(f"{value:.6g}")
