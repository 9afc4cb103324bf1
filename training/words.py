"""Words: builds `models/words.npz`, the vectors of tokens that `bot.core.sorting.learning.text` reads.

They're WordLlama's, from its wheel, read without running any of its code: tokens that a text in lower case can have,
and the first dimensions of their vectors.
"""

import hashlib
import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.core.sorting.learning.text import DIMENSIONS, START
from training.problems import InputProblem

WEIGHTS = "wordllama/weights/l2_supercat_256.safetensors"
TOKENS = "wordllama/tokenizers/l2_supercat_tokenizer_config.json"
DIGESTS = {
    WEIGHTS: "64b47a2dc493cb8e85944076601189739852d7b64e0e1eedcb1937a251cd9fd5",
    TOKENS: "93248f2a9ec36c7b35f700a033d5f36228aae48db61aee31007fa49062cdeb68",
}  # sha256 of the files in the wheel of wordllama 0.4.0
USED = re.compile(rf"{START}?\w+")


def build(wheel: Path, digests: Mapping[str, str] = DIGESTS) -> bytes:
    """Return the file's bytes; digests: of the files in the wheel. Raises InputProblem for another wheel."""
    weights, tokenizer = (_read(wheel, name, digests[name]) for name in (WEIGHTS, TOKENS))
    vectors, vocabulary = _matrix(weights), json.loads(tokenizer)["model"]["vocab"]
    tokens = [token for token in vocabulary if USED.fullmatch(token) and token == token.casefold()]
    kept = vectors[[vocabulary[token] for token in tokens], :DIMENSIONS]
    out = io.BytesIO()
    np.savez(out, allow_pickle=False, tokens=np.frombuffer("\n".join(tokens).encode(), np.uint8), vectors=kept)
    return out.getvalue()


def _read(wheel: Path, name: str, digest: str) -> bytes:
    try:
        with zipfile.ZipFile(wheel) as package:
            content = package.read(name)
    except (OSError, EOFError, KeyError, RuntimeError, zlib.error, zipfile.BadZipFile) as problem:
        raise InputProblem(f"{wheel}: isn't wordllama's wheel ({problem})") from problem
    if hashlib.sha256(content).hexdigest() != digest:
        raise InputProblem(f"{wheel.name}: {name} is not that of wordllama 0.4.0: its sha256 differs")
    return content


def _matrix(content: bytes) -> NDArray[np.float16]:
    """Return the only tensor in a safetensors file: the length of a JSON header, the header, then the values."""
    (length,) = struct.unpack("<Q", content[:8])
    (about,) = (entry for name, entry in json.loads(content[8 : 8 + length]).items() if name != "__metadata__")
    first, last = (8 + length + at for at in about["data_offsets"])
    return np.frombuffer(content[first:last], np.float16).reshape(about["shape"])
