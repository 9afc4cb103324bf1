"""Waveform: a song as a picture with its highlight marked, and as the bytes that a voice message shows.

The picture is twice the size Discord shows, so it's sharp on any screen; its colours match Discord's dark theme.
"""

import base64
import io
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from bot.audio.files.sound import Sound
from bot.core.feed.highlight import CLIP, Highlight
from bot.core.vectors import Doubles

MOST_BYTES = 256  # in a voice message's waveform (Discord, message attachments)
EACH = 0.1  # seconds; at most one byte of a voice message's waveform per this time

WIDTH, HEIGHT, MARGIN = 1100, 284, 24  # pixels; Discord shows pictures 550 wide
TOP, BOTTOM = 68, 228  # pixels: the bars are drawn between these
PITCH, BAR = 8, 5  # pixels from bar to bar, and a bar's width; its ends are round
FINE = 2  # drawn this many times larger: Pillow's shapes have hard edges
LEAST_BAR = 5  # pixels high: silence is a row of dots
TICKS = 34  # pixels below the bars
PAPER, QUIET, INK = "#1e1f22", "#4e5058", "#b5bac1"
BRIGHT = ("#8b93ff", "#5865f2")  # of the highlight, from its top to the middle
BAND = "#2a2c46"  # behind the highlight
CURVE_AT, CURVE_TALL = 42, 28  # pixels from the top, and the curve's height
CURVE = "#f0b232"  # how likely a highlight is, over the song

Samples = NDArray[np.float32]


def voice(samples: Samples, rate: int) -> str:
    """Discord's waveform of (channels, n) samples: base64 of at most 256 bytes, each a level from 0 to 255."""
    count = int(np.clip(samples.shape[1] / rate / EACH, 1, MOST_BYTES))
    bars = levels(samples, count)
    return base64.b64encode(np.round(255 * bars / max(bars.max(), 1e-9)).astype(np.uint8).tobytes()).decode()


def levels(samples: Samples, count: int) -> Doubles:
    """Root mean squares of `count` equal parts of (channels, n) samples."""
    edges = np.linspace(0, samples.shape[1], count + 1).astype(int)
    return np.sqrt([_power(samples[:, left:right]) for left, right in pairwise(edges)])


def _power(samples: Samples) -> float:
    """The mean square; a dot product per channel takes a tenth of the time of squaring."""
    return float(sum(channel @ channel for channel in samples)) / max(samples.size, 1)


def picture(sound: Sound, highlight: Highlight) -> bytes:
    """Return a PNG of 1,100 × 284 pixels: the song as bars, the highlight's clip in colour, times below."""
    image = Image.new("RGB", (WIDTH * FINE, HEIGHT * FINE), PAPER)
    draw = ImageDraw.Draw(image)
    left, right = _place(highlight.start, sound), _place(min(highlight.start + CLIP, sound.seconds), sound)
    _box(draw, (left - 6, TOP - 12, right + 6, BOTTOM + 12), 12, BAND)
    _bars(image, levels(sound.samples, (WIDTH - 2 * MARGIN) // PITCH), left, right)
    _curve(draw, highlight.curve)
    small = image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    _times(ImageDraw.Draw(small), sound, highlight, left, right)
    file = io.BytesIO()
    small.save(file, "PNG")
    return file.getvalue()


def _place(seconds: float, sound: Sound) -> float:
    """Return the x position of a time in the song, in pixels."""
    return MARGIN + (WIDTH - 2 * MARGIN) * seconds / max(sound.seconds, 1e-9)


def _bars(image: Image.Image, heights: Doubles, left: float, right: float) -> None:
    """Draw a bar around the middle for each of (n,) levels; those between `left` and `right` are bright."""
    middle, half = (TOP + BOTTOM) / 2, (BOTTOM - TOP) / 2
    tall = np.maximum(half * heights / max(heights.max(), 1e-9), LEAST_BAR / 2)
    mask = Image.new("L", image.size)
    plain, shining = ImageDraw.Draw(image), ImageDraw.Draw(mask)
    for number, height in enumerate(tall):
        x = MARGIN + number * PITCH + (PITCH - BAR) / 2
        bar = (x, middle - height, x + BAR, middle + height)
        if left <= x + BAR / 2 <= right:
            _box(shining, bar, BAR / 2, 255)
        else:
            _box(plain, bar, BAR / 2, QUIET)
    image.paste(_glow(image.size), mask=mask)


def _glow(size: tuple[int, int]) -> Image.Image:
    """Return the BRIGHT gradient from the top and bottom of the bars to their middle."""
    edge, centre = (np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) for colour in BRIGHT)
    rows = np.arange(size[1]) / FINE
    away = np.clip(np.abs(rows - (TOP + BOTTOM) / 2) / ((BOTTOM - TOP) / 2), 0, 1)[:, None]
    column = (away * edge + (1 - away) * centre).round().astype(np.uint8)
    return Image.fromarray(column[:, None], "RGB").resize(size)


def _curve(draw: ImageDraw.ImageDraw, curve: Samples) -> None:
    """Draw a line above the bars that rises where a highlight is likely."""
    if len(curve) < 2:
        return
    across = np.linspace(MARGIN, WIDTH - MARGIN, len(curve)) * FINE
    line = list(zip(across.tolist(), ((CURVE_AT - CURVE_TALL * curve) * FINE).tolist(), strict=True))
    draw.line(line, CURVE, 2 * FINE, "curve")


def _times(draw: ImageDraw.ImageDraw, sound: Sound, highlight: Highlight, left: float, right: float) -> None:
    """Draw the start and end times of the song and of the clip, unless they would overlap."""
    font = ImageFont.load_default(20)
    y = BOTTOM + TICKS
    middle = float(np.clip((left + right) / 2, MARGIN + 75, WIDTH - MARGIN - 75))
    end = min(highlight.start + CLIP, sound.seconds)
    draw.text((middle, y), f"{_clock(highlight.start)} - {_clock(end)}", "#ffffff", font, "mm")
    if middle > MARGIN + 125:
        draw.text((MARGIN, y), "0:00", INK, font, "lm")
    if middle < WIDTH - MARGIN - 125:
        draw.text((WIDTH - MARGIN, y), _clock(sound.seconds), INK, font, "rm")


def _box(
    draw: ImageDraw.ImageDraw, corners: tuple[float, float, float, float], radius: float, colour: str | int
) -> None:
    draw.rounded_rectangle([corner * FINE for corner in corners], radius * FINE, colour)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
