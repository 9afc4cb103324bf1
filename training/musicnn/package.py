"""Package: musicnn's weights, tag names and licence, from its wheel. Its code is parsed, never run."""

import ast
import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.musicnn.checkpoint import Tensors, read_checkpoint
from training.problems import InputProblem

WHEEL = "f38a4890c648c1ddbb141c5d96d2b0a8cfcd36746002d896989f7b88beb65cfa"  # sha256 of musicnn-0.1.0-py3-none-any.whl
FOLDER = "musicnn/MSD_musicnn/"


@dataclass(frozen=True, slots=True)
class Package:
    """MSD_musicnn from the wheel: weights by their names in the checkpoint, tags in the graph's order."""

    weights: Tensors
    tags: list[str]
    licence: str


def read_package(wheel: Path) -> Package:
    """Read the package's wheel. Raises InputProblem for any other file."""
    try:
        content = wheel.read_bytes()
    except OSError as problem:
        raise InputProblem(f"{wheel}: {problem.strerror}") from problem
    if hashlib.sha256(content).hexdigest() != WHEEL:
        raise InputProblem(f"{wheel.name} is not musicnn 0.1.0: its sha256 differs")
    with zipfile.ZipFile(wheel) as package:
        index, data = (package.read(FOLDER + name) for name in (".index", ".data-00000-of-00001"))
        tags = _constant(package.read("musicnn/configuration.py"), "MSD_LABELS")
        licence = package.read("musicnn-0.1.0.dist-info/LICENSE.md").decode()
    return Package(read_checkpoint(index, data), tags, licence)


def _constant(source: bytes, name: str) -> Any:
    """The value of a constant in a Python file, which is parsed but never run."""
    assigned = (statement for statement in ast.parse(source).body if isinstance(statement, ast.Assign))
    return next(
        ast.literal_eval(statement.value) for statement in assigned if ast.unparse(statement.targets[0]) == name
    )
