"""Loudness follows BS.1770: it matches pyloudnorm and the standard's own values."""

import tracemalloc
import warnings
from pathlib import Path

import numpy as np
import pyloudnorm
import pytest

from bot.audio.analysis.loudness import ABSOLUTE, loudness, step_powers
from bot.audio.files.decode import read
from bot.audio.files.sound import Sound
from tests.unit.sounds import RATE, tune

MEDIAN, WORST = 0.1, 0.5  # dB


def reference(sound: Sound) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns about clipping, but doesn't clip
        return float(pyloudnorm.Meter(sound.rate).integrated_loudness(sound.samples.T.astype(np.float64)))


def sine(hz: float, decibels: float, rate: int, seconds: float = 20, channels: int = 2) -> Sound:
    wave = 10 ** (decibels / 20) * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)
    return Sound(np.repeat(wave[None], channels, axis=0).astype(np.float32), rate)


@pytest.mark.parametrize("decibels", [-23.0, -33.0])
@pytest.mark.parametrize("rate", [22_050, 44_100, 48_000, 96_000])
def test_a_stereo_sine_of_1_khz_is_as_loud_as_its_level_says(decibels: float, rate: int) -> None:
    """EBU Tech 3341, minimum requirements 1 and 2: within 0.1 LU."""
    assert loudness(sine(1000, decibels, rate)).integrated == pytest.approx(decibels, abs=0.1)


def test_quiet_parts_do_not_count() -> None:
    """EBU Tech 3341, minimum requirement 3: -36, -23 and -36 dB for 10, 60 and 10 seconds are -23 LUFS."""
    parts = [sine(1000, level, RATE, seconds).samples for level, seconds in ((-36, 10), (-23, 60), (-36, 10))]
    assert loudness(Sound(np.concatenate(parts, axis=1), RATE)).integrated == pytest.approx(-23, abs=0.1)


@pytest.mark.parametrize(("levels", "lu"), [((-20, -30), 10), ((-20, -15), 5), ((-40, -20), 20)])
def test_the_loudness_range_matches_the_standard(levels: tuple[float, float], lu: float) -> None:
    """EBU Tech 3342, minimum requirements 1 to 3: within 1 LU."""
    samples = np.concatenate([sine(1000, level, 48_000).samples for level in levels], axis=1)
    assert loudness(Sound(samples, 48_000)).range == pytest.approx(lu, abs=1)


@pytest.mark.parametrize("channels", [1, 2, 5])
@pytest.mark.parametrize("hz", [60, 200, 1000, 5000, 12_000])
def test_generated_sounds_are_as_loud_as_pyloudnorm_says(channels: int, hz: float) -> None:
    sound = sine(hz, -20, 48_000, 5, channels)
    assert loudness(sound).integrated == pytest.approx(reference(sound), abs=WORST)


def test_noise_and_notes_are_as_loud_as_pyloudnorm_says() -> None:
    random = np.random.default_rng(1)
    sounds = [Sound(tune(8, seed=seed), RATE) for seed in range(5)]
    sounds += [Sound((0.1 * random.standard_normal((2, 8 * RATE))).astype(np.float32), RATE) for _ in range(5)]
    apart = [abs(loudness(sound).integrated - reference(sound)) for sound in sounds]
    assert np.median(apart) <= MEDIAN
    assert max(apart) <= WORST


@pytest.mark.slow
def test_recordings_are_as_loud_as_pyloudnorm_says(shared: Path) -> None:
    files = sorted((shared / "data" / "audio").glob("*.m*"))[::6]
    sounds = [read(path) for path in files]
    apart = [abs(loudness(sound).integrated - reference(sound)) for sound in sounds]
    assert len(apart) >= 9
    assert np.median(apart) <= MEDIAN
    assert max(apart) <= WORST


def test_planar_and_interleaved_channels_have_the_same_loudness() -> None:
    samples = tune()
    turns = np.ascontiguousarray(samples.T).T
    assert loudness(Sound(turns, RATE)).integrated == pytest.approx(loudness(Sound(samples, RATE)).integrated, abs=1e-3)


def test_silence_is_at_the_absolute_gate() -> None:
    nothing = loudness(Sound(np.zeros((2, RATE), np.float32), RATE))
    assert (nothing.integrated, nothing.range) == (ABSOLUTE, 0)


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_measuring_a_sound_takes_no_memory_for_another_copy_of_it(channels: int) -> None:
    sound = Sound(tune(60, channels=channels), RATE)
    tracemalloc.start()
    step_powers(sound)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 10 * 2**20
