"""Rhythm: the tempo is right, even with half time and swing; a sound without a beat gets low confidence."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.audio.analysis.rhythm import Rhythm, fold, rhythm
from tests.unit.music import chords, clicks, mel, noise, silence, strokes
from training.hearing.grooves import play
from training.hearing.styles import STYLES, Style

NAMED = {style.name: style for style in STYLES}
STEADY = ("pop", "rock", "house", "disco", "shuffle", "hiphop")  # styles whose tempo octave is undisputed


def heard(samples: np.ndarray) -> Rhythm:
    return rhythm(mel(samples))


def off(tempo: float, truth: float) -> float:
    """How far two tempi are apart, as a fraction of the true one."""
    return abs(tempo / truth - 1)


def octaves_apart(tempo: float, truth: float) -> float:
    """How far two tempi are apart, as a fraction of the true one, ignoring octaves."""
    return abs((np.log2(tempo / truth) + 0.5) % 1 - 0.5)


@pytest.mark.parametrize("bpm", [50, 63, 80, 100, 120, 140, 165, 200])
def test_a_metronomes_tempo_is_right_within_half_a_per_cent_except_for_its_octave(bpm: float) -> None:
    beat = heard(clicks(bpm))
    assert octaves_apart(beat.tempo, bpm) < 0.007
    assert beat.pulse > 0.7


@pytest.mark.parametrize("bpm", [90, 105, 120])
def test_a_metronome_at_a_common_tempo_gets_the_right_octave(bpm: float) -> None:
    assert off(heard(clicks(bpm)).tempo, bpm) < 0.005


@pytest.mark.slow
def test_the_octave_is_right_for_nearly_all_common_drum_patterns() -> None:
    grooves = [play(NAMED[name], seed, 20) for name in STEADY for seed in range(1000, 1005)]
    right = [off(heard(groove.samples).tempo, groove.tempo) < 0.02 for groove in grooves]
    assert np.mean(right) > 0.85


@pytest.mark.slow
@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.name)
def test_every_styles_tempo_is_right_except_for_its_octave(style: Style, soak: bool) -> None:
    grooves = [play(style, seed, 20) for seed in range(1000, 1004 if soak else 1001)]
    errors = [heard(groove.samples).tempo / groove.tempo for groove in grooves]
    near = [min(abs(error / factor - 1) for factor in (1, 2, 3, 1 / 2, 1 / 3)) < 0.02 for error in errors]
    assert sum(near) >= 0.75 * len(near)


def test_a_half_time_beat_keeps_its_folded_tempo() -> None:
    whole, half = (heard(strokes(np.arange(0, 20, gap), 20)) for gap in (0.5, 1.0))
    assert octaves_apart(whole.folded, half.folded) < 0.01


def test_swing_does_not_change_the_tempo() -> None:
    for seed in range(1000, 1003):
        groove = play(NAMED["shuffle"], seed, 20)
        assert octaves_apart(heard(groove.samples).tempo, groove.tempo) < 0.02


@given(st.floats(20, 500))
def test_folding_keeps_the_pitch_class_of_a_tempo(bpm: float) -> None:
    assert 70 <= fold(bpm) < 140.001
    assert octaves_apart(fold(bpm), bpm) < 1e-6
    assert fold(2 * bpm) == pytest.approx(fold(bpm)) or min(fold(bpm), fold(2 * bpm)) < 70.001


@settings(max_examples=5, deadline=None)
@given(st.floats(-40, 0))
def test_loudness_does_not_change_the_tempo(level: float) -> None:
    groove = play(NAMED["rock"], 1001, 20)
    quieter = heard(groove.samples * np.float32(10 ** (level / 20)))
    assert off(quieter.tempo, heard(groove.samples).tempo) < 0.005


def test_onsets_are_counted() -> None:
    beat = heard(strokes(np.arange(0.2, 20, 0.4), 20))
    assert beat.onset_rate == pytest.approx(2.5, abs=0.2)


@pytest.mark.parametrize(
    "sound", [noise(30), silence(30), chords([(60, 1)], 30)], ids=["noise", "silence", "one chord"]
)
def test_a_sound_without_a_beat_gets_low_confidence_and_no_pulse(sound: np.ndarray) -> None:
    beat = heard(sound)
    assert beat.confidence < 0.35
    assert beat.pulse < 0.2


@pytest.mark.parametrize("frames", [1, 2, 40, 300])
def test_even_a_very_short_sound_has_a_tempo(frames: int) -> None:
    beat = rhythm(mel(clicks(120))[:frames])
    assert 40 <= beat.tempo <= 260
    assert np.isfinite([beat.confidence, beat.onset_rate, beat.pulse, *beat.curve]).all()


def test_a_regular_beat_is_clearer_than_an_uneven_one() -> None:
    even = np.arange(0, 20, 0.5)
    uneven = even[:-1] + np.random.default_rng(0).uniform(0, 0.4, len(even) - 1)
    assert heard(strokes(even, 20)).pulse > 2 * heard(strokes(uneven, 20)).pulse


def test_the_curve_follows_a_player_who_speeds_up() -> None:
    tempi = np.linspace(100, 108, 90)
    curve = heard(strokes(np.cumsum(60 / tempi), 53)).curve
    assert curve[-8:].mean() > curve[:8].mean() + 4


def test_the_curve_has_a_point_a_second_and_stays_near_the_tempo() -> None:
    beat = heard(clicks(120, 30))
    assert len(beat.curve) == pytest.approx(30, abs=1)
    assert np.abs(beat.curve / beat.tempo - 1).max() < 0.02


def test_the_same_spectrogram_gives_the_same_values() -> None:
    spectrogram = mel(play(NAMED["pop"], 3).samples)
    first, second = rhythm(spectrogram), rhythm(spectrogram.copy())
    assert repr(first) == repr(second)
    assert first.curve.tobytes() == second.curve.tobytes()
