"""Hints: what the playlists' own names say, until there are many labels.

"Late night jazz" stands for the library's songs tagged jazz, "80s drive" for those from the eighties. The mean of
such songs is one weak example of the playlist; labels soon outweigh it.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

from bot.core.features import SongFeatures
from bot.core.sorting.learning.columns import words_of

SPOKEN_FOR = (3, 0.5)  # minimum songs, maximum share of the library: fewer are chance, more say nothing
TAGS = ("genres", "tags")
WORD = re.compile(r"\d{2,4}s|[^\W\d_]{3,}")
DECADE = re.compile(r"(19|20)?(\d)0s")

Hint = tuple[int, Sequence[str]]  # a playlist, and the songs whose mean represents it


def hints_of(names: Mapping[int, str], library: Mapping[str, SongFeatures]) -> list[Hint]:
    """Return the hints in the names, by playlist; library: at least some hundreds of songs."""
    tagged, dated = _tagged(library), _dated(library)
    said = ((playlist, word) for playlist in sorted(names) for word in sorted(set(_words(names[playlist]))))
    hints = ((playlist, tagged.get(word) or dated.get(_decade(word), [])) for playlist, word in said)
    least, most = SPOKEN_FOR[0], SPOKEN_FOR[1] * len(library)
    return [(playlist, songs) for playlist, songs in hints if least <= len(songs) <= most]


def _words(name: str) -> list[str]:
    return WORD.findall(name.casefold().replace("'", "").replace("_", " "))


def _tagged(library: Mapping[str, SongFeatures]) -> dict[str, list[str]]:
    songs: dict[str, list[str]] = defaultdict(list)
    for song, features in library.items():
        for word in words_of({label for tag in TAGS for label in features.sets.get(tag, ())}):
            songs[word].append(song)
    return songs


def _dated(library: Mapping[str, SongFeatures]) -> dict[int | None, list[str]]:
    songs: dict[int | None, list[str]] = defaultdict(list)
    for song, features in library.items():
        if "year" in features.numbers:
            songs[int(features.numbers["year"] // 10 * 10)].append(song)
    return songs


def _decade(word: str) -> int | None:
    """Return 1980 for "80s" and "1980s", and 2010 for "2010s"; None for other words."""
    match = DECADE.fullmatch(word)
    if match is None:
        return None
    century = match[1] or ("20" if int(match[2]) < 3 else "19")
    return int(f"{century}{match[2]}0")
