"""Sound: a decoded file, and the limits on decoding."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.audio.files.endings import SHORTFALL
from bot.errors.audio import TooLargeAudio, TooLongAudio

Samples = NDArray[np.float32]
SLACK = 0.1  # seconds that may be missing, even from the shortest file
RATE = 44_100  # Hz; rates aren't lowered below this


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that is decoded. `samples` counts all channels and bounds memory: four bytes each.

    Sounds with more samples get a lower rate, or their channels folded into two.
    """

    bytes: int = 3 * 2**29  # 20 minutes of stereo at 192 kHz and 24 bit, as a WAV
    seconds: float = 20 * 60
    channels: int = 8
    rate: int = 384_000  # Hz
    samples: int = 2**27


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Sound:
    """samples: (channels, n) float32, full scale 1.0; rate: Hz."""

    samples: Samples
    rate: int

    @property
    def seconds(self) -> float:
        return float(self.samples.shape[1] / self.rate)

    @property
    def mono(self) -> Samples:
        """The mean of the channels, (n,) float32. A matrix product: twenty times as fast as `mean`."""
        channels = len(self.samples)
        if channels == 1:
            return np.ascontiguousarray(self.samples[0])
        mixed: Samples = np.full(channels, 1 / channels, np.float32) @ self.samples
        return mixed


def check_form(channels: int, rate: int, seconds: float, limits: Limits) -> None:
    """Check a form, claimed or found, against the limits. Raises TooLargeAudio, TooLongAudio."""
    if not 0 < channels <= limits.channels or not 0 < rate <= limits.rate:
        raise TooLargeAudio(f"{channels} channels at {rate} Hz")
    if seconds > limits.seconds:
        raise TooLongAudio(f"plays for more than {limits.seconds:.0f} seconds")


def lowered(channels: int, rate: int, seconds: float, limits: Limits) -> tuple[int, int]:
    """Return the channels and rate that fit the limits: rates above RATE are halved, then channels folded to two.

    Raises TooLargeAudio if it still doesn't fit.
    """
    while channels * rate * seconds > limits.samples and rate >= 2 * RATE:
        rate //= 2
    if channels * rate * seconds > limits.samples:
        channels = min(channels, 2)
    if channels * rate * seconds > limits.samples:
        raise TooLargeAudio(f"{channels} channels of {seconds:.0f} s at {rate} Hz")
    return channels, rate


def at_least(promised: float) -> float:
    """Return how many seconds must be there, of a file that promises so many."""
    return promised - max(SLACK, SHORTFALL * promised)
