"""`python -m training evaluate-neighbours`: for playlists with a distinct style, neighbours share the style."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from training.__main__ import main

pytestmark = pytest.mark.slow

PLAYLISTS, EACH = 4, 40


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Playlists separable by tempo and energy, every song by a different artist."""
    rng, path = np.random.default_rng(3), tmp_path / "ada.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file)
        lines.writerow(["playlist", "track_id", "artists", "tempo", "energy"])
        for playlist in range(PLAYLISTS):
            for at in range(EACH):
                tempo, energy = 80 + 40 * (playlist % 2) + rng.normal(), 0.2 + 0.6 * (playlist // 2)
                lines.writerow([f"List {playlist}", f"{playlist}:{at}", f"Artist {playlist} {at}", tempo, energy])
    return path


def test_neighbours_share_a_playlist_more_often_than_chance(library: Path, tmp_path: Path) -> None:
    figures = tmp_path / "found.json"
    assert main(["evaluate-neighbours", str(library), "--json", str(figures)]) == 0
    results = json.loads(figures.read_text())
    precision = {name: way["all"]["precision"] for name, way in results["ways"].items()}
    assert precision["recommended"][0] > 0.9
    assert precision["plain neighbours"][0] > 0.9
    assert precision["random"][2] < 0.5
    low, mean, high = precision["recommended"][1], precision["recommended"][0], precision["recommended"][2]
    assert low <= mean <= high
    assert results["asked"] == PLAYLISTS * 10


def test_the_same_seed_gives_the_same_figures(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate-neighbours", str(library), "--seed", "4"]) == 0
    first = capsys.readouterr().out
    assert main(["evaluate-neighbours", str(library), "--seed", "4"]) == 0
    assert capsys.readouterr().out == first
    assert "| all | recommended " in first


def test_a_library_without_usable_playlists_is_an_input_problem(tmp_path: Path) -> None:
    path = tmp_path / "short.csv"
    path.write_text("playlist,track_id,artists,tempo\nA,1,B,100\n")
    assert main(["evaluate-neighbours", str(path)]) == 2
