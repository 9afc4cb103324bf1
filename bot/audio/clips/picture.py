"""Picture: a whole song at a glance: waveform with its highlight, chroma from C to B, and tempo."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bot.audio.analysis.features import Detail
from bot.audio.analysis.keys import MAJOR
from bot.audio.analysis.tonality import Tonality
from bot.audio.clips.waveform import HEIGHT, INK, MARGIN, PAPER, WIDTH
from bot.audio.clips.waveform import picture as waveform
from bot.audio.files.sound import Sound
from bot.core.feed.highlight import Highlight
from bot.core.vectors import Floats

CHROMA, TEMPO, GAP = 168, 120, 40  # pixels: heights of the two panels below the waveform, and the space above each
DEEP = np.array([0x1E, 0x1F, 0x22]), np.array([0x58, 0x65, 0xF2])  # colours of a silent pitch class, and of a loud one
LINE = "#f0b232"
DRIFT = 0.12  # of the tempo: range of the curve's scale, up and down
NOTES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
FONT = 18  # pixels


def picture(sound: Sound, highlight: Highlight, detail: Detail) -> bytes:
    """Return a PNG with three rows that show the song from left to right."""
    inner = WIDTH - 2 * MARGIN
    top = HEIGHT + GAP
    image = Image.new("RGB", (WIDTH, top + CHROMA + GAP + TEMPO + MARGIN), PAPER)
    image.paste(Image.open(io.BytesIO(waveform(sound, highlight))), (0, 0))
    image.paste(_chroma(detail.tonality.curve).resize((inner, CHROMA), Image.Resampling.BILINEAR), (MARGIN, top))
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(FONT)
    draw.text((MARGIN, top - GAP / 2), f"chroma, C below, B above: {key_name(detail.tonality)}", INK, font, "lm")
    below = top + CHROMA + GAP
    _tempo(draw, detail.rhythm.curve, detail.rhythm.tempo, below)
    draw.text((MARGIN, below - GAP / 2), f"tempo: {detail.rhythm.tempo:.1f} beats a minute", INK, font, "lm")
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def key_name(notes: Tonality) -> str:
    """Return a key as musicians write it, such as "Bb minor"."""
    return f"{NOTES[notes.key]} {'major' if notes.mode == MAJOR else 'minor'}"


def _chroma(curve: Floats) -> Image.Image:
    """Draw one pixel for each pitch class and moment of (t, 12)."""
    share = (curve / max(float(curve.max()), 1e-9)).T[::-1, :, None]
    silent, loud = DEEP
    return Image.fromarray((silent + share * (loud - silent)).round().astype(np.uint8), "RGB")


def _tempo(draw: ImageDraw.ImageDraw, curve: Floats, tempo: float, top: float) -> None:
    """Draw the tempo around each moment as a line, within DRIFT of the song's."""
    if len(curve) < 2 or tempo <= 0:
        return
    across = np.linspace(MARGIN, WIDTH - MARGIN, len(curve))
    away = np.clip((curve / tempo - 1) / DRIFT, -1, 1)
    heights = top + TEMPO / 2 * (1 - away)
    draw.line((MARGIN, top + TEMPO / 2, WIDTH - MARGIN, top + TEMPO / 2), "#4e5058", 1)
    draw.line(list(zip(across.tolist(), heights.tolist(), strict=True)), LINE, 3, "curve")
