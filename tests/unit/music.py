"""Sounds of known tempo and key, and their mel spectrogram."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from bot.audio.analysis.timbre import survey
from training.hearing.grooves import RATE, tone

Floats = NDArray[np.float32]

TRIADS = {0: (0, 3, 7), 1: (0, 4, 7)}  # by mode: 0 minor, 1 major
CADENCE = {0: ((0, 0), (5, 0), (7, 1), (0, 0)), 1: ((0, 1), (5, 1), (7, 1), (0, 1))}  # by mode: root, mode of the chord


def mel(samples: Floats) -> Floats:
    """Mel spectrogram in dB, shape (frames, 128), as the bot computes it."""
    return survey(samples).levels


def strokes(times: Iterable[float], seconds: float, pitch: float = 100, level: float = 0.5) -> Floats:
    """Short strokes at `times`."""
    track = np.zeros(round(seconds * RATE), np.float32)
    stroke = level * tone(pitch, 0.05, softness=0, brightness=1)
    for time in times:
        first = round(time * RATE)
        track[first : first + len(stroke)] += stroke[: len(track) - first]
    return track


def clicks(bpm: float, seconds: float = 20) -> Floats:
    """A metronome."""
    return strokes(np.arange(0, seconds, 60 / bpm), seconds)


def chords(roots: Iterable[tuple[float, int]], seconds: float = 1.5) -> Floats:
    """A sequence of triads, each given as the root's pitch (fractions of semitones allowed) and the mode."""
    return np.concatenate(
        [
            sum(tone(root + step, seconds, 0.3, 0.3) for step in (-12, *TRIADS[mode]))
            / 4  # the root an octave below, as bass
            for root, mode in roots
        ]
    )


def cadence(key: float, mode: int, rounds: int = 3) -> Floats:
    """I-IV-V-I in major, i-iv-V-i in minor, `key` semitones above C4."""
    return chords((60 + key + root, chord) for _ in range(rounds) for root, chord in CADENCE[mode])


def noise(seconds: float = 20, seed: int = 0) -> Floats:
    return (0.1 * np.random.default_rng(seed).standard_normal(round(seconds * RATE))).astype(np.float32)


def silence(seconds: float = 20) -> Floats:
    return np.zeros(round(seconds * RATE), np.float32)
