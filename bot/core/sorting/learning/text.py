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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FILE = Path(__file__).parents[4] / "models" / "words.npz"
DIGEST = "7f4ce656e6ca777e655e439a9d209491d501062cee12406bba561a0252233335"  # sha256 of the file
DIMENSIONS = 64
WORD_OR_END = re.compile(r"\w+|\n")
END = -1  # stands for the end of a text among tokens
START = "▁"  # comes before a word's first token
LONGEST = 16  # letters of a token
CACHE_SIZE = 2**16  # words
EPSILON = 1e-9

Vectors = NDArray[np.float32]


class WordsDamaged(OSError):
    """The file of words that ships with the bot is missing, or isn't the one that was built."""


@dataclass(frozen=True)
class TextEncoder:
    """tokens: the row of each token in vectors, (t, DIMENSIONS), which stay as short as in the file."""

    tokens: Mapping[str, int]
    vectors: NDArray[np.float16]

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return (n, DIMENSIONS): one row per text; all zeros for a text without a known token."""
        tokens, lengths = self._tokens(texts)
        order = np.argsort(-lengths)  # the longest first, so texts that have another token are at the front
        firsts, rows = (np.cumsum(lengths) - lengths)[order], np.zeros((len(texts), DIMENSIONS), np.float32)
        for at in range(lengths.max(initial=0)):
            longer = np.count_nonzero(lengths > at)
            rows[:longer] += self.vectors[tokens[firsts[:longer] + at]]
        rows[order] = rows.copy()
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.asarray(rows / np.maximum(lengths, EPSILON), np.float32)

    def _tokens(self, texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the tokens of all texts, one after another, and how many each has."""
        said = "".join([text.replace("\n", " ") + "\n" for text in texts]).casefold().replace("_", " ")
        tokens = np.fromiter(chain.from_iterable(map(self._tokens_of, WORD_OR_END.findall(said))), np.int64)
        ends = np.flatnonzero(tokens == END)
        return tokens[tokens != END], np.diff(ends, prepend=-1) - 1

    @cached_property
    def _tokens_of(self) -> Callable[[str], list[int]]:
        return lru_cache(CACHE_SIZE)(lambda word: [END] if word == "\n" else self._split(word))

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
        return TextEncoder({token: at for at, token in enumerate(tokens)}, stored["vectors"])
