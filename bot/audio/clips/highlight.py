"""Highlight: where it begins in a song, judged by sound: loud and bright, often repeated, at the start of a part.

Nothing is learned. Every half second gets a score: how loud and bright the next twenty seconds are, how well they come
back elsewhere, whether a part begins there, and whether their repetitions also begin parts. The best start then moves
to the nearest sudden rise. The weights were chosen on generated songs of other styles than those they're measured on
(`docs/hearing.md`). Takes some 70 ms for a four-minute song, in addition to decoding it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.lib.stride_tricks import sliding_window_view
from scipy.ndimage import uniform_filter1d

from bot.audio.analysis.spectrum import RATE, frequencies, hann, mel_filters, resample
from bot.audio.clips.form import best_echoes, boundaries, echoes, likeness, spread
from bot.audio.files.sound import Sound
from bot.core.feed.highlight import CLIP, LEAD, Highlight
from bot.core.vectors import Floats

PREVIEW = 45.0  # seconds; anything shorter is a preview, whose start somebody chose
CHOSEN = 0.5  # confidence in that choice
WINDOW = 8192  # samples: 0.37 s, long enough to separate low semitones
FRAMES = 4  # a second
BLOCK = 64  # frames transformed at once; bounds memory
MOMENT = 2  # frames per moment: half a second
MOST = 1_200  # moments; songs longer than ten minutes get longer ones
BANDS = 40  # mel
CEPSTRUM = slice(1, 14)  # the zeroth is just loudness
LOWEST, HIGHEST = 60.0, 2_000.0  # Hz; range of the chroma
FLOOR = np.float32(1e-6)  # of power, so that silence has a logarithm
DEEP, QUIET = 80.0, 40.0  # dB below the loudest: the range kept within a band, and overall
TIMBRE = 0.15  # of the likeness; the rest is harmony
STEADY = 6.0  # seconds over which loudness and brightness are averaged
PHRASE, PART = 6.0, 12.0  # seconds that must come back to count as a repetition, and from the start of a part
APART = 12.0  # seconds to the next repetition, at least
TIMES = 2  # repetitions looked for: a chorus is usually played three times
MEMORY, NEAR = 2.0, 6.0  # seconds compared at once for boundaries, and lag too short for a repetition
OPENING = 0.7  # how likely a part begins where the song does
AGAIN = 0.6  # weight of repeated beginnings; everything else has 1
SURER = 1.9  # log-odds per standard deviation of appeal; fitted to 100 generated songs
SNAP = 0.75  # seconds around a moment in which to look for the rise


@dataclass(frozen=True, slots=True)
class Outline:
    """A song in n moments of `step` seconds: chroma (n, 12), cepstrum (n, 13), loudness and brightness (n,) in dB."""

    step: float
    chroma: Floats
    cepstrum: Floats
    loudness: Floats
    brightness: Floats


def find(sound: Sound) -> Highlight:
    """Return a song's highlight, or the start if it's a preview already. Silence gets an answer too."""
    if sound.seconds <= PREVIEW or not sound.samples.any():
        return Highlight(0.0, 0.0, CHOSEN if sound.samples.any() else 0.0, "preview", np.zeros(0, np.float32))
    samples = resample(sound.mono, sound.rate, RATE)
    outline = outlined(samples)
    appeal, score = judged(outline)
    best = int(np.argmax(score))
    clip = round(CLIP / outline.step)
    moment = _rise(samples, best * outline.step)
    return Highlight(max(0.0, moment - LEAD), moment, _confidence(appeal[best : best + clip]), "audio", _scaled(appeal))


# ---------------------------------------------------------------- features
def outlined(samples: Floats) -> Outline:
    """Return the outline of (n,) samples at RATE."""
    chroma, mel = (np.concatenate(parts) for parts in zip(*_heard(samples), strict=True))
    size = max(MOMENT, -(-len(mel) // MOST))
    chroma, mel = _moments(chroma, size), _moments(mel, size)
    mel = np.maximum(mel, mel.max() - DEEP)
    loudness = 10 * np.log10((10 ** (mel / 10)).sum(1))
    cepstrum = scipy.fft.dct(mel, axis=1, norm="ortho")[:, CEPSTRUM]
    return Outline(size / FRAMES, chroma, cepstrum, np.maximum(loudness, loudness.max() - QUIET), mel.mean(1))


def _heard(samples: Floats) -> Iterator[tuple[Floats, Floats]]:
    """Yield chroma (frames, 12) and mel bands in dB (frames, BANDS), BLOCK frames at a time."""
    reference = np.sqrt(samples @ samples / len(samples) * (HANN @ HANN)) + FLOOR  # of noise as loud as the song
    windows = sliding_window_view(np.pad(samples, WINDOW // 2), WINDOW)[:: RATE // FRAMES]
    for at in range(0, len(windows), BLOCK):
        spectrum = scipy.fft.rfft(windows[at : at + BLOCK] * HANN, axis=1, overwrite_x=True)
        power = spectrum.real**2 + spectrum.imag**2
        magnitude = np.sqrt(power[:, TONAL]) / reference
        yield np.log1p(magnitude) @ PITCH_CLASSES, 10 * np.log10(power @ MEL + FLOOR)


def _moments(frames: Floats, size: int) -> Floats:
    """Average each `size` consecutive frames."""
    count = len(frames) // size
    return np.asarray(frames[: count * size].reshape(count, size, -1).mean(1))


def _pitch_classes() -> Floats:
    """How much of each bin belongs to each pitch class: (bins, 12); a bell of 0.35 semitones around each semitone."""
    pitches = 12 * np.log2(FREQUENCIES[TONAL] / 440) + 9
    away = (pitches[:, None] - np.arange(12) + 6) % 12 - 6
    return np.exp(-0.5 * (away / 0.35) ** 2).astype(np.float32)


HANN, FREQUENCIES = hann(WINDOW), frequencies(WINDOW, RATE)
TONAL = slice(*np.searchsorted(FREQUENCIES, (LOWEST, HIGHEST)).tolist())
PITCH_CLASSES = _pitch_classes()
MEL = mel_filters(BANDS, RATE, WINDOW)


# ---------------------------------------------------------------- scores
def judged(outline: Outline) -> tuple[Floats, Floats]:
    """How appealing each moment is (n,), and how good a clip starting at each would be, as long as one fits: (m,)."""
    alike = likeness((outline.chroma, 1 - TIMBRE), (_standard(outline.cepstrum), TIMBRE))
    audible = (outline.loudness > outline.loudness.max() - QUIET).astype(np.float32)
    alike *= audible * audible[:, None]  # silence resembles nothing, or a long one would be the best repetition
    count, clip = len(alike), round(CLIP / outline.step)
    beginning = _beginnings(outline, alike)
    appeal = _energy(outline) + _repetition(outline, alike)
    total = np.concatenate([[0], np.cumsum(appeal)])
    windows = (total[clip:] - total[:-clip]) / clip
    again = _beginnings_again(outline, alike, beginning)[: count - clip + 1]
    return appeal, np.asarray(windows + beginning[: len(windows)] + AGAIN * again)


def _energy(outline: Outline) -> Floats:
    steady = max(1, round(STEADY / outline.step))
    views = (uniform_filter1d(view, steady, mode="nearest") for view in (outline.loudness, outline.brightness))
    return _standard(np.sum([_standard(view) for view in views], axis=0))


def _repetition(outline: Outline, alike: Floats) -> Floats:
    phrase, apart = (round(seconds / outline.step) for seconds in (PHRASE, APART))
    return _standard(spread(best_echoes(echoes(alike, phrase), apart, TIMES), phrase))


def _beginnings(outline: Outline, alike: Floats) -> Floats:
    memory, near = (round(seconds / outline.step) for seconds in (MEMORY, NEAR))
    starts = np.minimum(boundaries(alike, memory, near), 1)
    starts[0] = OPENING
    return starts


def _beginnings_again(outline: Outline, alike: Floats, beginning: Floats) -> Floats:
    """How well the part starting at each moment comes back where a part begins as well."""
    part, apart = (round(seconds / outline.step) for seconds in (PART, APART))
    echo = _standard(echoes(alike, part), axis=None)
    again = _standard(best_echoes(echo + beginning[: len(echo)], apart, TIMES))
    return np.pad(again, (0, len(alike) - len(again)), mode="edge")


def _standard(values: Floats, axis: int | None = 0) -> Floats:
    """Standardise to mean 0 and standard deviation 1."""
    return np.asarray((values - values.mean(axis)) / (values.std(axis) + 1e-9), np.float32)


def _scaled(values: Floats) -> Floats:
    return np.asarray((values - values.min()) / (np.ptp(values) + 1e-9), np.float32)


def _confidence(appeal: Floats) -> float:
    """The expected share of a clip within the chorus, given its moments' appeal, by logistic regression."""
    return float(1 / (1 + np.exp(-SURER * appeal.mean())))


def _rise(samples: Floats, around: float) -> float:
    """The time (s) near `around` at which power rises most between two twentieths of a second."""
    size = RATE // 20
    first = max(0, round((around - SNAP) * RATE))
    near = samples[first : first + round(2 * SNAP * RATE)]
    power = np.log((near[: len(near) // size * size].reshape(-1, size) ** 2).mean(1) + 1e-9)
    if first == 0 or len(power) < 3:
        return around
    return (first + (1 + int(np.argmax(np.diff(power)))) * size) / RATE
