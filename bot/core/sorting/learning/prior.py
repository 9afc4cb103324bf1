"""Prior: what other people's playlists teach about songs before this member has labelled any. Pure.

It knows two things about each artist. The first is an embedding (`company`, as in its file): artists that share
playlists are near. It enters a schema under a name that holds the prior's version, so a model never mistakes another
prior's vectors for its own. The second is the words that other people's libraries have for them, used for songs
without any.

The prior that ships learned both from Wikipedia's articles instead of playlists. An operator's own stands on it: songs
get both embeddings, and the shipped one's words for artists that the operator's doesn't know.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bot.core.features import SongFeatures
from bot.core.sorting.learning.columns import keys_of
from bot.core.vectors import Floats

WORDS = "genres"  # the set that is filled in
PLAYLISTS, WIKIPEDIA = "prior", "wikipedia"  # what a prior learned from, as a source of features


@dataclass(frozen=True, slots=True)
class ArtistKnowledge:
    """What a prior says of some artists together: their mean embedding (e,), and words. Songs share the object."""

    company: Floats
    words: frozenset[str]


@dataclass(frozen=True)
class Prior:
    """What `python -m training pretrain` learned. It holds only hashes of artists' names.

    keys: (a,) sorted `artist_key`s. company: (a, e), their embeddings, of length 1 or 0. words: each word once.
    tagged: (t,) indices into words; those of artist i are tagged[ends[i - 1]:ends[i]]. ends: (a,).
    source: PLAYLISTS or WIKIPEDIA. under: the prior it stands on, if any; neither is part of its version.
    """

    keys: NDArray[np.uint32]
    company: NDArray[np.float16]
    words: tuple[str, ...]
    tagged: NDArray[np.uint16]
    ends: NDArray[np.uint32]
    source: str = PLAYLISTS
    under: "Prior | None" = None

    @property
    def versions(self) -> tuple[str, ...]:
        """Its version, and those of the priors it stands on."""
        return (self.version, *(self.under.versions if self.under else ()))

    @cached_property
    def version(self) -> str:
        """A hash of everything this prior says by itself."""
        digest = hashlib.sha256("\n".join(self.words).encode())
        for array in (self.keys, self.company, self.tagged, self.ends):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()[:16]

    def augmented(self, songs: Sequence[SongFeatures]) -> list[SongFeatures]:
        """Return the songs with what the prior says of them; songs by unknown artists stay as they are."""
        credited = [tuple(keys_of("artists", song)) for song in songs]
        known = dict(self._knowledge(set(credited)))
        augmented = [
            self._with_knowledge(song, known[keys]) if keys in known else song
            for song, keys in zip(songs, credited, strict=True)
        ]
        return self.under.augmented(augmented) if self.under else augmented

    def _knowledge(self, credited: Collection[tuple[int, ...]]) -> Iterator[tuple[tuple[int, ...], ArtistKnowledge]]:
        """Yield what's known of each group of artists' keys, if any of them is known."""
        wanted = sorted({key for keys in credited for key in keys})
        places = np.searchsorted(self.keys, wanted)
        row = {
            key: int(at) for key, at in zip(wanted, places, strict=True) if at < len(self.keys) and self.keys[at] == key
        }
        for keys in credited:
            if rows := [row[key] for key in keys if key in row]:
                company = self.company[rows].astype(np.float32).mean(axis=0)
                yield keys, ArtistKnowledge(company, frozenset().union(*map(self._words_of, rows)))

    def _with_knowledge(self, song: SongFeatures, known: ArtistKnowledge) -> SongFeatures:
        named, source = f"company:{self.version}", f"{self.source}:{self.version}"
        sets, provenance = song.sets, {**song.provenance, named: source}
        if known.words and not song.sets.get(WORDS):
            sets, provenance[WORDS] = {**sets, WORDS: known.words}, source
        return SongFeatures(song.numbers, sets, provenance, {**song.embeddings, named: known.company})

    def _words_of(self, row: int) -> frozenset[str]:
        first = int(self.ends[row - 1]) if row else 0
        return frozenset(self.words[at] for at in self.tagged[first : self.ends[row]])


def with_prior(prior: Prior | None, songs: Mapping[str, SongFeatures]) -> dict[str, SongFeatures]:
    """Return songs by id with what the prior says of them; unchanged if there's no prior."""
    return dict(zip(songs, prior.augmented(list(songs.values())), strict=True)) if prior else dict(songs)


def versions_in(sources: Iterable[str]) -> list[str]:
    """Return the sorted versions of the priors among these sources (`SongFeatures.provenance`)."""
    parted = (source.partition(":") for source in sources)
    return sorted({version for kind, _colon, version in parted if kind in (PLAYLISTS, WIKIPEDIA) and version})
