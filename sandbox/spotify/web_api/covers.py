"""Covers drawn from the album's name alone: two colours that go together and a few round shapes."""

from colorsys import hls_to_rgb
from functools import lru_cache
from hashlib import sha256
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw

from sandbox.spotify.model import Track
from sandbox.spotify.web_api.shapes import COVER

FINE = 2  # drawn this many times larger, then scaled down, for smooth edges
Colour = tuple[int, int, int]


def cover(track: Track) -> bytes:
    """Return a PNG for the track's album: 300 × 300 pixels, the same for every song on it."""
    return _drawn(f"{track.album}:{track.artists[:1]}")


@lru_cache(maxsize=1024)
def _drawn(album: str) -> bytes:
    rng = np.random.default_rng(int.from_bytes(sha256(album.encode()).digest()[:8]))
    hue, apart = rng.random(), rng.uniform(0.05, 0.2)
    picture = _gradient(_colour(hue, 0.30), _colour(hue + apart, 0.62), turn=rng.random() < 0.5)
    shapes = Image.new("RGBA", picture.size)
    for _ in range(rng.integers(2, 5)):
        _disc(ImageDraw.Draw(shapes), rng, _colour(hue + rng.choice([apart, 0.5]), rng.uniform(0.5, 0.85)))
    picture.paste(shapes, mask=shapes)
    return _png(picture.resize((COVER, COVER), Image.Resampling.LANCZOS))


def _colour(hue: float, light: float) -> Colour:
    red, green, blue = hls_to_rgb(hue % 1, light, 0.55)
    return round(red * 255), round(green * 255), round(blue * 255)


def _gradient(start: Colour, end: Colour, *, turn: bool) -> Image.Image:
    """A gradient from `start` at the top to `end` at the bottom, or from left to right if turned."""
    side = COVER * FINE
    ramp = np.linspace(start, end, side).astype(np.uint8)
    square = np.broadcast_to(ramp[:, None], (side, side, 3))
    return Image.fromarray(np.ascontiguousarray(square.swapaxes(0, 1) if turn else square))


def _disc(brush: ImageDraw.ImageDraw, rng: np.random.Generator, colour: Colour) -> None:
    """Draw a translucent disc or ring somewhere in the picture."""
    side = COVER * FINE
    (x, y), radius = rng.uniform(0.1, 0.9, 2) * side, rng.uniform(0.1, 0.4) * side
    box = (x - radius, y - radius, x + radius, y + radius)
    if rng.random() < 0.4:
        brush.ellipse(box, outline=(*colour, 200), width=int(radius / 6) + 2)
    else:
        brush.ellipse(box, fill=(*colour, int(rng.integers(70, 190))))


def _png(picture: Image.Image) -> bytes:
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
