"""The commands of `python -m training`, run in this process, and the CSV files that they read."""

import csv
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from training.__main__ import main


def run(*arguments: object, env: Mapping[str, str] = os.environ) -> int:
    return main([str(argument) for argument in arguments], env)


def write_csv(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path
