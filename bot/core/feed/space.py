"""Space: places songs by what they sound like, independent of who likes them. Pure.

A song's features (numbers, words, musicnn's vector) become the columns of `core.sorting.learning.schema`, without the
names of artists and albums, and are projected onto the directions in which songs differ most (principal components).
Rows have length 1, so the product of two is their cosine. Nobody's taste goes into it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.core.features import LIKED, SongFeatures
from bot.core.sorting.learning.columns import EPSILON, Vectors
from bot.core.sorting.learning.schema import Schema, schema_of
from bot.core.vectors import pack, unpack

AXES = 64  # real libraries have some 500 columns; more axes recommended fewer right songs (docs/feed.md)
FITTED_ON = 20_000  # songs; more don't move the axes
ROWS = 4_096  # songs at a time: some 10 MB of columns


@dataclass(frozen=True, slots=True)
class Space:
    """schema: what the columns mean; centre (d,) and axes (d, k), float32: the projection. k is at most AXES."""

    schema: Schema
    centre: Vectors
    axes: Vectors

    @property
    def size(self) -> int:
        """k, the dimension of a point."""
        return int(self.axes.shape[1])

    def covers(self, song: SongFeatures) -> bool:
        """Return whether there's a column for each of the song's numbers and vectors."""
        numbers = {column.name for column in self.schema.numbers}
        vectors = {column.name for column in self.schema.embeddings}
        return song.numbers.keys() <= numbers | {LIKED} and song.embeddings.keys() <= vectors

    def points(self, songs: Sequence[SongFeatures]) -> Vectors:
        """Return (n, k) float32, rows of length 1; all zeros for a song without features.

        Raises RefusedProvenance for a feature we mustn't use.
        """
        parts = [self._points(songs[at : at + ROWS]) for at in range(0, len(songs), ROWS)]
        return np.concatenate(parts) if parts else np.zeros((0, self.size), np.float32)

    def _points(self, songs: Sequence[SongFeatures]) -> Vectors:
        turned = (self.schema.vectors(songs) - self.centre) @ self.axes
        turned[[not song.known for song in songs]] = 0
        return to_length_one(turned)

    def to_bytes(self) -> bytes:
        """Return the definition, for `from_bytes`."""
        packed = pack({"centre": self.centre, "axes": self.axes.ravel()})
        return self.schema.to_json().encode() + b"\n" + (packed or b"")

    @classmethod
    def from_bytes(cls, definition: bytes) -> "Space":
        """Read what `to_bytes` wrote. Raises ValueError for anything else."""
        schema, _, packed = definition.partition(b"\n")
        arrays = unpack(packed or None)
        if arrays.keys() != {"centre", "axes"}:
            raise ValueError("not a space of songs")
        centre = arrays["centre"]
        return cls(Schema.from_json(schema.decode()), centre, arrays["axes"].reshape(len(centre), -1))


def space_of(songs: Sequence[SongFeatures]) -> Space:
    """Fit a space to these songs; a sample of the catalogue is enough (Pearson 1901; Hotelling 1933).

    Raises ValueError without any songs.
    """
    if not songs:
        raise ValueError("no songs to fit a space to")
    schema = replace(schema_of([_timeless(song) for song in songs]), identities=(), texts=())
    columns = schema.vectors(songs).astype(np.float64)
    centre = columns.mean(axis=0)
    columns -= centre
    _, turned = np.linalg.eigh(columns.T @ columns)  # ascending
    axes = turned[:, ::-1][:, :AXES]
    return Space(schema, centre.astype(np.float32), np.ascontiguousarray(axes, np.float32))


def _timeless(song: SongFeatures) -> SongFeatures:
    """Return the features without the date somebody liked it, which is about them and not about the song."""
    return replace(song, numbers={name: value for name, value in song.numbers.items() if name != LIKED})


def to_length_one(rows: NDArray[np.floating[Any]]) -> Vectors:
    """Scale each row to length 1; rows of zeros stay zero."""
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, EPSILON), np.float32)
