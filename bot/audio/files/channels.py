"""Channels: removes silent channels, and the constant offset of a badly calibrated converter."""

import numpy as np

from bot.audio.files.sound import Samples
from bot.errors.audio import SilentAudio, TruncatedAudio

SILENCE = 1e-9  # mean square: -90 dB, below the last bit of a CD
FLAT = 1e-5  # of the mean square; less than this beside a constant is rounding
UNHEARD = 1e-6  # of the loudest channel's power: -60 dB
STANDING = 1e-3  # of the power; a smaller constant does no harm
PIECE = 2**20  # samples summed at once


def sounding(samples: Samples) -> Samples:
    """Return the channels of (channels, n) samples that aren't constant, centred on zero; may modify `samples`.

    One silent channel would make the mean of both a quieter song. Raises SilentAudio, and TruncatedAudio if a sample
    isn't a number.
    """
    means, powers = np.array([_measured(channel) for channel in samples]).T
    if not np.isfinite(powers).all():
        raise TruncatedAudio("has samples that aren't numbers")
    moving = powers - means**2
    heard = moving > np.maximum(np.maximum(SILENCE, FLAT * powers), UNHEARD * moving.max())
    if not heard.any():
        raise SilentAudio
    for at in np.flatnonzero(heard & (means**2 > STANDING * powers)):
        samples[at] -= np.float32(means[at])
    return samples if heard.all() else samples[heard]


def _measured(channel: Samples) -> tuple[float, float]:
    """Return a channel's mean and mean square, in double precision."""
    total = squares = 0.0
    for at in range(0, len(channel), PIECE):
        piece = channel[at : at + PIECE].astype(np.float64)
        total, squares = total + float(piece.sum()), squares + float(piece @ piece)
    return total / len(channel), squares / len(channel)
