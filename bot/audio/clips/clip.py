"""Clip: part of a song as a small file to send: Opus or MP3, faded in and out, below an upload limit.

Everything is libav, through PyAV; no program is started. 20 s take some 0.2 s.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO, cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from numpy.typing import NDArray

from bot.audio.clips.waveform import voice
from bot.audio.files.decode import opened
from bot.audio.files.libav import FAULTS, ONLY_FILES
from bot.core.feed.highlight import CLIP
from bot.core.records import Clip
from bot.errors.audio import ClipTooLarge, NothingThere, NotOpened

LIMIT = 10 * 2**20  # bytes; Discord's limit for everyone
RATE = 48_000  # Hz; Opus's only rate, and one of MP3's
FADE_IN, FADE_OUT = 0.15, 1.0  # seconds
PREROLL = 1.0  # seconds decoded before the start, so that MP3's bit reservoir and Opus's 80 ms have settled

Samples = NDArray[np.float32]
NO_SAMPLES: Samples = np.zeros((1, 0), np.float32)


@dataclass(frozen=True, slots=True)
class ClipFormat:
    """A file format; `bitrates` in bits a second, best first."""

    codec: str
    container: str
    ending: str
    mime: str
    bitrates: tuple[int, ...]


OPUS = ClipFormat("libopus", "ogg", "ogg", "audio/ogg", (96_000, 64_000, 48_000, 32_000, 16_000))
MP3 = ClipFormat("libmp3lame", "mp3", "mp3", "audio/mpeg", (128_000, 96_000, 64_000, 48_000, 32_000))


def cut(
    source: Path | BinaryIO, start: float, seconds: float = CLIP, form: ClipFormat = OPUS, limit: int = LIMIT
) -> Clip:
    """Cut `seconds` out of a file from `start` (s); fewer if the song ends sooner.

    Mono stays mono; anything with more channels becomes stereo. The start is exact to a sample, as far as the file's
    own clock is. Raises NothingThere, or ClipTooLarge if no bit rate brings the file below `limit` bytes.
    """
    samples = _faded(_samples(source, start, seconds))
    length = samples.shape[1] / RATE
    return Clip(_fitting(samples, form, limit), f"clip.{form.ending}", form.mime, length, voice(samples, RATE))


# ---------------------------------------------------------------- in
def _samples(source: Path | BinaryIO, start: float, seconds: float) -> Samples:
    """Decode the stretch from `start` as (channels, n) at RATE. Raises NothingThere."""
    try:
        with opened(source) as file, av.open(file, options=ONLY_FILES) as container:
            stream = cast(AudioStream | None, container.streams.best("audio"))
            samples = _stretch(container, stream, max(0.0, start), round(seconds * RATE)) if stream else NO_SAMPLES
    except (*FAULTS, NotOpened) as problem:
        raise NothingThere(f"at {start:.1f} s: {problem}") from problem
    if not samples.size:
        raise NothingThere(f"at {start:.1f} s")
    return samples


def _stretch(container: Any, stream: AudioStream, start: float, count: int) -> Samples:
    tick = stream.time_base or Fraction(1, av.time_base)
    began = float((stream.start_time or 0) * tick)
    if start > PREROLL:
        container.seek(int((start - PREROLL + began) / tick), stream=stream)
    frames = cast(Iterator[AudioFrame], container.decode(stream))
    first = next(frames, None)
    if first is None:
        return NO_SAMPLES
    skipped = round((start + began - (first.time or 0.0)) * RATE)
    layout = "mono" if first.layout.nb_channels == 1 else "stereo"
    return _resampled(first, frames, layout, skipped + count)[:, max(0, skipped) :]


def _resampled(first: AudioFrame, frames: Iterator[AudioFrame], layout: str, count: int) -> Samples:
    """At most `count` samples at RATE, starting with `first`: (channels, n)."""
    resampler = AudioResampler("fltp", layout, RATE)
    parts = [part.to_ndarray() for part in resampler.resample(first)]
    have = sum(part.shape[1] for part in parts)
    while have < count:
        frame = next(frames, None)
        parts += [part.to_ndarray() for part in resampler.resample(frame)]
        have = sum(part.shape[1] for part in parts)
        if frame is None:
            break
    return np.concatenate(parts, axis=1)[:, :count].astype(np.float32, copy=False)


def _faded(samples: Samples) -> Samples:
    """Fade in and out with quarter sines, so power changes evenly; each takes at most half of the clip."""
    faded, half = samples.copy(), samples.shape[1] // 2
    rise, fall = (min(round(seconds * RATE), half) for seconds in (FADE_IN, FADE_OUT))
    faded[:, :rise] *= np.sin(np.linspace(0, np.pi / 2, rise, dtype=np.float32))
    faded[:, faded.shape[1] - fall :] *= np.cos(np.linspace(0, np.pi / 2, fall, dtype=np.float32))
    return faded


# ---------------------------------------------------------------- out
def _fitting(samples: Samples, form: ClipFormat, limit: int) -> bytes:
    """The file at the highest bit rate that stays below `limit` bytes."""
    seconds = samples.shape[1] / RATE
    for bitrate in form.bitrates:
        if bitrate / 8 * seconds <= limit and len(data := _encoded(samples, form, bitrate)) <= limit:
            return data
    raise ClipTooLarge(f"{seconds:.0f} s don't fit into {limit:,} bytes")


def _encoded(samples: Samples, form: ClipFormat, bitrate: int) -> bytes:
    layout = "mono" if len(samples) == 1 else "stereo"
    frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=layout)
    frame.sample_rate = RATE
    file = io.BytesIO()
    with av.open(file, "w", format=form.container) as container:
        stream = cast(AudioStream, container.add_stream(form.codec, rate=RATE, layout=layout))
        stream.bit_rate = bitrate
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    return file.getvalue()
