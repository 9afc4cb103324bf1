"""Rhythm: tempo, beat and onsets of a song, from its mel spectrogram.

Onset strength is spectral flux: how many dB the mel bands rise from frame to frame (Bello et al. 2005, "A tutorial
on onset detection in music signals"); falls don't count.
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from bot.audio.analysis.spectrum import FRAMES
from bot.audio.analysis.tempo import autocorrelation, envelopes, tempo
from bot.core.vectors import Doubles, Floats

SLOWEST = 70.0  # beats a minute; tempi are folded into the octave above it
SPAN, STEP = round(8 * FRAMES), round(FRAMES)  # frames: covered by a point of the tempo curve, and from point to point
DRIFT = np.linspace(-0.08, 0.08, 65)  # how far the tempo is followed, as fractions of it
RETURNS = (1, 2, 4)  # beats after which a beat must repeat to count as clear


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A song's tempo and beat."""

    tempo: float  # beats a minute
    confidence: float  # 0 to 1: the probability that `tempo` is right, octave included
    folded: float  # beats a minute from 70 to 140: safe where half and double tempo are confused
    onset_rate: float  # onsets of notes and beats per second
    pulse: float  # clarity of the beat: the autocorrelation of onsets 1, 2 and 4 beats later, 0 to 1
    curve: Floats  # tempo in beats a minute, at each second of the song


def rhythm(mel: Floats) -> Rhythm:
    """Return the rhythm of `mel`, shape (frames, 128) at FRAMES a second: a mel spectrogram in dB, 80 dB deep."""
    flux = mel_flux(mel)
    sharp, rate = envelopes(flux), onset_rate(flux.mean(1))
    likeness = autocorrelation(sharp)
    beat = tempo(likeness, rate)
    pulse, curve = _pulse(likeness[0], beat.bpm), _curve(sharp[0], beat.bpm)
    return Rhythm(beat.bpm, beat.confidence, fold(beat.bpm), rate, pulse, curve)


def mel_flux(mel: Floats) -> Floats:
    """Return how many dB each band of `mel` rises since the previous frame: same shape, falls as 0."""
    return np.asarray(np.maximum(np.diff(mel, axis=0, prepend=mel[:1]), 0), np.float32)


def fold(bpm: float) -> float:
    """`bpm` halved or doubled into the octave above SLOWEST."""
    return float(SLOWEST * 2 ** (np.log2(bpm / SLOWEST) % 1))


def onset_rate(onsets: Floats) -> float:
    """Onsets a second: peaks of onset strength at least half a standard deviation above its mean."""
    middle = onsets[1:-1]
    peaks = (middle > onsets[:-2]) & (middle >= onsets[2:]) & (middle > onsets.mean() + onsets.std() / 2)
    return float(np.count_nonzero(peaks) / max(len(onsets) / FRAMES, 1.0))


def _pulse(likeness: Doubles, bpm: float) -> float:
    heights = np.interp(60 * FRAMES / bpm * np.array(RETURNS), np.arange(len(likeness)), likeness, right=0.0)
    return float(np.clip(heights.mean(), 0, 1))


def _curve(sharp: Floats, bpm: float) -> Floats:
    """The tempo near `bpm` at which the SPAN around each second resembles itself most."""
    around = np.pad(sharp, SPAN // 2, mode="symmetric" if len(sharp) > SPAN // 2 else "constant")
    spans = autocorrelation(np.ascontiguousarray(sliding_window_view(around, SPAN)[::STEP]))
    fine = bpm * (1 + DRIFT)
    lags = 60 * FRAMES / fine[:, None] * np.array(RETURNS)
    low = np.minimum(lags.astype(int), SPAN - 2)
    part = lags - low
    heights = (spans[:, low] * (1 - part) + spans[:, low + 1] * part) * (part <= 1)
    return np.asarray(fine[heights.sum(2).argmax(1)], np.float32)
