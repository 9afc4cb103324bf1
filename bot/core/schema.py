"""Schema: how what is known about songs becomes vectors.

One schema serves training and serving: it is derived once from a member's whole library, never from the few labels,
travels inside the model's file and says what each column of a vector means. Pure.

Shapes: n songs become float32 (n, d) without a NaN; d depends on the schema alone. The columns are every number in
robust deviations, then whether it is absent; the year as bumps; the words of each set; the names of the identities,
hashed, and how many of the library's songs share them; embeddings.
Weights and sizes were chosen on the playlists of four real people; docs/learning.md says what each bought.
"""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.core.features import LIKED, SongFeatures, refuse

FORMAT = 2  # of the layout; a model of another format is not read
BUCKETS = {"artists": 512, "album": 256}  # columns an identity takes; half as many cost a third of a point
MOST_WORDS = 400  # words of a set that get a column; the rest stand in too few songs to learn from
RARE = 2  # songs a word or a name must stand in to be told apart
CLIP = 3.0  # deviations; beyond lies an outlier, not more of the same
BUMPS = {
    "year": ((0.7, 0.7, 1990.0, 0.7), (3.0, 2.4, 1950.0, 1.4)),
    LIKED: ((0.2, 0.2, 2008.0, 1.0), (1.0, 0.8, 2006.0, 1.0)),
}  # of a date: width, spacing, first (years), weight
LAST_BUMP = 2030.0
MANY_NUMBERS = 16  # numbers from which they share one budget of weight, so that sixty do not drown the rest
WEIGHTS = {
    "number": 0.35,
    "absent": 0.25,
    "words": 2.1,
    "artists": 2.2,
    "album": 1.3,
    "count": 0.9,
    "company": 1.5,
    "embedding": 2.0,
}  # of a block, in deviations, or the length of its row

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
class Identity:
    """Names that songs share or do not: artists, an album. `keys` (sorted) are hashes of those in several songs."""

    name: str
    keys: tuple[int, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Embedding:
    """Vectors that another model gave; `size` is their length."""

    name: str
    size: int


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
DATES = {
    name: np.array(
        [(at, width, weight) for width, gap, first, weight in bumps for at in np.arange(first, LAST_BUMP, gap)]
    )
    for name, bumps in BUMPS.items()
}  # name → (bumps, 3): centre, width (years), weight
FAINT = 1e-9  # below lies nothing
HEARD = (Number("tempo_folded", "BPM", 120.0, 22.0, 20.0, 400.0),)  # the rest is scaled by the library
FEATURE_SETS = {"exportify": EXPORTIFY, "heard": HEARD}
BUILT_IN = {number.name: number for numbers in FEATURE_SETS.values() for number in numbers}


@dataclass(frozen=True, slots=True)
class Schema:
    """What the columns of a vector mean. `name` says which feature set it follows."""

    name: str
    numbers: tuple[Number, ...]
    words: tuple[Words, ...]
    identities: tuple[Identity, ...]
    embeddings: tuple[Embedding, ...]

    @property
    def version(self) -> str:
        """A hash of the definition: two schemas of one version make equal vectors."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]

    @property
    def width(self) -> int:
        """d, the number of columns."""
        identities = sum(BUCKETS[identity.name] + 1 for identity in self.identities)
        return self.words_at[1] + identities + sum(embedding.size + 1 for embedding in self.embeddings)

    @property
    def words_at(self) -> tuple[int, int]:
        """First and last (exclusive) column of all words: sparse, and worth condensing."""
        first = 2 * len(self.numbers) + sum(len(DATES[number.name]) for number in self.numbers if number.name in DATES)
        return first, first + sum(len(words.tokens) + 1 for words in self.words)

    def vectors(self, songs: Sequence[SongFeatures]) -> Vectors:
        """Return (n, d), one row a song. Raises RefusedProvenance for a value that must not be used."""
        refuse(songs)
        blocks = [_numbers(self.numbers, songs)]
        blocks += [_dates(number.name, songs) for number in self.numbers if number.name in DATES]
        blocks += [_words(words, songs) for words in self.words]
        blocks += [_identity(identity, songs) for identity in self.identities]
        blocks += [_embedding(embedding, songs) for embedding in self.embeddings]
        return np.hstack(blocks)

    def to_json(self) -> str:
        """Return the whole definition; equal schemas give equal text."""
        definition = {
            "format": FORMAT,
            "layout": [BUCKETS, BUMPS, CLIP, WEIGHTS],
            "name": self.name,
            "numbers": [
                [n.name, n.unit, n.centre, n.scale, _finite(n.low), _finite(n.high), n.weight] for n in self.numbers
            ],
            "words": [[words.name, list(words.tokens), list(words.rarities)] for words in self.words],
            "identities": [[each.name, list(each.keys), list(each.counts)] for each in self.identities],
            "embeddings": [[each.name, each.size] for each in self.embeddings],
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
            identities=tuple(Identity(name, tuple(keys), tuple(n)) for name, keys, n in definition["identities"]),
            embeddings=tuple(Embedding(name, size) for name, size in definition["embeddings"]),
        )


def schema_of(songs: Sequence[SongFeatures]) -> Schema:
    """Return the schema of a member's whole library: every number, set and embedding in it, in whatever order.

    Built-in numbers keep their constants; any other is scaled by the library's median and spread.
    """
    refuse(songs)
    numbers = sorted({name for song in songs for name in song.numbers})
    sets = sorted({name for song in songs for name, tokens in song.sets.items() if tokens})
    embeddings = {name: len(vector) for song in songs for name, vector in song.embeddings.items()}
    share = math.sqrt(min(1.0, MANY_NUMBERS / max(1, len(numbers))))
    return Schema(
        name=_feature_set(numbers),
        numbers=tuple(replace(_number(name, songs), weight=_rounded(share)) for name in numbers),
        words=tuple(_vocabulary(name, songs) for name in sets if name not in BUCKETS),
        identities=tuple(_counted(name, songs) for name in BUCKETS if name in sets),
        embeddings=tuple(Embedding(name, embeddings[name]) for name in sorted(embeddings)),
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


def _dates(name: str, songs: Sequence[SongFeatures]) -> Vectors:
    """One row a song: how near its date is to each of DATES, each width brought to one length; nought if unknown.

    Radial basis functions: of a release date it tells the season, the years around it and the era at once, where a
    single number would only say "newer".
    """
    date = np.array([song.numbers.get(name, math.nan) for song in songs], np.float64)[:, None]
    centres, widths, weights = DATES[name].T
    near = np.nan_to_num(np.exp(-0.5 * ((date - centres) / widths) ** 2))
    for width in np.unique(widths):
        at = widths == width
        near[:, at] /= np.maximum(np.linalg.norm(near[:, at], axis=1, keepdims=True), FAINT)
    return np.asarray(near * weights, np.float32)


def key_of(name: str) -> int:
    """Return a name as 32 bits, however it is written: no name stands in a model's file."""
    return int.from_bytes(hashlib.blake2b(name.strip().casefold().encode(), digest_size=4).digest(), "big")


def _names(name: str, song: SongFeatures) -> list[int]:
    return sorted({key_of(each) for each in song.sets.get(name, ())})


def _counted(name: str, songs: Sequence[SongFeatures]) -> Identity:
    counts = Counter(chain.from_iterable(_names(name, song) for song in songs))
    keys = tuple(sorted(key for key, count in counts.items() if count >= RARE))
    return Identity(name, keys, tuple(counts[key] for key in keys))


def _identity(identity: Identity, songs: Sequence[SongFeatures]) -> Vectors:
    """One row a song: its names, each a signed one in its bucket, and how many songs the commonest of them has.

    Feature hashing (Weinberger et al. 2009) needs no vocabulary: a new like by a labelled artist matches.
    """
    size, counts = BUCKETS[identity.name], dict(zip(identity.keys, identity.counts, strict=True))
    block = np.zeros((len(songs), size + 1), np.float32)
    for row, song in zip(block, songs, strict=True):
        keys = _names(identity.name, song)
        for key in keys:
            row[key // 2 % size] += (1 if key % 2 else -1) * WEIGHTS[identity.name] / math.sqrt(len(keys))
        row[-1] = WEIGHTS["count"] * math.log1p(max((counts.get(key, 1) for key in keys), default=0))
    return block


def _embedding(embedding: Embedding, songs: Sequence[SongFeatures]) -> Vectors:
    """One row a song: the vector brought to the block's weight; the last column says "none known"."""
    nothing = np.zeros(embedding.size, np.float32)
    rows = np.array([song.embeddings.get(embedding.name, nothing) for song in songs], np.float32)
    rows = rows.reshape(len(songs), embedding.size)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    weight = WEIGHTS.get(embedding.name.partition(":")[0], WEIGHTS["embedding"])
    block = np.hstack([weight * rows / np.maximum(lengths, FAINT), WEIGHTS["absent"] * (lengths == 0)])
    return np.asarray(block, np.float32)


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
