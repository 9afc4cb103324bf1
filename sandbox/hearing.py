"""Hearing: numbers about a song, computed from its samples with one shared short-time Fourier transform.

Pure, and without matrix products: on a busy machine BLAS threads wait for each other longer than they compute.
Features, in their order (`FEATURES`), with their units:

tempo_bpm      beats a minute, folded into the octave from 70 to 140: half and double tempo cannot be told apart safely
pulse          how regular the beat is, 0 to 1 (height of the autocorrelation's peak)
loudness_db    mean power, dB of full scale
dynamics_db    between the 10th and the 95th percentile of the power in a quarter of a second
centroid_hz    centre of the magnitude spectrum;  bandwidth_hz: its spread
rolloff_hz     below it lies 85 % of the magnitude
flatness       geometric by arithmetic mean of the power spectrum, 0 (a tone) to 1 (noise)
onsets_per_s   notes and beats that begin in a second
low_share      of the power below 200 Hz;  high_share: above 4 kHz
fifths_x, _y   key as a point on the circle of fifths (C at 1, 0; G a twelfth of a turn on), its distance the certainty
majorness      correlation with the best major key less that with the best minor one
mfcc_1 … _12   cepstrum of the logarithm of the power in MELS bands, mean over time
"""

import numpy as np
import scipy.fft
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

WINDOW = 2048  # samples of a frame; 93 ms at 22,050 Hz
HOP = 1024  # samples between frames
MELS = 40  # bands
FLOOR = 1e-10  # of power, so that silence has a logarithm
SLOWEST = 70.0  # beats a minute; tempos are folded into the octave above it
MAJOR_KEY = (0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400)  # Temperley 2001
MINOR_KEY = (0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330)

FEATURES = (
    "tempo_bpm", "pulse", "loudness_db", "dynamics_db", "centroid_hz", "bandwidth_hz", "rolloff_hz", "flatness",
    "onsets_per_s", "low_share", "high_share", "fifths_x", "fifths_y", "majorness",
    *(f"mfcc_{number}" for number in range(1, 13)),
)  # fmt: skip

Floats = NDArray[np.float32]


def features(audio: Floats, rate: int) -> dict[str, float]:
    """Analyse `audio`, shape (samples,) or (samples, channels) at `rate` Hz, at least two seconds of it."""
    mono = audio if audio.ndim == 1 else sum(audio.T[1:], audio.T[0]) / np.float32(audio.shape[1])
    power = _power(np.ascontiguousarray(mono, np.float32))
    mel = np.log(np.add.reduceat(power, _mel_edges(rate), axis=1) + FLOOR)
    onsets = np.maximum(np.diff(mel, axis=0), 0).mean(1)
    values = [*_beat(onsets, rate), *_level(power, rate), *_colour(power, rate)]
    values += [_onset_rate(onsets, rate), *_shares(power, rate), *_key(power, rate), *_cepstrum(mel)]
    return {name: round(float(value), 5) for name, value in zip(FEATURES, values, strict=True)}


def fold(tempo: float) -> float:
    """`tempo` in beats a minute, halved or doubled until it lies in the octave from SLOWEST on."""
    return float(SLOWEST * 2 ** (np.log2(tempo / SLOWEST) % 1))


# ---------------------------------------------------------------- spectra
def _power(mono: Floats) -> Floats:
    """Power spectra of the frames: shape (frames, bins), scaled so that a frame's sum is its mean square."""
    window = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
    spectrum = scipy.fft.rfft(sliding_window_view(mono, WINDOW)[::HOP] * window, axis=1, overwrite_x=True)
    power = spectrum.real**2
    power += spectrum.imag**2
    power *= np.float32(2 / (WINDOW * (window @ window)))
    return np.asarray(power, np.float32)


def _frequencies(rate: int) -> Floats:
    return np.fft.rfftfreq(WINDOW, 1 / rate).astype(np.float32)


def _mel_edges(rate: int) -> NDArray[np.intp]:
    """The first bins of MELS bands that are as wide as each other in mel (O'Shaughnessy 1987)."""
    mels = np.linspace(0, 2595 * np.log10(1 + rate / 2 / 700), MELS + 1)[:-1]
    return np.searchsorted(_frequencies(rate), 700 * (10 ** (mels / 2595) - 1))


# ---------------------------------------------------------------- time
def _beat(onsets: Floats, rate: int) -> tuple[float, float]:
    """Tempo and pulse: the beat at whose lag, its half, double and fourfold, the onsets are most like themselves."""
    likeness = _autocorrelation(onsets, round(rate / HOP / 2))
    tempos = SLOWEST * 2 ** np.arange(0, 1, 1 / 240)
    lags = 60 / tempos * rate / HOP
    echoes = [np.interp(lags * octave, np.arange(len(likeness)), likeness) for octave in (0.5, 1, 2, 4)]
    scores = np.mean(echoes, axis=0)
    best = int(np.argmax(scores))
    return float(tempos[best]), max(0.0, float(scores[best]))


def _autocorrelation(envelope: Floats, around: int) -> Floats:
    """Of the part of `envelope` that stands out of the mean of `around` frames (half a second); 1 at lag 0."""
    slow = np.convolve(envelope, np.full(around, 1 / around, np.float32), "same")
    sharp = np.maximum(envelope - slow, 0)
    sharp -= sharp.mean()
    spectrum = scipy.fft.rfft(sharp, 2 * len(sharp))
    likeness = scipy.fft.irfft(np.abs(spectrum) ** 2)[: len(sharp)]
    likeness /= np.arange(len(sharp), 0, -1)
    return np.asarray(likeness / (likeness[0] + FLOOR), np.float32)


def _onset_rate(onsets: Floats, rate: int) -> float:
    middle = onsets[1:-1]
    peaks = (middle > onsets[:-2]) & (middle >= onsets[2:]) & (middle > onsets.mean() + onsets.std() / 2)
    return float(np.count_nonzero(peaks) / (len(onsets) * HOP / rate))


def _level(power: Floats, rate: int) -> tuple[float, float]:
    """Loudness and dynamics, in dB."""
    frames = power.sum(1)
    span = max(1, round(rate / HOP / 4))
    spans = frames[: len(frames) // span * span].reshape(-1, span).mean(1)
    quiet, loud = np.percentile(10 * np.log10(spans + FLOOR), [10, 95])
    return float(10 * np.log10(frames.mean() + FLOOR)), float(loud - quiet)


# ---------------------------------------------------------------- colour
def _colour(power: Floats, rate: int) -> tuple[float, float, float, float]:
    """Centroid, bandwidth, roll-off (Hz) and flatness, each the mean over the frames."""
    magnitude, frequencies = np.sqrt(power), _frequencies(rate)
    total = magnitude.sum(1) + np.float32(FLOOR)
    centroid = np.einsum("ij,j->i", magnitude, frequencies) / total
    spread = np.sqrt(np.maximum(np.einsum("ij,j->i", magnitude, frequencies**2) / total - centroid**2, 0))
    reached = np.cumsum(magnitude, axis=1) < 0.85 * total[:, None]
    rolloff = frequencies[np.minimum(reached.sum(1), len(frequencies) - 1)]
    flatness = np.exp(np.log(power + FLOOR).mean(1)) / (power.mean(1) + FLOOR)
    return centroid.mean(), spread.mean(), rolloff.mean(), flatness.mean()


def _shares(power: Floats, rate: int) -> tuple[float, float]:
    """The shares of the power below 200 Hz and above 4 kHz."""
    spectrum, frequencies = power.sum(0), _frequencies(rate)
    total = spectrum.sum() + FLOOR
    return spectrum[frequencies < 200].sum() / total, spectrum[frequencies > 4000].sum() / total


def _cepstrum(mel: Floats) -> Floats:
    """MFCC 1 to 12; the zeroth is loudness over again."""
    return np.asarray(scipy.fft.dct(mel.mean(0), norm="ortho")[1:13], np.float32)


# ---------------------------------------------------------------- key
def _key(power: Floats, rate: int) -> tuple[float, float, float]:
    """Key on the circle of fifths, x and y, and how major it is."""
    chroma = _chroma(power, rate)
    major, minor = (_likeness(chroma, profile) for profile in (MAJOR_KEY, MINOR_KEY))
    sure = max(major.max(), minor.max())
    tonic = int(np.argmax(major)) if major.max() >= minor.max() else int(np.argmax(minor)) + 3  # its relative major
    angle = 2 * np.pi * (7 * tonic % 12) / 12
    return float(sure * np.cos(angle)), float(sure * np.sin(angle)), float(major.max() - minor.max())


def _chroma(power: Floats, rate: int) -> Floats:
    """How strong each pitch class is: the magnitudes of the spectral peaks from 60 to 1,000 Hz.

    A peak's frequency lies between bins, at the top of the parabola through the logarithms of three; that makes up for
    bins which are wider than a semitone down there. Peaks between two semitones count little.
    """
    frequencies = _frequencies(rate)
    low, high = np.searchsorted(frequencies, (60, 1000))
    levels = np.log(power[:, low - 1 : high + 1] + FLOOR)
    before, here, after = levels[:, :-2], levels[:, 1:-1], levels[:, 2:]
    frames, bins = np.nonzero((here > before) & (here >= after))
    left, top, right = (part[frames, bins] for part in (before, here, after))
    shift = (left - right) / (2 * (left - 2 * top + right) - FLOOR)
    pitches = 12 * np.log2((low + bins + shift) * frequencies[1] / 440) + 69
    closeness = np.exp(-0.5 * ((pitches - np.round(pitches)) / 0.25) ** 2)
    return np.bincount(np.round(pitches).astype(int) % 12, np.exp(top / 2) * closeness, 12).astype(np.float32)


def _likeness(chroma: Floats, profile: tuple[float, ...]) -> Floats:
    """Correlation of `chroma` with a key profile on each of the twelve tonics; 0 where nothing sounds."""
    keys = np.array([np.roll(profile, tonic) for tonic in range(12)])
    keys -= keys.mean()
    heard = chroma - chroma.mean()
    size = np.sqrt((heard**2).sum() * (keys[0] ** 2).sum())
    return np.asarray((keys * heard).sum(1) / (size + FLOOR), np.float32)
