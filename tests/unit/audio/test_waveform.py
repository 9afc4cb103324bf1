"""Waveforms: a voice message's bytes, and the picture of a song with its highlight."""

import base64
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.audio.clips.waveform import BAND, CURVE, HEIGHT, MARGIN, WIDTH, levels, picture, voice
from bot.audio.files.sound import Sound
from bot.core.feed.highlight import CLIP, Highlight

NOTHING = np.zeros(0, np.float32)


def noise(seconds: float, rate: int = 8_000, channels: int = 2) -> Sound:
    rng = np.random.default_rng(0)
    return Sound(rng.normal(0, 0.1, (channels, round(seconds * rate))).astype(np.float32), rate)


def drawn(sound: Sound, highlight: Highlight) -> np.ndarray:
    image = Image.open(io.BytesIO(picture(sound, highlight)))
    assert image.format == "PNG"
    assert image.size == (WIDTH, HEIGHT)
    return np.asarray(image.convert("RGB"), int)


def near(pixels: np.ndarray, colour: str, within: int = 6) -> np.ndarray:
    wanted = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)])
    return np.abs(pixels - wanted).max(axis=2) < within


@given(samples=st.integers(0, 3_000), rate=st.integers(1, 200), channels=st.integers(1, 3))
def test_a_voice_message_has_at_most_256_bytes_and_ten_a_second(samples: int, rate: int, channels: int) -> None:
    sound = np.random.default_rng(samples).normal(size=(channels, samples)).astype(np.float32)
    bars = base64.b64decode(voice(sound, rate))
    assert 1 <= len(bars) <= 256
    assert len(bars) <= max(1, 10 * samples / rate)
    assert max(bars) == (255 if samples else 0)


def test_a_bytes_height_follows_its_parts_loudness() -> None:
    steps = np.repeat([0.1, 0.4, 0.0, 0.2], 1000)[None].astype(np.float32)
    assert levels(steps, 4) == pytest.approx([0.1, 0.4, 0.0, 0.2])
    assert list(base64.b64decode(voice(steps, 10_000))) == [64, 255, 0, 128]


def test_channels_that_cancel_each_other_out_are_not_silent() -> None:
    tone = np.sin(np.arange(1000, dtype=np.float32))
    assert levels(np.stack([tone, -tone]), 1)[0] == pytest.approx(np.sqrt(0.5), rel=0.01)


@pytest.mark.parametrize("start", [0.0, 70.0, 175.0])
def test_the_highlight_is_marked_in_the_right_place(start: float) -> None:
    pixels = drawn(noise(200), Highlight(start, start, 0.5, "audio", NOTHING))
    columns = np.flatnonzero(near(pixels, BAND).any(axis=0))
    scale = (WIDTH - 2 * MARGIN) / 200
    assert columns[0] == pytest.approx(MARGIN + start * scale - 6, abs=2)
    assert columns[-1] == pytest.approx(MARGIN + (start + CLIP) * scale + 6, abs=2)


def test_the_curve_is_drawn_if_known() -> None:
    curve = np.concatenate([np.zeros(50), np.ones(50)]).astype(np.float32)
    with_curve = near(drawn(noise(200), Highlight(100, 100, 0.5, "audio", curve)), CURVE, 60)
    assert not near(drawn(noise(200), Highlight(100, 100, 0.5, "audio", NOTHING)), CURVE, 60).any()
    left, right = (np.median(np.argwhere(half)[:, 0]) for half in np.split(with_curve, 2, axis=1))
    assert left - right > 20


@pytest.mark.parametrize("seconds", [0.0, 0.01, 5.0, 30.0])
def test_silence_and_very_short_sounds_have_a_picture_too(seconds: float) -> None:
    sound = Sound(np.zeros((1, round(seconds * 8_000)), np.float32), 8_000)
    assert drawn(sound, Highlight(0, 0, 0, "preview", NOTHING)).std() > 0
