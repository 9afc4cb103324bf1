"""Waveform: a song as a picture with its highlight marked, and as the row of bytes that a voice message shows."""

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from bot.audio.decode import Sound
from bot.audio.peak import Peak

MOST_BYTES = 256  # of a voice message's waveform (Discord, message attachments)
EACH = 0.1  # seconds; a voice message's waveform has at most one byte for so long

Samples = NDArray[np.float32]


def voice(samples: Samples, rate: int) -> str:
    """Discord's waveform of (channels, n) samples: base64 of at most 256 bytes, each the loudness of its part, 0 to 255."""
    count = int(np.clip(samples.shape[1] / rate / EACH, 1, MOST_BYTES))
    bars = levels(samples, count)
    return base64.b64encode(np.round(255 * bars / max(bars.max(), 1e-9)).astype(np.uint8).tobytes()).decode()


def levels(samples: Samples, count: int) -> NDArray[np.float64]:
    """Root mean squares of `count` equal parts of (channels, n) samples."""
    power = np.einsum("cn,cn->n", samples, samples) / len(samples)
    edges = np.linspace(0, len(power), count + 1).astype(int)
    return np.sqrt(
        [power[left:right].mean() if right > left else 0.0 for left, right in zip(edges, edges[1:], strict=False)]
    )
