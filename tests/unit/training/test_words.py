"""Words: the vectors of tokens that ship with the bot, and how they're built."""

import json
import struct
import zipfile
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from bot.cli import trouble
from bot.core.sorting.learning import text
from training import words
from training.problems import InputProblem


def wheel_of(folder: Path, vocabulary: dict[str, int]) -> Path:
    """Write a wheel as wordllama's is laid out, with random vectors."""
    vectors = np.random.default_rng(0).normal(size=(len(vocabulary), 256)).astype(np.float16).tobytes()
    about = {"embedding.weight": {"dtype": "F16", "shape": [len(vocabulary), 256], "data_offsets": [0, len(vectors)]}}
    header = json.dumps(about).encode()
    with zipfile.ZipFile(folder / "wordllama.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
        wheel.writestr(words.WEIGHTS, struct.pack("<Q", len(header)) + header + vectors)
        wheel.writestr(words.TOKENS, json.dumps({"model": {"vocab": vocabulary}}))
    return folder / "wordllama.whl"


def test_the_file_that_ships_is_the_one_that_was_built() -> None:
    encoder = text.encoder()
    assert encoder.vectors.shape == (len(encoder.tokens), text.DIMENSIONS)
    assert np.isfinite(encoder.vectors).all()


@pytest.mark.parametrize("kept", [None, -1])
def test_p28_missing_or_damaged_words_are_refused(tmp_path: Path, kept: int | None) -> None:
    if kept:
        (tmp_path / "words.npz").write_bytes(text.FILE.read_bytes()[:kept])
    with pytest.raises(text.WordsDamaged) as problem:
        text.load(tmp_path / "words.npz")
    assert trouble.words(problem.value) == f"{tmp_path / 'words.npz'}: missing or damaged: install Cratekeeper again"


def test_a_word_is_the_sum_of_its_longest_tokens() -> None:
    vectors = np.eye(3, text.DIMENSIONS, dtype=np.float16)
    encoder = text.TextEncoder({"▁love": 0, "▁lo": 1, "ly": 2}, vectors)
    love, lovely, again, nothing = encoder.encode(["Love", "lovely", "LOVELY!", "?"])
    assert love.tolist() == vectors[0].tolist()
    assert np.allclose(lovely, (vectors[0] + vectors[2]) / np.sqrt(2))
    assert np.array_equal(lovely, again)
    assert not nothing.any()
    assert encoder.encode([]).shape == (0, text.DIMENSIONS)


def test_the_words_are_built_from_the_wheel_and_from_no_other(tmp_path: Path) -> None:
    wheel = wheel_of(tmp_path, {"▁love": 0, "▁Love": 1, "!": 2, "ly": 3})
    with pytest.raises(InputProblem, match="sha256 differs"):
        words.build(wheel)
    with zipfile.ZipFile(wheel) as package:
        digests = {name: sha256(package.read(name)).hexdigest() for name in package.namelist()}
    content = wheel.read_bytes()
    at = content.index(words.TOKENS.encode()) + len(words.TOKENS)
    (torn := tmp_path / "torn.whl").write_bytes(content[:at] + b"\xff" * 8 + content[at + 8 :])
    with pytest.raises(InputProblem, match=r"torn\.whl"):
        words.build(torn, digests)
    built = text.read(words.build(wheel, digests))
    assert list(built.tokens) == ["▁love", "ly"]
    assert words.build(wheel, digests) == words.build(wheel, digests)


@pytest.mark.slow
def test_vectors_stay_as_short_as_in_the_file_and_say_the_same() -> None:
    encoder = text.encoder()
    wide = replace(encoder, vectors=encoder.vectors.astype(np.float32))
    assert encoder.vectors.nbytes == wide.vectors.nbytes / 2
    titles = ["Love Will Tear Us Apart", "Einstürzende Neubauten", "90s rock", "…"]
    assert np.array_equal(encoder.encode(titles), wide.encode(titles))
