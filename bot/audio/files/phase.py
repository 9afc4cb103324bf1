"""Phase: aligns channels that cancel each other out; otherwise their mean would be silence.

A reversed wire makes right = -left, in all of a song, in part of it or, through an effect, in some of its bands.
People hear both ears; features come from the mean of the channels, and would describe noise.
"""

import numpy as np
import scipy.fft
from numpy.typing import NDArray

Samples = NDArray[np.float32]
WINDOW, HOP = 2048, 512  # samples
LOOKS = 0.4  # seconds between the frames sampled
EDGES = np.geomspace(3, WINDOW // 2, 21).astype(int)  # bins: some three bands an octave
AGAINST = -0.6  # correlation; below it, the mean of two channels has less than a fifth of their power
SHARE = 0.1  # of a band's power out of phase: more than that gets corrected
FAINT = 0.005  # of all power; weaker bands don't matter
SMOOTH, LOOKED = 8, 3  # frames to each side in a correlation; and in one of the sampled frames
AT_ONCE = 2048  # frames: 17 MB a channel


def in_step(samples: Samples, rate: int) -> Samples:
    """Return (channels, n) samples with each channel inverted wherever it cancels the ones before it."""
    if samples.shape[1] < WINDOW:
        return samples
    turned = samples
    for at in range(1, len(samples)):
        before = turned[0] if at == 1 else turned[:at].mean(axis=0)
        if _cancels(before, samples[at], rate):
            turned = samples.copy() if turned is samples else turned
            turned[at] = _turned(before, samples[at])
    return turned


def _cancels(one: Samples, other: Samples, rate: int) -> bool:
    starts = np.arange(0, len(one) - WINDOW + 1, max(WINDOW, round(LOOKS * rate)))
    places, window = starts[:, None] + np.arange(WINDOW)[None], np.hanning(WINDOW).astype(np.float32)
    left, right = (scipy.fft.rfft(channel[places] * window, axis=1, workers=1) for channel in (one, other))
    power, product = (_smooth(band, LOOKED) for band in _bands(left, right))
    against = np.where(product < AGAINST * power, power, 0).sum(0)
    audible = power.sum(0) > FAINT * power.sum()
    return bool((against > SHARE * power.sum(0))[audible].any())


def _bands(left: NDArray[np.complex64], right: NDArray[np.complex64]) -> tuple[Samples, Samples]:
    """Return the mean power of two channels, and their common power, in each band of each frame: (frames, bands)."""
    power = (np.abs(left) ** 2 + np.abs(right) ** 2) / 2
    product = left.real * right.real + left.imag * right.imag
    first = np.r_[0, EDGES[1:-1]]
    return np.add.reduceat(power, first, axis=1), np.add.reduceat(product, first, axis=1)


def _turned(left: Samples, right: Samples) -> Samples:
    """Return `right`, inverted in the bands and at the times where it opposes `left`: overlapping frames, added."""
    count = 1 + -(-max(0, len(left) - WINDOW) // HOP) + 2 * (WINDOW // HOP - 1)
    margin = WINDOW - HOP
    near, far = (np.pad(channel, (margin, count * HOP + WINDOW - len(channel))) for channel in (left, right))
    window = np.sqrt(np.hanning(WINDOW + 1)[:-1]).astype(np.float32)
    out = np.zeros(len(far), np.float32)
    for start in range(0, count, AT_ONCE):
        _add_turned(near, far, window, range(start, min(start + AT_ONCE, count)), out)
    return out[margin : margin + len(right)] * np.float32(2 * HOP / WINDOW)


def _add_turned(left: Samples, right: Samples, window: Samples, frames: range, out: Samples) -> None:
    places = (np.array(frames) * HOP)[:, None] + np.arange(WINDOW)[None]
    seen = [scipy.fft.rfft(channel[places] * window, axis=1, workers=1) for channel in (left, right)]
    power, product = (_smooth(band, SMOOTH) for band in _bands(*seen))
    signs = np.where(product < AGAINST / 2 * power, np.float32(-1), np.float32(1))
    widths = np.diff(np.r_[0, EDGES[1:-1], WINDOW // 2 + 1])
    heard = scipy.fft.irfft(seen[1] * np.repeat(signs, widths, axis=1), WINDOW, axis=1, workers=1) * window
    for at, frame in zip(frames, heard, strict=True):
        out[at * HOP : at * HOP + WINDOW] += frame


def _smooth(values: Samples, reach: int) -> NDArray[np.float64]:
    """Sum over `reach` frames to each side, band by band."""
    sums = np.cumsum(np.pad(values, ((reach + 1, reach), (0, 0))), axis=0, dtype=np.float64)
    smooth: NDArray[np.float64] = sums[2 * reach + 1 :] - sums[: -2 * reach - 1]
    return smooth
