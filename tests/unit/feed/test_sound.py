"""A song's numbers in a musician's words."""

import math

import pytest

from bot.audio.analysis import features
from bot.core.sound import Sound, heard
from bot.messages import feed, speaking


def on_the_circle(fifths: int) -> dict[str, float]:
    """The key that many fifths above C, as the analysis gives it."""
    angle = fifths * math.tau / 12
    return {"key_cos": math.cos(angle), "key_sin": math.sin(angle), "key_confidence": 0.9, "mode": 0.0}


def test_a_song_is_described_in_words() -> None:
    quiet = {"tempo": 94.3, "loudness": -21.0, "instrumentalness": 0.1, **on_the_circle(3)}
    assert feed.sound(heard(quiet)) == "94 bpm, A minor, quiet, sung"
    with speaking("de"):
        assert feed.sound(heard(quiet)) == "94 bpm, a-Moll, leise, gesungen"
    loud = {"tempo": 128.0, "loudness": -5.0, "key": 10.0, "mode": 1.0, "instrumentalness": 0.9}
    assert feed.sound(heard(loud)) == "128 bpm, B♭ major, loud, instrumental"


@pytest.mark.parametrize(
    ("fifths", "tonic"), [(0, "C"), (1, "G"), (2, "D"), (6, "F♯"), (-1, "F"), (-3, "E♭"), (5, "B")]
)
def test_a_place_on_the_circle_of_fifths_is_the_key_that_was_analysed(fifths: int, tonic: str) -> None:
    assert feed.sound(heard(on_the_circle(fifths))) == f"{tonic} minor"


@pytest.mark.parametrize(
    "unsure",
    [
        {},
        {"loudness": -12.0},
        {"key": -1.0, "mode": 1.0},
        {"key": 9.0},
        {"tempo": 0.0},
        {**on_the_circle(3), "key_confidence": 0.2},
        {"energy": 0.5},
    ],
)
def test_what_is_missing_or_unsure_stays_unsaid(unsure: dict[str, float]) -> None:
    assert heard(unsure) == Sound()
    assert feed.sound(heard(unsure)) == ""


def test_the_names_are_those_of_the_analysis() -> None:
    named = {feature.name for feature in features.FEATURES}
    assert {"tempo", "key_cos", "key_sin", "key_confidence", "mode", "loudness"} <= named
