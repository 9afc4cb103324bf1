"""Decode: a sound file becomes float32 samples, or a typed error that can be remembered.

libsndfile reads MP3, Ogg (Vorbis, Opus), FLAC, WAV and AIFF fastest; libav, through PyAV, what it does not know (AAC in
M4A or bare, and sound in WebM or MP4). What a file claims of itself is held against the limits before memory is taken,
and what it turns out to be while it is decoded: a bomb is stopped when it goes off, not after.
"""

import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import av
import numpy as np
import soundfile
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from bot.errors import (
    AudioError,
    EmptyAudio,
    NotAudio,
    NotOpened,
    SilentAudio,
    TooLargeAudio,
    TooLongAudio,
    TruncatedAudio,
)

Samples = NDArray[np.float32]
LEAST = 0.5  # seconds; less has neither a loudness (BS.1770 wants 0.4) nor anything else
SILENCE = 1e-9  # mean square: -90 dB, below the last bit of a compact disc
FLAT = 1e-5  # of the mean square; less beside a constant is its rounding
SHORTFALL = 0.02  # of what a file promises may be missing: encoders' delays, and lengths that are estimates
SLACK = 0.1  # seconds that may be missing of the shortest file
# Without this list libav would take a playlist for a sound, and fetch the addresses in it.
CONTAINERS = "aac,mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mp3,ogg,flac,wav,aiff"
ONLY_FILES = {"format_whitelist": CONTAINERS, "protocol_whitelist": "file"}  # no playlists, no addresses
BYTE_ORDER: Mapping[str, Literal["little", "big"]] = {"WAV": "little", "AIFF": "big"}  # of the length at its head
LAST_PAGE = 64 * 2**10  # bytes; no page of Ogg is longer (RFC 3533, section 6)
PAGE_HEADER = 27  # bytes, before a page's table of segments
UNTOLD = 2**63 - 1  # frames, as libsndfile says of a FLAC that was written to a pipe and names none
END_OF_STREAM = 4  # the bit of an Ogg page's header that says it is the last one


@dataclass(frozen=True, slots=True)
class Limits:
    """What is listened to at most. `samples` counts all channels and bounds the memory: four bytes each."""

    bytes: int = 256 * 2**20  # 20 minutes of a compact disc
    seconds: float = 20 * 60
    channels: int = 8
    rate: int = 192_000  # Hz
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


def read(source: Path | BinaryIO, limits: Limits = LIMITS) -> Sound:
    """Decode a file. Raises AudioError: NotAudio, EmptyAudio, SilentAudio, TruncatedAudio, TooLongAudio, TooLargeAudio.

    A half-downloaded MP3 without a header that says its length cannot be told from a shorter song.
    """
    try:
        with opened(source) as file:
            size = os.fstat(file.fileno()).st_size
            if size > limits.bytes:
                raise TooLargeAudio(f"{size:,} bytes")
            sound = _read(file, limits, size)
    except MemoryError as problem:
        raise TooLargeAudio from problem
    _check(sound)
    return sound


@contextmanager
def opened(source: Path | BinaryIO) -> Iterator[BinaryIO]:
    """A file by its path, or one that is open already, from its beginning. Raises NotOpened."""
    if not isinstance(source, Path):
        source.seek(0)
        yield source
        return
    try:
        if source.exists() and not source.is_file():
            raise NotOpened(f"{source.name} is not a plain file")
        file = source.open("rb")
    except OSError as problem:
        raise NotOpened(f"{source.name} cannot be opened: {problem.strerror}") from problem
    with file:
        yield file


def _read(file: BinaryIO, limits: Limits, size: int) -> Sound:
    if not size:
        raise EmptyAudio
    try:
        sounds = soundfile.SoundFile(file.fileno(), closefd=False)
    except soundfile.LibsndfileError:
        return _by_libav(file, limits)
    with sounds:
        if sounds.frames == UNTOLD:
            return _by_libav(file, limits)
        sound = _by_libsndfile(sounds, limits)
    _check_ending(file, sounds.format, size)
    return sound


def _check(sound: Sound) -> None:
    if sound.seconds < LEAST:
        raise EmptyAudio
    flat = sound.samples.ravel(order="K")
    power = float(flat @ flat) / flat.size
    if not np.isfinite(power):
        raise TruncatedAudio("holds what is not a number")
    if power - _standing(sound.samples) < max(SILENCE, FLAT * power):
        raise SilentAudio


def _standing(samples: Samples) -> float:
    """The mean square of what does not move: a constant, as a badly set converter adds it, is no sound."""
    means = samples @ np.full(samples.shape[1], 1 / samples.shape[1], np.float32)
    return float(means @ means) / len(means)


def _check_form(channels: int, rate: int, seconds: float, limits: Limits) -> None:
    """Hold a form, claimed or found, against the limits."""
    if not 0 < channels <= limits.channels or not 0 < rate <= limits.rate:
        raise TooLargeAudio(f"{channels} channels at {rate} Hz")
    if seconds > limits.seconds:
        raise TooLongAudio(f"plays for more than {limits.seconds:.0f} seconds")
    if channels * rate * seconds > limits.samples:
        raise TooLargeAudio(f"{channels} channels of {seconds:.0f} s at {rate} Hz")


def _check_length(found: float, promised: float) -> None:
    if found < promised - max(SLACK, SHORTFALL * promised):
        raise TruncatedAudio(f"{found:.1f} of {promised:.1f} seconds are there")


# ---------------------------------------------------------------- libsndfile
def _by_libsndfile(file: soundfile.SoundFile, limits: Limits) -> Sound:
    """Read what libsndfile opened; it never gives more than the `frames` that it named."""
    _check_form(file.channels, file.samplerate, file.frames / file.samplerate, limits)
    samples = np.empty((file.frames, file.channels), np.float32)
    try:
        found = file.read(out=samples)
    except soundfile.LibsndfileError as problem:
        raise TruncatedAudio(str(problem)) from problem
    _check_length(len(found) / file.samplerate, file.frames / file.samplerate)
    return Sound(found.T, file.samplerate)


def _check_ending(file: BinaryIO, form: str, size: int) -> None:
    """Raise TruncatedAudio where libsndfile took a torn file for a shorter one."""
    file.seek(0)
    if form in BYTE_ORDER:
        claimed = int.from_bytes(file.read(8)[4:], BYTE_ORDER[form])
        torn = size < claimed < 2**32 - 2**16  # who writes to a pipe claims the most there is
    elif form == "OGG":
        file.seek(-min(size, LAST_PAGE), io.SEEK_END)
        torn = not _ends_whole(file.read())
    else:
        torn = False
    if torn:
        raise TruncatedAudio


def _ends_whole(tail: bytes) -> bool:
    """Whether the last Ogg page says that it is the last one, and is all there (RFC 3533, section 6)."""
    page = tail[tail.rfind(b"OggS") :]
    if not page.startswith(b"OggS") or len(page) < PAGE_HEADER:
        return False
    segments = page[PAGE_HEADER - 1]
    body = sum(page[PAGE_HEADER : PAGE_HEADER + segments])
    return bool(page[5] & END_OF_STREAM) and len(page) >= PAGE_HEADER + segments + body


# ---------------------------------------------------------------- libav
def _by_libav(file: BinaryIO, limits: Limits) -> Sound:
    with _container(file) as container:
        if not container.streams.audio:
            raise NotAudio("there is no sound in it")
        stream = container.streams.audio[0]
        stream.thread_type = "NONE"
        if stream.codec_context is None or not stream.codec_context.rate or not stream.codec_context.channels:
            raise NotAudio("its sound is of a kind that is not read")
        promised = float((container.duration or 0) / av.time_base)
        _check_form(stream.codec_context.channels, stream.codec_context.rate, promised, limits)
        parts, rate = _frames(container, stream, limits)
    if not parts:
        raise EmptyAudio
    samples = np.concatenate(parts, axis=1)
    if container.format.name != "aac":  # bare AAC has no header: its length is a guess
        _check_length(samples.shape[1] / rate, promised)
    return Sound(samples, rate)


def _frames(container: Any, stream: Any, limits: Limits) -> tuple[list[Samples], int]:
    """Decode all frames as (channels, n) float32 in the form of the first one; returns them and their rate."""
    parts: list[Samples] = []
    resampler, rate, count = None, stream.codec_context.rate, 0
    for frame in _decoded(container, stream):
        if resampler is None:
            resampler, rate = AudioResampler("fltp", frame.layout.name, frame.sample_rate), frame.sample_rate
        for part in resampler.resample(frame):
            parts.append(part.to_ndarray().astype(np.float32, copy=False))
            count += part.samples
        _check_form(frame.layout.nb_channels, rate, count / rate, limits)
    return parts, rate


def _decoded(container: Any, stream: Any) -> Iterator[AudioFrame]:
    try:
        yield from container.decode(stream)
    except av.FFmpegError as problem:
        raise TruncatedAudio(problem.strerror) from problem
    except ValueError as problem:  # the form changed in the middle
        raise TruncatedAudio(str(problem)) from problem


@contextmanager
def _container(file: BinaryIO) -> Iterator[Any]:
    file.seek(0)
    try:
        container = av.open(file, options=ONLY_FILES)
    except (av.FFmpegError, ValueError) as problem:
        raise _unreadable(file) from problem
    with container:
        yield container


def _unreadable(file: BinaryIO) -> AudioError:
    """An M4A keeps its table of contents at the end: where the head is there and the rest is not, it was torn."""
    file.seek(0)
    return TruncatedAudio() if file.read(8)[4:] == b"ftyp" else NotAudio()
