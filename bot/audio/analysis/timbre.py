"""Timbre: the colour of a song's sound, independent of its notes.

One pass over the blocks of the power spectrum collects the frame features (`survey`); the rest are statistics of
those. Everything is float32, and a matrix product where possible.
"""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from bot.audio.analysis.spectrum import (
    BINS,
    FLOOR,
    RATE,
    WINDOW,
    Floats,
    blocks,
    frequencies,
    hann,
    mel_bands,
    mel_filters,
)

MELS = 128
COEFFICIENTS = 20  # of the cepstrum
QUIET = 1e-9  # bin power treated as zero before a logarithm: -90 dB
DEPTH = 80.0  # dB below the song's loudest band: anything softer is clipped to it
ROLL_OFF = 0.85  # of a frame's magnitude lies below the roll-off
GROUP = 32  # bins summed for the coarse search of the roll-off
OCTAVES = (0, 200, 400, 800, 1600, 3200, 6400, RATE // 2)  # Hz: bands of the contrast (Jiang et al. 2002)
EXTREME = 0.02  # of a band's bins are its peaks, and as many its valleys
POOLED = 16  # frames (0.37 s) averaged before the contrast is measured
ALONG, ACROSS = 11, 13  # frame pairs (0.5 s) and mel bands: tones are smooth along time, strokes across bands
LOW, HIGH = 200.0, 4000.0  # Hz: the bass is below, the air above
EDGE = 0.1  # of a song at either end, where it may fade


@dataclass(frozen=True, slots=True)
class Survey:
    """The features of every frame."""

    mel: Floats  # (frames, MELS): power
    mean_square: Floats  # (frames,): of the samples, full scale 1.0
    centroid: Floats  # (frames,): Hz
    bandwidth: Floats  # (frames,): Hz
    roll_off: Floats  # (frames,): Hz
    flatness: Floats  # (frames,): 0 to 1
    pooled: Floats  # (frames / POOLED, BINS): mean magnitude of every POOLED frames

    @property
    def levels(self) -> Floats:
        """`mel` in dB, DEPTH deep: (frames, MELS)."""
        levels: Floats = 10 * np.log10(np.maximum(self.mel, FLOOR))
        np.maximum(levels, levels.max() - DEPTH, out=levels)
        return levels


@dataclass(frozen=True, slots=True)
class Timbre:
    """numbers: by name, in the units that `features.FEATURES` gives; the rest are the song's vectors."""

    numbers: dict[str, float]
    mfcc_mean: Floats  # (COEFFICIENTS,)
    mfcc_std: Floats  # (COEFFICIENTS,)
    contrast: Floats  # (octaves,): dB


def survey(samples: Floats) -> Survey:
    """Survey all frames of (n,) samples at RATE in one pass."""
    parts = [_look(block) for block in blocks(samples)]
    return Survey(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def timbre(samples: Floats, seen: Survey, levels: Floats) -> Timbre:
    """Return the timbre of (n,) samples at RATE from their survey `seen` and its mel levels in dB, `levels`."""
    cepstrum = levels @ _cosines()
    numbers = {
        "brightness": float(seen.centroid.mean()),
        "brightness_spread": float(seen.centroid.std()),
        "bandwidth": float(seen.bandwidth.mean()),
        "roll_off": float(seen.roll_off.mean()),
        "flatness": float(seen.flatness.mean()),
        "zero_crossings": zero_crossings(samples),
        "harmonic_share": harmonic_share(seen.mel),
        **shares(seen.mel),
        **dynamics(samples, seen.mean_square),
    }
    return Timbre(numbers, cepstrum.mean(0), cepstrum.std(0), contrast(seen.pooled))


# ---------------------------------------------------------------- of each frame
def _look(power: Floats) -> tuple[NDArray[Any], ...]:
    """The fields of a Survey for one block of the power spectrum, (frames, BINS)."""
    magnitude = np.sqrt(power)
    groups = np.einsum("tgb->tg", magnitude[:, :-1].reshape(len(magnitude), -1, GROUP))
    total = np.maximum(groups.sum(1) + magnitude[:, -1], FLOOR)
    moments = magnitude @ _powers() / total[:, None]
    centroid = moments[:, 0]
    bandwidth = np.sqrt(np.maximum(moments[:, 1] - centroid**2, 0))
    mean: Floats = power @ _ones() / np.float32(BINS)
    mean_square = mean * np.float32(2 * BINS / (WINDOW * (hann(WINDOW) @ hann(WINDOW))))
    return (
        mel_bands(power, MELS),
        mean_square,
        centroid,
        bandwidth,
        _roll_off(magnitude, groups),
        _flatness(power, mean),
        _pools(len(magnitude)) @ magnitude,
    )


@cache
def _powers() -> Floats:
    """The frequency of each bin and its square, Hz: (BINS, 2) float32."""
    return np.column_stack([frequencies(), frequencies() ** 2])


@cache
def _ones() -> Floats:
    """For a product with these, four times as fast as `sum`."""
    return np.ones(BINS, np.float32)


def _roll_off(magnitude: Floats, groups: Floats) -> Floats:
    """The frequency below which ROLL_OFF of the magnitude lies: first the group, then the bin within it. Exact."""
    frames = np.arange(len(magnitude))
    below = np.cumsum(groups, axis=1)
    wanted = ROLL_OFF * (below[:, -1] + magnitude[:, -1])
    group = np.minimum((below < wanted[:, None]).sum(1), groups.shape[1] - 1)
    missing = wanted - below[frames, group] + groups[frames, group]
    inside = magnitude[:, :-1].reshape(len(magnitude), -1, GROUP)[frames, group]
    position = (np.cumsum(inside, axis=1) < missing[:, None]).sum(1)
    rolled: Floats = frequencies()[group * GROUP + position]
    return rolled


def _flatness(power: Floats, mean: Floats) -> Floats:
    """The geometric mean of the power over its arithmetic mean: 1 for noise, near 0 for a tone.

    Bins are multiplied in fours (above QUIET, no product leaves float32's range), which saves three of four logarithms;
    the last bin is left out.
    """
    heard, half, quarter = np.maximum(power, QUIET), BINS // 2, BINS // 4
    pairs = heard[:, :half] * heard[:, half : 2 * half]
    geometric = np.exp(np.log(pairs[:, :quarter] * pairs[:, quarter:]).mean(1) / 4)
    flatness: Floats = geometric / np.maximum(mean, QUIET)
    return flatness


@cache
def _pools(frames: int) -> Floats:
    """Rows that average POOLED frames each, the last one the remainder: (pools, frames) float32."""
    pool = np.arange(frames) // POOLED
    member = pool == np.arange(pool[-1] + 1)[:, None]
    means: Floats = (member / member.sum(1, keepdims=True)).astype(np.float32)
    return means


# ---------------------------------------------------------------- of the song
@cache
def _cosines() -> Floats:
    """The orthonormal DCT-II from mel levels to a cepstrum: (MELS, COEFFICIENTS) float32."""
    return np.ascontiguousarray(scipy.fft.dct(np.eye(MELS), norm="ortho")[:, :COEFFICIENTS], np.float32)


def contrast(pooled: Floats) -> Floats:
    """Peaks over valleys of each octave in dB (Jiang et al. 2002): (octaves,), averaged over (n, BINS) magnitudes."""
    edges = np.searchsorted(frequencies(), OCTAVES)
    return np.array([_peaks_over_valleys(pooled[:, low:high]) for low, high in pairwise(edges)], np.float32)


def _peaks_over_valleys(band: Floats) -> float:
    count = max(1, round(EXTREME * band.shape[1]))
    order = np.partition(band, (count - 1, band.shape[1] - count), axis=1)
    peaks, valleys = order[:, -count:].mean(1), order[:, :count].mean(1)
    return float(20 * np.log10(np.maximum(peaks, 1e-5) / np.maximum(valleys, 1e-5)).mean())


def zero_crossings(samples: Floats) -> float:
    """Changes of sign a second."""
    negative = np.signbit(samples)
    return float(np.count_nonzero(negative[1:] != negative[:-1]) / len(samples) * RATE)


def harmonic_share(mel: Floats) -> float:
    """The share of the power in tones rather than strokes, 0 to 1.

    Fitzgerald 2010, "Harmonic/percussive separation using median filtering", with means for medians, on mel bands and
    pairs of frames.
    """
    pairs = mel[: len(mel) // 2 * 2].reshape(-1, 2, MELS).sum(1) if len(mel) > 1 else mel
    magnitude = np.sqrt(pairs)
    tones = np.square(uniform_filter1d(magnitude, ALONG, axis=0, mode="nearest"))
    strokes = np.square(uniform_filter1d(magnitude, ACROSS, axis=1, mode="nearest"))
    share = np.vdot(pairs, tones / np.maximum(tones + strokes, FLOOR))
    return float(share / max(pairs.sum(), FLOOR))


def shares(mel: Floats) -> dict[str, float]:
    """The shares of the mel bands' power below LOW and above HIGH, 0 to 1."""
    bands = mel.sum(0, dtype=np.float64)
    centres = frequencies()[mel_filters(MELS).argmax(0)]
    total = max(float(bands.sum()), FLOOR)
    return {
        "low_share": float(bands[centres < LOW].sum()) / total,
        "high_share": float(bands[centres > HIGH].sum()) / total,
    }


def dynamics(samples: Floats, mean_square: Floats) -> dict[str, float]:
    """Level, its spread, crest, and how far each end is below the whole; all in dB, full scale 0."""
    levels = 10 * np.log10(np.maximum(mean_square, FLOOR))
    whole = _decibels(float(samples @ samples) / len(samples))
    edge = max(1, round(EDGE * len(mean_square)))
    peak = float(max(samples.max(), -samples.min()))
    return {
        "level": whole,
        "level_spread": float(levels.std()),
        "crest": _decibels(peak**2) - whole,
        "fade_in": _decibels(float(mean_square[:edge].mean())) - whole,
        "fade_out": _decibels(float(mean_square[-edge:].mean())) - whole,
    }


def _decibels(power: float) -> float:
    return float(10 * np.log10(max(power, FLOOR)))
