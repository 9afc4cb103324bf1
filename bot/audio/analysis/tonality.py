"""Tonality: tuning, chroma and key of a song.

Chroma comes from spectral peaks rather than bins (Gómez 2006, "Tonal description of music audio signals"): a peak's
frequency is known far more precisely than a bin's width, so drums, and sounds between two semitones, can be told from
notes.
"""

from dataclasses import dataclass

import numpy as np
import scipy.fft
import soxr
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from bot.audio.analysis.keys import find_key
from bot.audio.analysis.spectrum import RATE, hann
from bot.core.vectors import Doubles, Floats

LOW_RATE = RATE / 8  # Hz, enough for HIGHEST
WINDOW, HOP = 2048, 1024  # samples at LOW_RATE: 0.74 s, so semitones are separate from 60 Hz up
LOWEST, HIGHEST = 40.0, 1000.0  # Hz; above are mostly overtones, which would favour the fifth
AUDIBLE = 0.02  # of the frame's highest peak: lower ones are leakage and noise
GATE = 0.001  # of the song's highest peak: quieter frames are silence
SPREAD = 0.2  # semitones; standard deviation of a peak's distance from its note


@dataclass(frozen=True, slots=True)
class Tonality:
    """A song's key, tuning and pitch classes."""

    key: int  # pitch class of the tonic: semitones above C, 0 to 11
    mode: int  # MINOR or MAJOR in `keys`
    confidence: float  # 0 to 1: the probability that key and mode are right
    tuning: float  # semitones above A = 440 Hz, -0.5 to 0.5
    chroma: Floats  # (12,): share of each pitch class from C up; all zero for silence
    curve: Floats  # (t, 12): chroma every HOP / LOW_RATE = 0.37 s, of length 1
    centroid: Floats  # (6,): tonal centroid (Harte et al. 2006), fifths, minor thirds, major thirds


def tonality(samples: Floats) -> Tonality:
    """Return the tonality of `samples`, shape (n,) at RATE."""
    magnitudes = _magnitudes(samples)
    frames, pitches, heights = _peaks(magnitudes)
    tuning = _tuning(pitches, heights)
    curve = _chroma(frames, pitches - tuning, heights, len(magnitudes))
    total = curve.mean(0)
    chroma = total / max(float(total.sum()), 1e-9)
    key, mode, confidence = find_key(curve)
    return Tonality(
        key, mode, confidence, tuning, chroma.astype(np.float32), curve.astype(np.float32), centroid(chroma)
    )


def centroid(chroma: Doubles) -> Floats:
    """Return where `chroma` (12,) lies on the circles of fifths, minor and major thirds: shape (6,), sine and cosine.

    Harte, Sandler & Gasser 2006, "Detecting harmonic change in musical audio".
    """
    steps = np.arange(12)
    circles = [(7 / 6, 1.0), (3 / 2, 1.0), (2 / 3, 0.5)]  # turns of pi a semitone, radius
    places = [r * turn(steps * turns * np.pi) for turns, r in circles for turn in (np.sin, np.cos)]
    return np.asarray(np.array(places) @ chroma, np.float32)


def _magnitudes(samples: Floats) -> Floats:
    """Magnitude spectra: shape (frames, WINDOW // 2 + 1)."""
    low = soxr.resample(samples, RATE, LOW_RATE, quality="LQ")
    low = np.pad(low, (0, max(0, WINDOW - len(low))))
    frames = sliding_window_view(low, WINDOW)[::HOP] * hann(WINDOW)
    return np.asarray(np.abs(scipy.fft.rfft(frames, axis=1, overwrite_x=True)), np.float32)


def _peaks(magnitudes: Floats) -> tuple[NDArray[np.intp], Doubles, Doubles]:
    """Frame, pitch (semitones, as in MIDI) and height of every audible spectral peak.

    Its position between bins is the top of the parabola through three log magnitudes.
    """
    width = LOW_RATE / WINDOW
    low, high = int(LOWEST / width), int(HIGHEST / width)
    before, here, after = (magnitudes[:, low + step : high + step] for step in (-1, 0, 1))
    loudest = here.max(1, keepdims=True)
    heard = (here > before) & (here >= after) & (here > AUDIBLE * loudest) & (loudest > GATE * loudest.max())
    frames, bins = np.nonzero(heard)
    left, top, right = (np.log(part[frames, bins].astype(float) + 1e-9) for part in (before, here, after))
    shift = (left - right) / (2 * (left - 2 * top + right) - 1e-12)
    hertz = (low + bins + shift) * width
    return frames, 12 * np.log2(hertz / 440) + 69, np.exp(top)


def _tuning(pitches: Doubles, heights: Doubles) -> float:
    """How far the notes are above the semitones of A = 440 Hz: the circular mean of the peaks, weighted by height."""
    return float(np.angle(np.sum(heights * np.exp(2j * np.pi * pitches))) / (2 * np.pi))


def _chroma(frames: NDArray[np.intp], pitches: Doubles, heights: Doubles, count: int) -> Doubles:
    """Chroma of each frame: shape (count, 12), each of length 1, or 0 if silent.

    A peak counts by its height's root, so that a loud bass doesn't hide the chord above it.
    """
    nearest = np.round(pitches)
    likely = np.sqrt(heights) * np.exp(-0.5 * ((pitches - nearest) / SPREAD) ** 2)
    chroma = np.bincount(frames * 12 + nearest.astype(int) % 12, likely, count * 12)
    curve = chroma.reshape(count, 12)
    return np.asarray(curve / np.maximum(np.linalg.norm(curve, axis=1, keepdims=True), 1e-9))
