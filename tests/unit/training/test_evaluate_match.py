"""`python -m training evaluate-match`: two halves of one library match; people with different styles don't."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from training.__main__ import main
from training.evaluation.studies import taste_match

pytestmark = pytest.mark.slow

MIDDLES = {"ada": (80, 0.1), "ben": (150, 0.9), "eva": None}  # tempo and energy; Eva likes everything


@pytest.fixture
def libraries(tmp_path: Path) -> list[str]:
    rng, paths = np.random.default_rng(3), []
    for name, middle in MIDDLES.items():
        paths.append(tmp_path / f"{name}.csv")
        with paths[-1].open("w", newline="", encoding="utf-8") as file:
            lines = csv.writer(file)
            lines.writerow(["playlist", "track_id", "tempo", "energy"])
            for song in range(240):
                tempo, energy = middle or (rng.uniform(70, 160), rng.uniform(0, 1))
                lines.writerow(["All", f"{name}:{song}", tempo + rng.normal(), energy + rng.normal(scale=0.01)])
    return [str(path) for path in paths]


def test_halves_match_and_different_people_do_not(
    libraries: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = tmp_path / "found.json"
    assert main(["evaluate-match", *libraries, "--json", str(figures)]) == 0
    said = capsys.readouterr().out
    assert "| ada, ben |" in said
    pairs = json.loads(figures.read_text())["pairs"]
    numbers = {pair: sizes[str(taste_match.SIZES[-1])]["number"] for pair, sizes in pairs.items()}
    assert numbers["ada, ben"] <= 10
    assert min(numbers["ada, ada"], numbers["ben, ben"]) >= 90
    assert main(["evaluate-match", *libraries]) == 0
    assert capsys.readouterr().out.splitlines()[2:] == said.splitlines()[2:], "the same seed gives the same figures"


def test_two_people_have_no_strangers_to_compare_with(libraries: list[str]) -> None:
    assert main(["evaluate-match", *libraries[:2]]) == 2
