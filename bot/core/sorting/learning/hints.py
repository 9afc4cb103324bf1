"""Hints: the words that a playlist's name and a song share: of its title, album, artists or decade. Pure.

A model's file holds only hashes of them.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from bot.core.features import TITLE, SongFeatures
from bot.core.sorting.learning.columns import Rows, Vectors, expand_names
from bot.core.sorting.learning.identities import MARKS, key_of

CACHE_SIZE = 2**14  # words, labels
NOTHING = -1  # in place of the hash of a word that says nothing
NAMES = (TITLE, "album", "artists")
DECADE, TAG = "decade", "tag"
KINDS = (*NAMES, DECADE)
APOSTROPHES = str.maketrans(dict.fromkeys("’‘´`ʼ", "'"))
DECADE_OF = re.compile(r"\b(?:annees|anos|anni) ((?:19|20)?\d0)\b|\b((?:19|20)?\d0)(?:ers?|ies)\b")
CHRISTMAS = re.compile(r"xmas$|weihnacht|navidad$|natale?$")  # such songs' titles are often English
SEAM = re.compile(
    r"(?<=\b[^\W\d_])-(?=[^\W\d_])|(?<=[^\W\d_])-(?=[^\W\d_]{1,2}\b)"  # "K-Pop", "Lo-Fi"
    r"|(?<=\b[jk]) (?=pop\b)|(?<=\blo) (?=fi\b)"
)
LETTER_AND = re.compile(r"(?<=\b[^\W\d_]) ?& ?(?=[^\W\d_]\b)")  # "R&B"
WORD = re.compile(r"\d{2,4}s|[^\W\d_]{2,}")
YEARS = re.compile(r"(19|20)?(\d)0s")
SHORT = 3  # letters of Latin script that a word must have
SONGS_WITH_WORD = (2, 0.5)  # least songs, largest share of the library: fewer are chance, more say nothing
TAGS = ("genres", "tags")
NAMED = {"artists": 0.9, "album": 0.9, TAG: 0.7, TITLE: 0.65, DECADE: 0.5}  # how often `named_after` was right
STOP_WORDS = frozenset(
    """the and for you all with of in de la le les der die das und il to my me on it at by from this that is are be a
    feat remix version live remaster remastered edit mix music playlist songs song tracks track best top hits hit vol
    volume greatest new old various radio original soundtrack deluxe edition single ep album part mixtape collection
    favourites favorites list your our we us so no not up out now musica musicas musique musik canciones lieder titres
    jahre""".split()  # noqa: SIM905 - as a list it would fill a page
)  # words that say nothing of a song, or of any


@dataclass(frozen=True, slots=True)
class HintColumn:
    """A playlist's words of one kind. keys: hashes of those that the library's songs have; words: in its whole name."""

    kind: str
    keys: tuple[int, ...]
    words: int


def words_of_name(name: str) -> list[str]:
    """Return the words of a name that may say something, each once."""
    return sorted(filter(_says_something, set(_words(name))))


def _words(text: str) -> list[str]:
    """Return a text's words, each in one spelling: "Lo-Fi" is lofi, "R&B" rnb, and "80er" and "Années 80" are 80s."""
    plain = text.casefold().translate(APOSTROPHES).replace("'n'", " ").replace("'", "").replace("_", " ")
    if not plain.isascii():
        plain = unicodedata.normalize("NFKC", plain).replace("noël", "christmas")  # Noel is also a first name
        plain = unicodedata.normalize("NFC", MARKS.sub("", unicodedata.normalize("NFD", plain)))
    if "-" in plain or "&" in plain or " pop" in plain or " fi" in plain:
        plain = LETTER_AND.sub("n", SEAM.sub("", plain))
    if "0" in plain:
        plain = DECADE_OF.sub(r"\1\2s", plain)
    return ["christmas" if CHRISTMAS.match(word) else word for word in WORD.findall(plain)]


def _says_something(word: str) -> bool:
    return (len(word) >= SHORT or not word.isascii()) and word not in STOP_WORDS


def word_keys(song: SongFeatures) -> dict[str, set[int]]:
    """Return the hashes of a song's words, by kind."""
    said = {name: set().union(*map(_keys_in, song.sets.get(name, ()))) for name in NAMES}
    return {**said, DECADE: set(_decade(song))}


def _keys_in(text: str) -> set[int]:
    return set(map(_key, _words(text))) - {NOTHING}


@lru_cache(CACHE_SIZE)
def _key(word: str) -> int:
    return key_of(word) if _says_something(word) else NOTHING


def _decade(song: SongFeatures) -> list[int]:
    year = song.numbers.get("year")
    return [] if year is None else [_key(f"{int(year // 10 * 10)}s")]


def hint_values(columns: Sequence[HintColumn], songs: Sequence[SongFeatures]) -> Vectors:
    """Return (n, h): the share of the words of each column's playlist that a song has."""
    block = np.zeros((len(songs), len(columns)), np.float32)
    for kind in {column.kind for column in columns}:
        of_kind = [at for at, column in enumerate(columns) if column.kind == kind]
        keys = {key for at in of_kind for key in columns[at].keys}
        place = {key: at for at, key in enumerate(sorted(keys))}
        has = np.zeros((len(songs), len(place)), np.bool_)
        has[_said(kind, songs, place)] = True
        for at in of_kind:
            block[:, at] = has[:, [place[key] for key in columns[at].keys]].sum(axis=1) / columns[at].words
    return block


def _said(kind: str, songs: Sequence[SongFeatures], place: Mapping[int, int]) -> tuple[Rows, Rows]:
    """Return each song's row and the place of the word, for each of these words that it says. place: by hash."""
    if kind == DECADE:
        said = [(row, place[key]) for row, song in enumerate(songs) for key in _decade(song) if key in place]
        rows, places = np.array(said, np.int64).reshape(-1, 2).T
        return rows, places
    return expand_names(kind, songs, lambda text: [place[key] for key in _keys_in(text) if key in place])


def hint_columns(names: Mapping[int, str], library: Sequence[SongFeatures]) -> list[tuple[int, HintColumn]]:
    """Return the columns for playlists' names, each with its playlist; only where some songs have its words."""
    counts = {kind: Counter[int]() for kind in KINDS}
    for song in library:
        for kind, keys in word_keys(song).items():
            counts[kind].update(keys)
    least, most = SONGS_WITH_WORD[0], SONGS_WITH_WORD[1] * len(library)
    found: list[tuple[int, HintColumn]] = []
    for playlist, name in sorted(names.items()):
        words = words_of_name(name)
        for kind in KINDS:
            meant = filter(None, map(decade_of, words)) if kind == DECADE else words
            keys = set(map(key_of, meant))
            held = tuple(sorted(key for key in keys if least <= counts[kind][key] <= most))
            found += [(playlist, HintColumn(kind, held, len(words)))] if held else []
    return found


def decade_of(word: str) -> str | None:
    """Return "1980s" for "80s" and "1980s", and "2010s" for "2010s"; None for other words."""
    match = YEARS.fullmatch(word)
    if match is None:
        return None
    century = match[1] or ("20" if int(match[2]) < 3 else "19")
    return f"{century}{match[2]}0s"


def named_after(names: Mapping[int, str], song: SongFeatures) -> tuple[int, float] | None:
    """Return the playlist whose whole name is said of a song, and how often that was right; None if there's none.

    It counts only if no other playlist's name has a word that's said of the song. That's the best guess without labels.
    """
    said = {**word_keys(song), TAG: set(map(key_of, tagged(song)))}
    meant = {playlist: _meant(name) for playlist, name in names.items()}
    touched = [playlist for playlist, words in meant.items() if any(said[kind] & words[kind] for kind in NAMED)]
    if len(touched) != 1:
        return None
    words = meant[touched[0]]
    kind = next((kind for kind in NAMED if words[kind] and words[kind] <= said[kind]), None)
    return (touched[0], NAMED[kind]) if kind else None


def tagged(song: SongFeatures) -> set[str]:
    """Return the words of a song's genres and tags that may say something."""
    return {word for tag in TAGS for label in song.sets.get(tag, ()) for word in _words_of_label(label)}


@lru_cache(CACHE_SIZE)
def _words_of_label(label: str) -> list[str]:
    return words_of_name(label)


def _meant(name: str) -> dict[str, set[int]]:
    """Return the hashes of a name's words, by the kind that they may be said in; a decade must be the whole name."""
    words = words_of_name(name)
    decades = {key_of(decade) for word in words if (decade := decade_of(word))}
    whole = set(map(key_of, words))
    return {**dict.fromkeys((*NAMES, TAG), whole), DECADE: decades if len(decades) == len(words) else set()}
