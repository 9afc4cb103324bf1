"""Loudness: how loud a recording sounds, and how much that varies.

Integrated loudness follows ITU-R BS.1770-4, the range EBU Tech 3342. Both use the mean square of the K-weighted signal
over windows that start every 100 ms. We take it from the spectrum of each 100 ms (Parseval), with two channels as the
real and imaginary parts of one complex signal: four times as fast as filtering, and no further from the standard than
its implementations are from each other (tests/unit/audio/test_loudness.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from bot.audio.files.sound import Samples, Sound

STEP = 0.1  # seconds between window starts
MOMENT, SHORT_TERM = 4, 30  # steps: the windows of integrated loudness, and of the range
OFFSET = -0.691  # dB: makes a full-scale sine of 997 Hz in one channel -3.01 LUFS
ABSOLUTE = -70.0  # LUFS: anything quieter is a pause
RELATIVE, RELATIVE_RANGE = -10.0, -20.0  # LU below the mean of the rest: anything quieter is background
SOFT, LOUD = 10, 95  # percentiles that bound the range
# Gain of each channel in power: surrounds count more, and the low-frequency channel (4th of six) doesn't count.
SURROUND = {5: (1.0, 1.0, 1.0, 1.41, 1.41), 6: (1.0, 1.0, 1.0, 0.0, 1.41, 1.41)}
# The two filters of K-weighting as analogue prototypes, so that any rate has them: frequency (Hz) and quality that
# give the standard's coefficients at 48 kHz (De Man 2014, "Evaluation of implementations of the EBU R128 loudness
# measurement").
SHELF_HZ, SHELF_Q, SHELF_DB = 1681.974450955533, 0.7071752369554196, 3.999843853973347
PASS_HZ, PASS_Q = 38.13547087602444, 0.5003270373238773
AT_ONCE = 32  # steps transformed together: 1.1 MB at a CD's rate

Levels = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Loudness:
    """integrated: LUFS, ABSOLUTE if nothing is louder; range: LU."""

    integrated: float
    range: float


def loudness(sound: Sound) -> Loudness:
    """Return the loudness of a sound of 0.4 s or longer; shorter ones have none (ABSOLUTE)."""
    steps = step_powers(sound)
    return Loudness(_integrated(_windows(steps, MOMENT)), _range(_windows(steps, SHORT_TERM)))


def step_powers(sound: Sound) -> Levels:
    """Return the K-weighted mean square of each STEP, summed over the channels by their gains: (steps,)."""
    length = round(STEP * sound.rate)
    count = sound.samples.shape[1] // length
    powers = np.zeros(count)
    weights = _weights(length, sound.rate)
    for start in range(0, count, AT_ONCE):
        end = min(start + AT_ONCE, count)
        for pair in _pairs(sound.samples[:, start * length : end * length]):
            spectrum = scipy.fft.fft(pair.reshape(-1, length), axis=1, workers=1).view(np.float32)
            powers[start:end] += np.square(spectrum, out=spectrum) @ weights
    return powers


def _pairs(samples: Samples) -> Iterator[NDArray[np.complex64]]:
    """Yield pairs of channels as one complex signal, scaled by the root of their gains; an odd last one stays alone.

    For real a and b, |A|^2 + |B|^2 summed over all bins is the sum of |C|^2 with c = a + ib.
    """
    if len(samples) == 2 and samples.T.flags.c_contiguous:
        yield samples.T.view(np.complex64)[:, 0]
        return
    gains = np.sqrt(SURROUND.get(len(samples), (1.0,) * len(samples)))
    for first in range(0, len(samples), 2):
        pair = np.zeros(samples.shape[1], np.complex64)
        pair.real = samples[first] * gains[first]
        if first + 1 < len(samples):
            pair.imag = samples[first + 1] * gains[first + 1]
        yield pair


@cache
def _weights(length: int, rate: int) -> Samples:
    """The weight of each real and imaginary part in the mean square: (2 * length,) float32."""
    response = _response(np.abs(np.fft.fftfreq(length, 1 / rate)), rate)
    weights: Samples = np.repeat(response / length**2, 2).astype(np.float32)
    return weights


def _response(hz: Levels, rate: int) -> Levels:
    """The power gain of K-weighting: a high shelf, then a high pass, each the bilinear transform of its prototype."""
    z = np.exp(-2j * np.pi * hz / rate)
    k, gain = np.tan(np.pi * SHELF_HZ / rate), 10 ** (SHELF_DB / 20)
    middle = gain**0.4996667741545416  # De Man: between the shelf and the rest, slightly below its root
    shelf = (
        gain + middle * k / SHELF_Q + k**2 + 2 * (k**2 - gain) * z + (gain - middle * k / SHELF_Q + k**2) * z**2
    ) / (1 + k / SHELF_Q + k**2 + 2 * (k**2 - 1) * z + (1 - k / SHELF_Q + k**2) * z**2)
    k = np.tan(np.pi * PASS_HZ / rate)
    below = 1 + k / PASS_Q + k**2
    high = (1 - 2 * z + z**2) / (1 + 2 * (k**2 - 1) / below * z + (1 - k / PASS_Q + k**2) / below * z**2)
    gain_of_power: Levels = np.abs(shelf * high) ** 2
    return gain_of_power


def _windows(steps: Levels, width: int) -> Levels:
    """The mean of each `width` consecutive steps."""
    if len(steps) < width:
        return np.zeros(0)
    sums = np.concatenate([[0.0], np.cumsum(steps)])
    means: Levels = np.maximum(sums[width:] - sums[:-width], 0) / width
    return means


def _lufs(power: Levels) -> Levels:
    levels: Levels = OFFSET + 10 * np.log10(np.maximum(power, 1e-12))
    return levels


def _gated(powers: Levels, relative: float) -> Levels:
    """The powers above both gates."""
    heard = powers[_lufs(powers) > ABSOLUTE]
    return heard[_lufs(heard) > _lufs(heard.mean()) + relative] if len(heard) else heard


def _integrated(powers: Levels) -> float:
    heard = _gated(powers, RELATIVE)
    return float(_lufs(heard.mean())) if len(heard) else ABSOLUTE


def _range(powers: Levels) -> float:
    heard = _gated(powers, RELATIVE_RANGE)
    if not len(heard):
        return 0.0
    soft, loud = np.percentile(_lufs(heard), (SOFT, LOUD))
    return float(loud - soft)
