"""Identities: keys for names of artists and albums, the same for all ways to write an artist's. Pure.

"The Beatles", "Beatles, The" and "BEATLES feat. Billy Preston" are one artist, and so are "Beyoncé" and "Beyonce", or
"P!nk" and "Pink". Nothing is translated or transliterated: names in other scripts than Latin keep their letters and
marks, but for accents that Greek capitals go without, and "ё", which Russian mostly writes as "е".
"""

import hashlib
import re
import unicodedata
from functools import lru_cache

CACHE_SIZE = 2**15  # names; a large library has some 10,000
UNSEEN = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufe0e\ufe0f\ufeff"
QUIET = dict.fromkeys(map(ord, "'’‘`´＇ʼʻ′‛" + UNSEEN))
GUESTS = re.compile(
    r"(?:\s+|\s*[(\[【]\s*)(?:(?:feat|ft|part)\.\s*|(?:feat|ft|featuring)\s+)(?!and\b|[&+]).+"  # not "Little Feat & Co"
    r"|\s*[(\[](?:with|mit|avec|con|com)\s.+|\s+w/.+"  # not any "with": "Sleeping with Sirens"
)
ARTICLE_LAST = re.compile(r"(.+?)(?:,\s*(the|an?|die|der|das|los|las|el|la|les?|il|gli|os|as)|\s*[(\[](the)[)\]])")
THE = re.compile(r"^the[\s-]+(?=\w)")
INITIALS = re.compile(r"(?<=\b\w\.)\s+(?=\w\.)")  # "R. E. M."
LETTER_I = re.compile(r"(?<=[^\W\d_aeiouy])!(?=[^\W\d_])")  # "P!nk", but "Go!Go!7188"
JOINED = re.compile(r"(?<=\S)\s*[&+]\s*(?=\w)")
AND = re.compile(r"(?<=\w\w )(?:n|und|y|et?|en|och|og|и)(?= \w\w)")  # not the letters of "A L E X"
MARKS = re.compile(r"(?<=[a-zα-ω])[\u0300-\u036f]+")  # accents, as they stand after their letter; capitals go without
LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "$": "s", "ё": "е", "×": "x"}
)
PARTING = frozenset({"Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "So", "Sm", "Sk"})  # categories of letters
TWO_PAIRS = re.compile(r"^(\w\w) (\w\w)$")  # "AC/DC" is also "ACDC"


def key_of(name: str) -> int:
    """Return a name as 32 bits, ignoring case and outer space: a model's file holds no names."""
    return int.from_bytes(hashlib.blake2b(name.strip().casefold().encode(), digest_size=4).digest(), "big")


@lru_cache(CACHE_SIZE)
def spelt(name: str) -> str:
    """Return an artist's name in the one spelling that all of its variants share; blank only if the name is."""
    bare = GUESTS.sub("", _folded(name.translate(QUIET)))
    if last := ARTICLE_LAST.fullmatch(bare):
        bare = f"{last[2] or last[3]} {last[1]}"
    bare = INITIALS.sub("", LETTER_I.sub("i", THE.sub("", bare)))
    bare = MARKS.sub("", unicodedata.normalize("NFD", bare))
    bare = JOINED.sub(" and ", unicodedata.normalize("NFC", bare).translate(LETTERS))
    words = "".join(" " if _parts_words(letter) else letter for letter in bare).split()
    bare = AND.sub("and", " ".join(words)).replace(".", "")
    return TWO_PAIRS.sub(r"\1\2", bare) or _folded(name)


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _parts_words(letter: str) -> bool:
    """Whether it's punctuation or a symbol between words; a full stop ends initials, and a plus is part of "Blood+"."""
    return letter not in ".+" and unicodedata.category(letter) in PARTING


@lru_cache(CACHE_SIZE)
def artist_key(name: str) -> int:
    """Return an artist's name as 32 bits, the same for all of its variants."""
    return key_of(spelt(name))
