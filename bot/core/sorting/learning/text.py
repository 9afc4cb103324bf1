"""Text: what titles, albums and artists' names are about, as vectors that are near for texts with related words.

A text's vector is the sum of its tokens' vectors, scaled to length 1. The tokens and vectors are WordLlama's (Miller
2024), cut to the first 64 of their 256 dimensions, which were trained to stand by themselves (Kusupati et al. 2022,
"Matryoshka representation learning"). Words are split into the longest tokens first. `models/words.md` says where the
file comes from; `training/words.py` builds it.
"""

import errno
import hashlib
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FILE = Path(__file__).parents[4] / "models" / "words.npz"
DIGEST = "7f4ce656e6ca777e655e439a9d209491d501062cee12406bba561a0252233335"  # sha256 of the file
DIMENSIONS = 64
WORD = re.compile(r"\w+")
START = "▁"  # comes before a word's first token
LONGEST = 16  # letters of a token
REMEMBERED = 2**16  # words; cleared when there are more
FAINT = 1e-9

Vectors = NDArray[np.float32]


class WordsDamaged(OSError):
    """The file of words that ships with the bot is missing, or isn't the one that was built."""


@dataclass(frozen=True)
class TextEncoder:
    """tokens: the row of each token in vectors, (t, DIMENSIONS)."""

    tokens: Mapping[str, int]
    vectors: Vectors
    _words: dict[str, Vectors] = field(default_factory=dict)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return (n, DIMENSIONS): one row per text; all zeros for a text without a known token."""
        words = [WORD.findall(text.casefold().replace("_", " ")) for text in texts]
        distinct = {word: at for at, word in enumerate(dict.fromkeys(chain.from_iterable(words)))}
        rows = np.zeros((len(texts), DIMENSIONS), np.float32)
        if distinct:
            vectors = np.stack([self._word(word) for word in distinct])
            of_text = np.repeat(np.arange(len(texts)), [len(said) for said in words])
            np.add.at(rows, of_text, vectors[[distinct[word] for said in words for word in said]])
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.asarray(rows / np.maximum(lengths, FAINT), np.float32)

    def _word(self, word: str) -> Vectors:
        """Return the sum of a word's tokens."""
        if word not in self._words:
            if len(self._words) >= REMEMBERED:
                self._words.clear()
            self._words[word] = self.vectors[self._split(word)].sum(axis=0)
        return self._words[word]

    def _split(self, word: str) -> list[int]:
        """Return a word's tokens, the longest first from left to right; a letter without a token is left out."""
        found, rest = [], START + word
        while rest:
            length = next((n for n in range(min(len(rest), LONGEST), 0, -1) if rest[:n] in self.tokens), 0)
            found += [self.tokens[rest[:length]]] if length else []
            rest = rest[length or 1 :]
        return found


@cache
def encoder() -> TextEncoder:
    """Return the encoder that ships with the bot, read once. Raises WordsDamaged."""
    return load(FILE)


def load(path: Path) -> TextEncoder:
    """Return the encoder in the file that ships, wherever it is. Raises WordsDamaged."""
    content = path.read_bytes() if path.exists() else b""
    if hashlib.sha256(content).hexdigest() != DIGEST:
        raise WordsDamaged(errno.EBADMSG, "missing or damaged: install Cratekeeper again", str(path))
    return read(content)


def read(content: bytes) -> TextEncoder:
    """Return the encoder in a file that `training/words.py` wrote."""
    with np.load(io.BytesIO(content), allow_pickle=False) as stored:
        tokens = stored["tokens"].tobytes().decode().split("\n")
        return TextEncoder({token: at for at, token in enumerate(tokens)}, stored["vectors"].astype(np.float32))
