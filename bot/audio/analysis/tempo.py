"""Tempo: how likely each tempo is, judged by how well the onsets resemble themselves some beats later.

The hard part is the octave: a song at 180 beats a minute resembles itself at 90 as well. Listeners decide by which
instruments repeat when (kick, snare, hats: hence bands), how dense the onsets are, and which tempi are common. So each
candidate tempo gets evidence of all three, and a conditional logit (McFadden 1974) weighs it. `python -m training
fit-tempo` learns `WEIGHTS` from generated grooves, without any recordings.

The evidence follows Percival & Tzanetakis 2014 ("Streamlined tempo estimation based on autocorrelation and
cross-correlation with pulses") and, for the bands, Scheirer 1998 ("Tempo and beat analysis of acoustic signals").
"""

from dataclasses import dataclass

import numpy as np
import scipy.fft
from scipy.ndimage import uniform_filter1d

from bot.audio.analysis.spectrum import FRAMES
from bot.core.vectors import Doubles, Floats

BANDS = ((0, 128), (0, 12), (12, 50), (50, 128))  # mel bands: all, below 330 Hz, up to 1.6 kHz, above
BEATS = (1 / 4, 1 / 3, 1 / 2, 1, 2, 3, 4, 8)  # lags checked for each tempo, in its beats
CANDIDATES = np.exp(np.arange(np.log(40), np.log(260), 0.005))  # beats a minute, 0.5 % apart
TYPICAL = 118.0  # beats a minute; the mode of people's preferred tempi (Moelants 2002: 120)
USUAL_RATE = 4.0  # onsets a second
SLOWEST_RATE = 0.25  # onsets a second, so that silence has a logarithm
AROUND = 21  # frames (half a second) that an onset must stand out from
TOLERANCE = 0.04  # tempi closer than this count as the same: the usual tolerance (Gouyon et al. 2006)
FINEST = np.linspace(-0.02, 0.02, 81)  # relative steps of 0.0005 around the best candidate


WEIGHTS = np.array([
    -0.177, -0.201, 0.295, 0.582, 0.495, 0.560, 0.632, 0.335,  # every band, at each of BEATS
    -2.040, -1.310, -0.974, 1.083, 0.528, 0.781, 2.462, 0.712,  # low
    -0.210, -0.392, 0.353, 0.893, -0.013, 0.794, 0.969, 0.553,  # middle
    0.132, -0.122, 0.308, 0.090, 0.742, 0.159, 0.369, 0.374,  # high
    0.386, -0.758, 0.247,  # distance from TYPICAL, its square, its product with density
])  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tempo:
    """`bpm` beats a minute; `confidence`: the probability (0 to 1) that it's right, octave included."""

    bpm: float
    confidence: float


def tempo(likeness: Doubles, rate: float) -> Tempo:
    """Return the likeliest tempo of music with `rate` onsets a second.

    `likeness` is the autocorrelation of its envelopes, (bands, lags). Music that never repeats gets a common tempo and
    little confidence.
    """
    scores = evidence(likeness, rate) @ WEIGHTS
    likely = np.exp(scores - scores.max())
    likely /= likely.sum()
    best = CANDIDATES[int(np.argmax(scores))]
    confidence = likely[np.abs(np.log(CANDIDATES / best)) <= TOLERANCE].sum()
    return Tempo(_refined(best, likeness[0]), float(confidence))


def envelopes(flux: Floats) -> Floats:
    """Return onset strength in each of BANDS, shape (bands, frames): how far it exceeds the half second around it."""
    strength = np.stack([flux[:, low:high].mean(1) for low, high in BANDS])
    return np.asarray(np.maximum(strength - uniform_filter1d(strength, AROUND, axis=1, mode="constant"), 0), np.float32)


def autocorrelation(envelope: Floats) -> Doubles:
    """Return the autocorrelation of each row of `envelope` (rows, n) at lags of 0 to n - 1 frames; 1 at lag 0.

    Each lag is a mean over the frames it joins, but over at least n / 4, so that chance doesn't pass for likeness at
    long lags. Constant rows give zeros.
    """
    count = envelope.shape[1]
    centred = envelope - envelope.mean(1, keepdims=True, dtype=np.float64)
    spectrum = scipy.fft.rfft(centred, scipy.fft.next_fast_len(2 * count, real=True))
    products = scipy.fft.irfft(spectrum.real**2 + spectrum.imag**2)[:, :count]
    means = products / np.maximum(np.arange(count, 0, -1), count // 4)
    return np.asarray(means / np.maximum(means[:, :1], 1e-9))


def evidence(likeness: Doubles, rate: float) -> Doubles:
    """Return the evidence for each of CANDIDATES: shape (candidates, len(WEIGHTS)).

    First each band's autocorrelation at each of BEATS, then the tempo's distance from TYPICAL (octaves), its square,
    and its product with onset density (octaves above USUAL_RATE), since dense music is counted faster.
    """
    lags = 60 * FRAMES / CANDIDATES[:, None] * BEATS
    heard = np.stack([_at(lags, row) for row in likeness], axis=1)
    away = np.log2(CANDIDATES / TYPICAL)
    dense = np.log2(max(rate, SLOWEST_RATE) / USUAL_RATE)
    return np.column_stack([heard.reshape(len(CANDIDATES), -1), away, away**2, away * dense])


def _at(lags: Doubles, likeness: Doubles) -> Doubles:
    """`likeness` interpolated between whole lags; zero beyond the last."""
    strength: Doubles = np.interp(lags, np.arange(len(likeness)), likeness, right=0.0)
    return strength


def _refined(bpm: float, likeness: Doubles) -> float:
    """`bpm` refined to a thousandth, where likeness many beats later peaks: that's where small errors add up."""
    fine = bpm * (1 + FINEST)
    longest = min(16.0, len(likeness) * FRAMES**-1 * bpm / 60 / 2)  # beats: half of what's there
    beats = [beat for beat in (1, 2, 4, 8, 16) if beat <= longest]
    heights = sum((_at(60 * FRAMES / fine * beat, likeness) for beat in beats), np.zeros(len(fine)))
    return float(fine[int(np.argmax(heights))]) if heights.max() > 0 else float(bpm)
