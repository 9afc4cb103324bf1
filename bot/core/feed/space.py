"""Space: where songs lie beside one another, whoever likes them. Pure.

What is known of a song (numbers, words, musicnn's vector) becomes the columns of `core.schema`, without the names of
artists and albums, and those are turned onto the directions in which songs differ most (principal components). Rows
are brought to length 1, so that the product of two is the cosine between them. Nothing is learnt from anybody's taste.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.core.features import LIKED, SongFeatures
from bot.core.sorting.columns import FAINT, Vectors
from bot.core.sorting.schema import Schema, schema_of
from bot.core.vectors import pack, unpack

AXES = 64  # of some 500 columns of real libraries: more of them named fewer right songs (docs/feed.md)
FITTED_ON = 20_000  # songs; more do not move the axes
ROWS = 4_096  # songs at once: some 10 MB of columns


@dataclass(frozen=True, slots=True)
class Space:
    """schema: what the columns mean; centre (d,) and axes (d, k) turn them, float32. k is AXES or less."""

    schema: Schema
    centre: Vectors
    axes: Vectors

    @property
    def size(self) -> int:
        """k, the length of a point."""
        return int(self.axes.shape[1])

    def covers(self, song: SongFeatures) -> bool:
        """Whether there is a column for every number and vector that is known of a song."""
        numbers, vectors = {each.name for each in self.schema.numbers}, {each.name for each in self.schema.embeddings}
        return song.numbers.keys() <= numbers | {LIKED} and song.embeddings.keys() <= vectors

    def points(self, songs: Sequence[SongFeatures]) -> Vectors:
        """Return (n, k) float32, rows of length 1; a row of noughts for a song of which nothing is known.

        Raises RefusedProvenance for a value that must not be used.
        """
        parts = [self._points(songs[at : at + ROWS]) for at in range(0, len(songs), ROWS)]
        return np.concatenate(parts) if parts else np.zeros((0, self.size), np.float32)

    def _points(self, songs: Sequence[SongFeatures]) -> Vectors:
        turned = (self.schema.vectors(songs) - self.centre) @ self.axes
        turned[[not song.known for song in songs]] = 0
        return to_length_one(turned)

    def to_bytes(self) -> bytes:
        """Return the whole definition; `from_bytes` reads it."""
        packed = pack({"centre": self.centre, "axes": self.axes.ravel()})
        return self.schema.to_json().encode() + b"\n" + (packed or b"")

    @classmethod
    def from_bytes(cls, definition: bytes) -> "Space":
        """Read what `to_bytes` wrote. Raises ValueError for anything else."""
        schema, _, packed = definition.partition(b"\n")
        found = unpack(packed or None)
        if found.keys() != {"centre", "axes"}:
            raise ValueError("not a space of songs")
        centre = found["centre"]
        return cls(Schema.from_json(schema.decode()), centre, found["axes"].reshape(len(centre), -1))


def space_of(songs: Sequence[SongFeatures]) -> Space:
    """Return the space that fits these songs: a sample of a catalogue will do (Pearson 1901; Hotelling 1933).

    At least one song is wanted. Raises ValueError for none.
    """
    if not songs:
        raise ValueError("no songs to fit a space to")
    schema = replace(schema_of([_timeless(song) for song in songs]), identities=())
    columns = schema.vectors(songs).astype(np.float64)
    centre = columns.mean(axis=0)
    columns -= centre
    _, turned = np.linalg.eigh(columns.T @ columns)  # ascending
    axes = turned[:, ::-1][:, :AXES]
    return Space(schema, centre.astype(np.float32), np.ascontiguousarray(axes, np.float32))


def _timeless(song: SongFeatures) -> SongFeatures:
    """Without the date on which somebody liked it, which is about them and not about the song."""
    return replace(song, numbers={name: value for name, value in song.numbers.items() if name != LIKED})


def to_length_one(rows: NDArray[np.floating[Any]]) -> Vectors:
    """Return the rows, each of length 1; those that are nought stay so."""
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, FAINT), np.float32)
