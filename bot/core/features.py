"""Features: what is known about a song, where it came from, and how a line of a CSV file says it.

Nothing of Spotify's content may enter a model, so every value names its source. Knows Exportify's headers
("Artist Name(s)", "Duration (ms)") and their plain forms ("artists", "duration_ms"). Pure.
"""

import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

REFUSED = frozenset({"spotify"})  # sources that never enter a model (Spotify's developer terms)
SETS = frozenset({"genres", "artists", "album", "tags"})  # columns that are sets without being declared
ALIASES = {
    "artist": "artists",
    "artist_name": "artists",
    "artist_names": "artists",
    "track_artist": "artists",
    "album_name": "album",
    "track_album_name": "album",
    "artist_genres": "genres",
    "genre": "genres",
    "release_date": "year",
    "album_release_date": "year",
    "track_album_release_date": "year",
}
WHO = {"name", "track_name", "title", "song_title", "id", "track_id", "track_uri", "spotify_id", "uri", "url", "isrc"}
WHERE = {"playlist", "playlist_name", "playlist_id", "disc_number", "track_number", "added_at", "added_by"}
LABELS = {"member", "layer", "verdict", "label", "target"}
COUNTERS = {"idx", "serial_num", "key"}  # a key counts half-tones in a circle: as a number it misleads
NOT_FEATURES = frozenset(WHO | WHERE | LABELS | COUNTERS)
LIKED = "liked"  # the number that says when a song was liked, as a year; a model uses it only where it helps
TAG = "tag: "  # before the name of a tag that is heard, whose score is a number
GOES_BY = frozenset({"musicnn"})  # of the vectors that are heard
TRUTH = {"true": 1.0, "false": 0.0, "major": 1.0, "minor": 0.0}


class RefusedProvenance(ValueError):
    """Features of that source must not enter a model."""


@dataclass(frozen=True, slots=True)
class SongFeatures:
    """What is known about one song; whatever is absent is unknown. `provenance` names each value's source.

    embeddings: vectors by name, each of that name's own length; compared by direction.
    """

    numbers: Mapping[str, float] = field(default_factory=dict)
    sets: Mapping[str, frozenset[str]] = field(default_factory=dict)
    provenance: Mapping[str, str] = field(default_factory=dict)
    embeddings: Mapping[str, NDArray[np.float32]] = field(default_factory=dict, compare=False)

    @property
    def known(self) -> bool:
        """Whether there is anything to learn from or to go by."""
        return bool(self.numbers) or any(self.sets.values()) or bool(self.embeddings)


def refuse(songs: Iterable[SongFeatures]) -> None:
    """Raise RefusedProvenance when a value comes from a source that must never enter a model."""
    for song in songs:
        if found := REFUSED.intersection(source.partition(":")[0] for source in song.provenance.values()):
            raise RefusedProvenance(f"features from {', '.join(sorted(found))} must not enter a model")


@lru_cache(maxsize=1024)
def column(header: str) -> str:
    """Return the field that a CSV header names: both "Artist Name(s)" and "artists" are `artists`."""
    plain = re.sub(r"[^a-z0-9]+", "_", header.strip().lower().replace("(s)", "s")).strip("_")
    return ALIASES.get(plain, plain)


def features_from_row(row: Mapping[str, str], source: str, sets: Collection[str] = SETS) -> SongFeatures:
    """Return the features that a CSV row holds, each from `source`.

    Every numeric column is a feature of its own name; the columns in `sets` are sets, other text is passed over.
    """
    fields = {column(header): text.strip() for header, text in row.items() if header and text and text.strip()}
    liked = _number("year", fields.get("added_at", ""))
    fields = {name: text for name, text in fields.items() if name not in NOT_FEATURES}
    read = {name: _number(name, text) for name, text in fields.items() if name not in sets}
    numbers = {name: number for name, number in read.items() if math.isfinite(number)}
    if (milliseconds := numbers.pop("duration_ms", None)) is not None:
        numbers["duration"] = milliseconds / 1000
    if math.isfinite(liked):
        numbers[LIKED] = liked
    found = {name: tokens for name in sets if (tokens := _tokens(name, fields.get(name, "")))}
    return SongFeatures(numbers, found, dict.fromkeys([*numbers, *found], source))


def features_heard(numbers: Mapping[str, float], vectors: Mapping[str, NDArray[np.float32]]) -> SongFeatures:
    """Return what a model goes by of all that was heard in a file (`bot.audio.features`).

    Its numbers and musicnn's vector. With tags' scores or the other vectors beside them, a few labels teach less, for
    they say the same things over again (docs/hearing.md).
    """
    return SongFeatures(
        {name: value for name, value in numbers.items() if not name.startswith(TAG)},
        embeddings={name: vector for name, vector in vectors.items() if name in GOES_BY},
    )


def _number(name: str, text: str) -> float:
    """Return the number that `text` is, NaN where it is none; a date is its year and the part of it that has passed."""
    try:
        if name == "year":
            return year_of(text)
        return TRUTH[text.lower()] if text.lower() in TRUTH else float(text)
    except ValueError:
        return math.nan


def year_of(text: str) -> float:
    """Return "1988-07-11" as 1988.53; what says no month or no day happened in the middle of it."""
    found = re.match(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", text)
    if not found or not 1 <= int(found[2] or 0) <= 12:
        return float(found[1] if found else text) + 0.5
    day = int(found[3] or 15)
    return float(found[1]) + (int(found[2]) - 1 + (min(max(day, 1), 31) - 0.5) / 31) / 12


def _tokens(name: str, text: str) -> frozenset[str]:
    """Split at semicolons, else at commas; an album's title is one token, commas and all."""
    parts = [text] if name == "album" else text.strip("[]").split(";" if ";" in text else ",")
    return frozenset(part.strip(" '\"") for part in parts) - {""}
