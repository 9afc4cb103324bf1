"""`python -m training evaluate-feed`: for people with a distinct style, learning finds their songs; chance doesn't."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from training.__main__ import main

pytestmark = pytest.mark.slow

PEOPLE, SONGS = 3, 120


@pytest.fixture
def libraries(tmp_path: Path) -> list[str]:
    """Two playlists each; a person's songs have a tempo that others' songs rarely have."""
    rng, paths = np.random.default_rng(5), []
    for person in range(PEOPLE):
        path = tmp_path / f"person-{person}.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            lines = csv.writer(file)
            lines.writerow(["playlist", "track_id", "artists", "tempo", "energy"])
            for at in range(SONGS):
                tempo, energy = 80 + 30 * person + 12 * rng.normal(), 0.5 + 0.1 * rng.normal()
                lines.writerow([f"List {at % 2}", f"{person}:{at}", f"Artist {person} {at}", tempo, energy])
        paths.append(str(path))
    return paths


def test_a_learning_feed_shows_more_liked_songs(libraries: list[str], tmp_path: Path) -> None:
    figures = tmp_path / "found.json"
    assert main(["evaluate-feed", *libraries, "--json", str(figures)]) == 0
    ways = json.loads(figures.read_text())["ways"]
    learned, blind, chance = (
        np.mean([shares[1] for shares in ways[way].values()]) for way in ("likes and skips", "no learning", "random")
    )
    assert learned > blind > chance
    assert chance == pytest.approx(1 / PEOPLE, abs=0.02)


def test_too_few_songs_are_an_input_problem(tmp_path: Path) -> None:
    path = tmp_path / "short.csv"
    path.write_text("playlist,track_id,artists,tempo\nA,1,B,100\n")
    assert main(["evaluate-feed", str(path)]) == 2
