"""Schema: how what is known about songs becomes vectors.

One schema serves training and serving: it is derived once from a member's whole library, never from the few labels,
travels inside the model's file and says what each column of a vector means. Pure. Shapes: n songs become a float32 array (n, d) without a NaN; d depends on the schema alone.
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

FORMAT = 1  # of the layout below; a model of another format is not read
IDENTITY = ("artists", "album")  # sets that say who or where from: "the same as", not "more or less like"
SIGNATURE = 64  # columns an identity set takes; two different names then agree by about 1/8
MOST_WORDS = 400  # tokens of a set that are worth a column; the rest are too rare to learn from
RARE = 2  # songs a word must stand in to be kept
CLIP = 3.0  # robust deviations; beyond lies an outlier, not more of the same
WEIGHTS = {"number": 0.5, "absent": 0.25, "words": 3.0, "artists": 1.0, "album": 0.5}  # of a block, in deviations

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Number:
    """A number's unit, typical centre and scale, and the range outside which it is taken for missing."""

    name: str
    unit: str
    centre: float
    scale: float
    low: float = -math.inf
    high: float = math.inf

    def standard(self, value: float | None) -> float:
        """Return deviations from the centre, clipped; NaN where the value is missing or impossible."""
        if value is None or not self.low <= value <= self.high:
            return math.nan
        return max(-CLIP, min(CLIP, (value - self.centre) / self.scale))


@dataclass(frozen=True, slots=True)
class Words:
    """A set whose members are words that songs share: the words worth a column, and how telling each is."""

    name: str
    tokens: tuple[str, ...]
    weights: tuple[float, ...]


def _share(name: str, centre: float, scale: float) -> Number:
    return Number(name, "share", centre, scale, 0.0, 1.0)


# Medians and spreads of 201,498 tracks: constants, so that a small library does not bend them.
EXPORTIFY = (
    Number("year", "year", 2012.0, 12.0, 1900.0, 2100.0),
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
HEARD = (
    Number("tempo_folded", "BPM", 120.0, 22.0, 20.0, 400.0),
    Number("pulse", "share", 0.5, 0.25),
    Number("brightness", "Hz", 2000.0, 900.0, 0.0, 24_000.0),
)
BUILT_IN = {number.name: number for number in (*EXPORTIFY, *HEARD)}


@dataclass(frozen=True, slots=True)
class Schema:
    """What the columns of a vector mean: numbers, then their absence, then words, then identities."""

    name: str
    numbers: tuple[Number, ...]
    words: tuple[Words, ...]
    identities: tuple[str, ...]

    @property
    def version(self) -> str:
        """A hash of the definition: two schemas with one version make equal vectors."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]

    @property
    def width(self) -> int:
        """d, the number of columns."""
        return self.words_at.stop + SIGNATURE * len(self.identities)

    @property
    def words_at(self) -> slice:
        """The columns of all words: sparse, and worth condensing."""
        start = 2 * len(self.numbers)
        return slice(start, start + sum(len(words.tokens) + 1 for words in self.words))

    def vectors(self, songs: Sequence[SongFeatures]) -> Vectors:
        """Return (n, d): one row a song. Raises RefusedProvenance for a value that must not be used."""
        refuse(songs)
        blocks = [_numbers(self.numbers, songs)]
        blocks += [_words(words, songs) for words in self.words]
        blocks += [_identity(name, songs) for name in self.identities]
        return np.hstack(blocks).astype(np.float32)

    def to_json(self) -> str:
        """Return the whole definition, the same text for the same schema."""
        definition = {
            "format": FORMAT,
            "name": self.name,
            "numbers": [[n.name, n.unit, n.centre, n.scale, _finite(n.low), _finite(n.high)] for n in self.numbers],
            "words": [[w.name, list(w.tokens), list(w.weights)] for w in self.words],
            "identities": list(self.identities),
            "layout": [SIGNATURE, CLIP, WEIGHTS],
        }
        return json.dumps(definition, sort_keys=True, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Schema":
        """Read what `to_json` wrote. Raises ValueError when it is of another format or layout."""
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
            numbers=tuple(
                Number(name, unit, centre, scale, -math.inf if low is None else low, math.inf if high is None else high)
                for name, unit, centre, scale, low, high in definition["numbers"]
            ),
            words=tuple(Words(name, tuple(tokens), tuple(weights)) for name, tokens, weights in definition["words"]),
            identities=tuple(definition["identities"]),
        )


def schema_of(songs: Sequence[SongFeatures], name: str = "library") -> Schema:
    """Return the schema of a member's whole library: every number and set that occurs in it.

    Numbers that are not built in are scaled by the library's median and spread; the order of songs does not matter.
    """
    refuse(songs)
    sets = sorted({key for song in songs for key, tokens in song.sets.items() if tokens})
    return Schema(
        name=name,
        numbers=tuple(_number(key, songs) for key in sorted({key for song in songs for key in song.numbers})),
        words=tuple(words for key in sets if key not in IDENTITY and (words := _vocabulary(key, songs)).tokens),
        identities=tuple(key for key in IDENTITY if key in sets),
    )


def _number(name: str, songs: Sequence[SongFeatures]) -> Number:
    if name in BUILT_IN:
        return BUILT_IN[name]
    values = np.array([song.numbers[name] for song in songs if math.isfinite(song.numbers.get(name, math.nan))])
    low, centre, high = np.percentile(values, [25, 50, 75]) if len(values) else (0.0, 0.0, 0.0)
    spread = (high - low) / 1.349 or float(values.std() if len(values) else 0.0) or 1.0  # 1.349: a normal's quartiles
    return Number(name, "", float(f"{centre:.6g}"), float(f"{spread:.6g}"))


def tokens_of(labels: Collection[str]) -> set[str]:
    """Return the labels and the words in them: "gothic rock" is also "gothic" and "rock"."""
    whole = {label.strip().casefold() for label in labels} - {""}
    return whole | {word for label in whole for word in label.split()}


def _vocabulary(name: str, songs: Sequence[SongFeatures]) -> Words:
    seen = [tokens_of(labels) for song in songs if (labels := song.sets.get(name))]
    counts = Counter(chain.from_iterable(seen))
    kept = sorted((token for token in counts if counts[token] >= RARE), key=lambda token: (-counts[token], token))
    kept = sorted(kept[:MOST_WORDS])
    rarity = (float(f"{1 + math.log((1 + len(seen)) / (1 + counts[token])):.6g}") for token in kept)
    return Words(name, tuple(kept), tuple(rarity))


def _numbers(numbers: Sequence[Number], songs: Sequence[SongFeatures]) -> Vectors:
    rows = [[number.standard(song.numbers.get(number.name)) for number in numbers] for song in songs]
    values = np.array(rows, np.float32).reshape(len(songs), len(numbers))
    absent = np.isnan(values)
    return np.hstack([WEIGHTS["number"] * np.where(absent, 0, values), WEIGHTS["absent"] * absent])


def _words(words: Words, songs: Sequence[SongFeatures]) -> Vectors:
    """One row a song: its words, weighted by rarity and brought to one length; the last column says "none known"."""
    column = {token: at for at, token in enumerate(words.tokens)}
    found = [[column[t] for t in tokens_of(song.sets.get(words.name, ())) if t in column] for song in songs]
    block = np.zeros((len(songs), len(column) + 1), np.float32)
    for row, columns in zip(block, found, strict=True):
        row[columns] = 1
    block[:, :-1] *= np.array(words.weights, np.float32)
    lengths = np.linalg.norm(block, axis=1)
    block *= (WEIGHTS["words"] / np.where(lengths > 0, lengths, 1))[:, None]
    block[lengths == 0, -1] = WEIGHTS["absent"]
    return block


def signature(token: str) -> Vectors:
    """Return a name as (SIGNATURE,) numbers of length 1, nearly at right angles to every other name's.

    Hashing needs no vocabulary: a new like by a known artist matches, and no name stands in the model's file.
    """
    digest = hashlib.blake2b(token.strip().casefold().encode(), digest_size=SIGNATURE // 8).digest()
    return (np.unpackbits(np.frombuffer(digest, np.uint8)) * 2.0 - 1.0).astype(np.float32) / math.sqrt(SIGNATURE)


def _identity(name: str, songs: Sequence[SongFeatures]) -> Vectors:
    known = {token: signature(token) for token in set(chain.from_iterable(song.sets.get(name, ()) for song in songs))}
    block = np.zeros((len(songs), SIGNATURE), np.float32)
    for row, song in zip(block, songs, strict=True):
        for token in sorted(song.sets.get(name, ())):
            row += known[token]
        row *= WEIGHTS[name] / math.sqrt(max(1, len(song.sets.get(name, ()))))
    return block


def _finite(bound: float) -> float | None:
    return bound if math.isfinite(bound) else None
