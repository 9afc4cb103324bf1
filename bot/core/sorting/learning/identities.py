"""Identities: keys for names of artists and albums, the same for all ways to write an artist's. Pure.

"The Beatles", "Beatles, The" and "BEATLES feat. Billy Preston" are one artist, and so are "Beyoncé" and "Beyonce".
Nothing is translated or transliterated: names in other scripts than Latin keep all of their letters and marks.
"""

import hashlib
import re
import unicodedata
from functools import lru_cache

CACHE_SIZE = 2**15  # names; a large library has some 10,000
GUESTS = re.compile(r"\s+[(\[]?(?:feat\.?|ft\.?|featuring)\s+(?!and\b|[&+]).+")  # but "Little Feat & Friends"
JOINED = re.compile(r"(?<=\S)\s*[&+]\s*(?=\w)")
THE = re.compile(r"^the\s+(?=\w)|,\s*the$")
MARKS = re.compile(r"(?<=[a-z])[\u0300-\u036f]+")  # accents, as they stand after their letter
QUIET = str.maketrans("", "", ".'’‘`´")
LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "$": "s"})


def key_of(name: str) -> int:
    """Return a name as 32 bits, ignoring case and outer space: a model's file holds no names."""
    return int.from_bytes(hashlib.blake2b(name.strip().casefold().encode(), digest_size=4).digest(), "big")


@lru_cache(CACHE_SIZE)
def spelt(name: str) -> str:
    """Return an artist's name in the one spelling that all of its variants share; blank only if the name is."""
    whole = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    bare = THE.sub("", GUESTS.sub("", whole))
    bare = MARKS.sub("", unicodedata.normalize("NFD", bare)).translate(LETTERS)
    bare = JOINED.sub(" and ", unicodedata.normalize("NFC", bare)).translate(QUIET)
    words = "".join(" " if unicodedata.category(letter)[0] == "P" else letter for letter in bare)
    return " ".join(words.split()) or whole


@lru_cache(CACHE_SIZE)
def artist_key(name: str) -> int:
    """Return an artist's name as 32 bits, the same for all of its variants."""
    return key_of(spelt(name))
