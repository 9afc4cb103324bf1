"""Channels: drops silent ones, and the constant offset a badly set converter adds."""

import numpy as np

from bot.audio.files.sound import Samples
from bot.errors.audio import SilentAudio, TruncatedAudio

SILENCE = 1e-9  # mean square: -90 dB, below the last bit of a compact disc
FLAT = 1e-5  # of the mean square; less beside a constant is its rounding
UNHEARD = 1e-6  # of the loudest channel's power: -60 dB
STANDING = 1e-3  # of the power; a smaller constant does no harm
PIECE = 2**20  # samples that are summed at once


def sounding(samples: Samples) -> Samples:
    """Return the channels of (channels, n) samples in which something moves, each around nought; may write to them.

    One silent channel would make the mean of both a quieter song. Raises SilentAudio, TruncatedAudio where a sample is
    no number.
    """
    means, powers = np.array([_measured(channel) for channel in samples]).T
    if not np.isfinite(powers).all():
        raise TruncatedAudio("holds what is not a number")
    moving = powers - means**2
    heard = moving > np.maximum(np.maximum(SILENCE, FLAT * powers), UNHEARD * moving.max())
    if not heard.any():
        raise SilentAudio
    for at in np.flatnonzero(heard & (means**2 > STANDING * powers)):
        samples[at] -= np.float32(means[at])
    return samples if heard.all() else samples[heard]


def _measured(channel: Samples) -> tuple[float, float]:
    """The mean and the mean square of a channel, in double precision."""
    total = squares = 0.0
    for at in range(0, len(channel), PIECE):
        piece = channel[at : at + PIECE].astype(np.float64)
        total, squares = total + float(piece.sum()), squares + float(piece @ piece)
    return total / len(channel), squares / len(channel)
