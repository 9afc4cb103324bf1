"""Taste map: liked songs as clouds, each playlist with its own colour and shape, the latest likes ringed.

Twice the size Discord shows on a computer, and readable on a phone. Drawn in the audio process, so that the
serving process loads no picture library.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from bot.audio.clips.waveform import INK, PAPER

SIDE, MARGIN, LINE = 1000, 70, 46  # pixels: width of the square, its margin, and a legend line
FINE = 2  # drawn this many times larger: Pillow's shapes have hard edges
COLOURS = ("#56b4e9", "#e69f00", "#2bc48a", "#f0e442", "#e08fc0")  # safe for the colour-blind (Okabe and Ito)
PLAIN = "#80848e"  # of a song in none of the playlists shown
DOT, MARK, RING = 5, 10, 17  # pixels: radii of a song in no playlist, of one in a playlist, of the ring
WIDE = 1.2  # standard deviations from a cloud's centre to its outline
VEIL = 36  # of 255: opacity of a cloud's fill
LEAST = 4  # songs that an outline needs
FONT = 28  # pixels
LONGEST = 24  # letters of a name
Plane = NDArray[np.float64]
Draw = ImageDraw.ImageDraw


def draw(
    clouds: Sequence[Mapping[str, Any]], rest: Sequence[Sequence[float]], latest: Sequence[Sequence[float]]
) -> bytes:
    """Return a PNG. clouds: name and songs of each, at most five; rest: songs in none; all within −1 to 1."""
    height = SIDE + LINE * (len(clouds) // 2 + 1) + MARGIN // 2
    image = Image.new("RGB", (FINE * SIDE, FINE * height), PAPER)
    pen = ImageDraw.Draw(image, "RGBA")
    songs = [_pixels(cloud["songs"]) for cloud in clouds]
    for at, cloud in enumerate(songs):
        _veil(pen, cloud, COLOURS[at])
    for x, y in _pixels(rest):
        pen.ellipse(_box(x, y, FINE * DOT), fill=PLAIN)
    for at, cloud in enumerate(songs):
        for x, y in cloud:
            SHAPES[at](pen, x, y, COLOURS[at])
    for x, y in _pixels(latest):
        _ring(pen, x, y)
    _legend(pen, [cloud["name"] for cloud in clouds])
    file = io.BytesIO()
    image.resize((SIDE, height), Image.Resampling.LANCZOS).save(file, "PNG")
    return file.getvalue()


def _pixels(songs: Sequence[Sequence[float]]) -> Plane:
    """Return (n, 2), the songs' pixel positions on the enlarged drawing; positive is up."""
    laid = np.asarray(songs, np.float64).reshape(-1, 2) * (1, -1)
    return np.asarray(FINE * (SIDE / 2 + laid * (SIDE / 2 - MARGIN)), np.float64)


def _veil(pen: Draw, cloud: Plane, colour: str) -> None:
    """Draw the ellipse around the middle of a cloud (its covariance, WIDE deviations wide)."""
    if len(cloud) < LEAST:
        return
    lengths, axes = np.linalg.eigh(np.cov(cloud.T))
    angles = np.linspace(0, 2 * np.pi, 90)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1) * WIDE * np.sqrt(np.maximum(lengths, 1))
    outline = [(float(x), float(y)) for x, y in cloud.mean(axis=0) + circle @ axes.T]
    pen.polygon(outline, fill=f"{colour}{VEIL:02x}", outline=colour, width=FINE)


def _box(x: float, y: float, radius: float) -> tuple[float, float, float, float]:
    return (x - radius, y - radius, x + radius, y + radius)


def _circle(pen: Draw, x: float, y: float, colour: str) -> None:
    pen.ellipse(_box(x, y, FINE * MARK), fill=colour, outline=PAPER)


def _square(pen: Draw, x: float, y: float, colour: str) -> None:
    pen.rectangle(_box(x, y, 0.85 * FINE * MARK), fill=colour, outline=PAPER)


def _corners(*shape: tuple[float, float]) -> Callable[[Draw, float, float, str], None]:
    def drawn(pen: Draw, x: float, y: float, colour: str) -> None:
        pen.polygon([(x + FINE * MARK * a, y + FINE * MARK * b) for a, b in shape], fill=colour, outline=PAPER)

    return drawn


def _ring(pen: Draw, x: float, y: float) -> None:
    pen.ellipse(_box(x, y, FINE * RING), outline="#ffffff", width=3 * FINE)


_triangle = _corners((0, -1.2), (1.1, 0.8), (-1.1, 0.8))
_diamond = _corners((0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0))
_bow = _corners((-1.1, -1.1), (1.1, 1.1), (1.1, -1.1), (-1.1, 1.1))
SHAPES = (_circle, _triangle, _square, _diamond, _bow)


def _legend(pen: Draw, names: Sequence[str]) -> None:
    """Draw the shapes and what they stand for, two per line, rings last."""
    font = ImageFont.load_default(FINE * FONT)
    for at, name in enumerate([*names, "latest likes"]):
        x, y = FINE * (MARGIN + at % 2 * SIDE // 2), FINE * (SIDE + LINE * (at // 2))
        if at < len(names):
            SHAPES[at](pen, x, y, COLOURS[at])
        else:
            _ring(pen, x, y)
        pen.text((x + FINE * LINE, y), _drawable(name) or f"playlist {at + 1}", INK, font, "lm")


def _drawable(name: str) -> str:
    """Return the name without what the font lacks: emoji and most scripts; the message has it in full."""
    kept = " ".join(name.encode("latin-1", "ignore").decode("latin-1").split())
    return f"{kept[: LONGEST - 1]}…" if len(kept) > LONGEST else kept
