"""Decode: a sound file becomes float32 samples, or a typed error that can be remembered.

libsndfile reads MP3, Ogg (Vorbis, Opus), FLAC, WAV and AIFF fastest; libav, through PyAV, what it does not know (AAC in
M4A or bare, and sound in WebM or MP4). What a file claims of itself is held against the limits before memory is taken,
and what it turns out to be while it is decoded: a bomb is stopped when it goes off, not after.
"""

import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import av
import numpy as np
import soundfile
import soxr
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from bot.audio.endings import SHORTFALL, is_torn, length_of_mp3, links, says_length, without_length
from bot.audio.phase import in_step
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
SLACK = 0.1  # seconds that may be missing of the shortest file
# Without this list libav would take a playlist for a sound, and fetch the addresses in it.
CONTAINERS = "aac,mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mp3,ogg,flac,wav,aiff,caf"
ONLY_FILES = {"format_whitelist": CONTAINERS, "protocol_whitelist": "file"}  # no playlists, no addresses
UNTOLD = (2**63 - 1, 0)  # frames, as libsndfile says of a FLAC or WAV that was written to a pipe and names none
MOST_OF = 0.5  # of a damaged file must be heard
MOST_FAULTS = 1_000  # between packets; a file with more is not gone through to its end
RATE = 44_100  # Hz; no rate is lowered below it
PIECE = 2**21  # frames that a large file is read at once
SURROUND = np.float32(0.7071)


@dataclass(frozen=True, slots=True)
class Limits:
    """What is listened to at most. `samples` counts all channels and bounds the memory: four bytes each.

    What has more samples is heard at a lower rate, or with its channels folded into two.
    """

    bytes: int = 3 * 2**29  # 20 minutes of two channels at 192 kHz and 24 bit, as a WAV
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


def read(source: Path | BinaryIO, limits: Limits = LIMITS) -> Sound:
    """Decode a file; what is damaged in it is left out. Channels that cancel each other are brought into step.

    Raises AudioError: NotAudio, EmptyAudio, SilentAudio, TruncatedAudio, TooLongAudio, TooLargeAudio.
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
    return Sound(in_step(sound.samples, sound.rate), sound.rate)


@contextmanager
def opened(source: Path | BinaryIO) -> Iterator[BinaryIO]:
    """A file by its path, or one that is open already, from its beginning and without a buffer. Raises NotOpened.

    Without a buffer, because libsndfile reads on from where the descriptor stands.
    """
    if not isinstance(source, Path):
        source.seek(0)
        yield getattr(source, "raw", source)
        return
    try:
        if source.exists() and not source.is_file():
            raise NotOpened(f"{source.name} is not a plain file")
        file = source.open("rb", buffering=0)
    except OSError as problem:
        raise NotOpened(f"{source.name} cannot be opened: {problem.strerror}") from problem
    with file:
        yield cast(BinaryIO, file)


def _read(file: BinaryIO, limits: Limits, size: int) -> Sound:
    if not size:
        raise EmptyAudio
    file.seek(0)
    songs = links(file) if file.read(4) == b"OggS" else []
    sound = _joined(file, songs, limits) if len(songs) > 1 else _decoded(file, file.fileno(), limits)
    if is_torn(file, size):
        raise TruncatedAudio
    return sound


def _joined(file: BinaryIO, songs: Sequence[tuple[int, int]], limits: Limits) -> Sound:
    """The songs of a chained file one after the other, in the form of the first."""
    parts: list[Samples] = []
    rate, channels, count = 0, 0, 0
    for start, end in songs:
        file.seek(start)
        alone = io.BytesIO(file.read(end - start))
        sound = _decoded(alone, alone, limits)
        rate, channels = rate or sound.rate, channels or len(sound.samples)
        parts.append(_formed(sound, channels, rate))
        count += parts[-1].shape[1]
        _check_form(channels, rate, count / rate, limits)
        _lowered(channels, rate, count / rate, limits)
    return Sound(np.concatenate(parts, axis=1), rate)


def _formed(sound: Sound, channels: int, rate: int) -> Samples:
    """A sound's samples with so many channels at that rate."""
    samples = sound.samples
    if len(samples) != channels:
        samples = np.repeat(sound.mono[None], channels, axis=0)
    resampled: Samples = soxr.resample(samples.T, sound.rate, rate).T if sound.rate != rate else samples
    return resampled


def _decoded(file: BinaryIO, handle: int | BinaryIO, limits: Limits) -> Sound:
    """By libsndfile, and by libav what that does not know or does not get through."""
    file.seek(0)
    try:
        with soundfile.SoundFile(handle, closefd=False) as sounds:
            sound = _by_libsndfile(sounds, limits)
    except soundfile.LibsndfileError:
        sound = None
    return sound or _by_libav(file, limits)


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


def _lowered(channels: int, rate: int, seconds: float, limits: Limits) -> tuple[int, int]:
    """The channels and the rate in which so much fits into the limits: rates above RATE are halved, then folded to two.

    Raises TooLargeAudio where it still does not fit.
    """
    while channels * rate * seconds > limits.samples and rate >= 2 * RATE:
        rate //= 2
    if channels * rate * seconds > limits.samples:
        channels = min(channels, 2)
    if channels * rate * seconds > limits.samples:
        raise TooLargeAudio(f"{channels} channels of {seconds:.0f} s at {rate} Hz")
    return channels, rate


# ---------------------------------------------------------------- libsndfile
def _by_libsndfile(file: soundfile.SoundFile, limits: Limits) -> Sound | None:
    """Read what libsndfile opened; it never gives more than the `frames` that it named. None for what it cannot."""
    seconds = file.frames / file.samplerate
    if file.frames in UNTOLD:
        return None
    _check_form(file.channels, file.samplerate, seconds, limits)
    channels, rate = _lowered(file.channels, file.samplerate, seconds, limits)
    if (channels, rate) == (file.channels, file.samplerate):
        found = file.read(out=np.empty((file.frames, channels), np.float32))
    else:
        found = np.concatenate(list(_pieces(file, channels, rate)))
    sound = Sound(found.T, rate)
    return sound if sound.seconds >= _at_least(seconds) else None


def _pieces(file: soundfile.SoundFile, channels: int, rate: int) -> Iterator[Samples]:
    """Yield a large sound piece by piece in a lower form, (n, channels): the whole is never there as it is."""
    stream = soxr.ResampleStream(file.samplerate, rate, channels, dtype="float32")
    read = 0
    for piece in file.blocks(blocksize=PIECE, dtype="float32", always_2d=True):
        read += len(piece)
        folded = piece if channels == file.channels else piece @ _folding(file.channels)
        yield stream.resample_chunk(np.ascontiguousarray(folded), last=read >= file.frames)


def _folding(channels: int) -> Samples:
    """How much of each channel goes left and right, (channels, 2): L, R, C, LFE, then surrounds (ITU-R BS.775)."""
    sides: Samples = np.zeros((channels, 2), np.float32)
    for channel in range(channels):
        sides[channel, channel % 2] = 1.0 if channel < 2 else SURROUND
    if channels in (3, 5, 6, 8):
        sides[2] = SURROUND, SURROUND
    if channels in (6, 8):
        sides[3] = 0.0
    return sides


# ---------------------------------------------------------------- libav
def _by_libav(file: BinaryIO, limits: Limits) -> Sound:
    with _container(file) as container:
        if not container.streams.audio:
            raise NotAudio("there is no sound in it")
        stream = container.streams.audio[0]
        stream.thread_type = "NONE"
        codec = stream.codec_context
        if codec is None or not codec.rate or not codec.channels:
            raise NotAudio("its sound is of a kind that is not read")
        promised = float((container.duration or 0) / av.time_base)
        _check_form(codec.channels, codec.rate, promised, limits)
        form = _lowered(codec.channels, codec.rate, promised, limits)
        found = _frames(container, stream, form, limits)
        name = container.format.name
    if not found.parts:
        raise TruncatedAudio("none of it can be decoded") if promised > LEAST else EmptyAudio
    sound = Sound(np.concatenate(found.parts, axis=1), found.rate)
    if not _is_guess(name, file):
        _check_whole(sound, found.end, promised, is_there=says_length(name, file))
    elif found.torn and name == "aac":
        raise TruncatedAudio
    return sound


@dataclass(slots=True)
class _Found:
    """What libav decoded: (channels, n) parts at a rate (Hz), when the last ended (s), and if it ended in a fault."""

    parts: list[Samples]
    rate: int
    end: float = 0.0
    torn: bool = False


def _is_guess(name: str, file: BinaryIO) -> bool:
    """Whether the length of a file is a guess from its first frames: bare AAC and MP3 need not say it."""
    return name == "aac" or (name == "mp3" and length_of_mp3(file) is None)


def _check_whole(sound: Sound, end: float, promised: float, *, is_there: bool) -> None:
    """Tell half a download from damage: what was heard last is the end, and most of what is before it was heard.

    is_there: the bytes were counted, and none is missing (`endings`).
    """
    if not is_there and max(end, sound.seconds) < _at_least(promised):
        raise TruncatedAudio(f"{sound.seconds:.1f} of {promised:.1f} seconds are there")
    if sound.seconds < MOST_OF * promised:
        raise TruncatedAudio(f"{sound.seconds:.1f} of {promised:.1f} seconds can be heard")


def _at_least(promised: float) -> float:
    return promised - max(SLACK, SHORTFALL * promised)


def _frames(container: Any, stream: Any, form: tuple[int, int], limits: Limits) -> _Found:
    """Decode all frames in the form of the first one, or in that lower one, whatever the file changes to."""
    channels, rate = form
    lower = form != (stream.codec_context.channels, stream.codec_context.rate)
    found, count, source, resampler, layout = _Found([], rate), 0.0, None, None, ""
    for frame in _decodable(container, stream):
        found.torn = frame is None
        if frame is None:
            continue
        if not layout:
            layout = "stereo" if lower and channels == 2 else frame.layout.name
            found.rate = rate if lower else frame.sample_rate
        if source != (source := (frame.format.name, frame.layout.name, frame.sample_rate)):
            found.parts += _resampled(resampler, None)
            resampler = AudioResampler("fltp", layout, found.rate)
        found.parts += _resampled(resampler, frame)
        count += frame.samples / frame.sample_rate
        found.end = (frame.time or 0.0) + frame.samples / frame.sample_rate
        _check_form(frame.layout.nb_channels, frame.sample_rate, count, limits)
        _lowered(len(found.parts[0]) if found.parts else channels, found.rate, count, limits)
    found.parts += _resampled(resampler, None)
    return found


def _resampled(resampler: AudioResampler | None, frame: AudioFrame | None) -> list[Samples]:
    """A frame in the wanted form; for None, what the resampler still holds back."""
    parts = [] if resampler is None else resampler.resample(frame)
    return [part.to_ndarray().astype(np.float32, copy=False) for part in parts]


def _decodable(container: Any, stream: Any) -> Iterator[AudioFrame | None]:
    """Yield the frames that can be decoded, and None for a packet that was cut off."""
    for packet in _packets(container, stream):
        try:
            yield from packet.decode()
        except av.FFmpegError:
            if _is_cut(packet):
                yield None


def _is_cut(packet: Any) -> bool:
    """Whether a frame of bare AAC is shorter than it says (ISO 13818-7, adts_fixed_header); others do not say."""
    head = bytes(packet)[:6]
    return head[:1] == b"\xff" and (int.from_bytes(head[3:6], "big") >> 5) & 0x1FFF > packet.size


def _packets(container: Any, stream: Any) -> Iterator[Any]:
    for _ in range(MOST_FAULTS):
        try:
            yield from container.demux(stream)
        except av.FFmpegError:
            continue
        return


@contextmanager
def _container(file: BinaryIO) -> Iterator[Any]:
    try:
        container = av.open(without_length(file), options=ONLY_FILES)
    except (av.FFmpegError, ValueError) as problem:
        raise _unreadable(file) from problem
    with container:
        yield container


def _unreadable(file: BinaryIO) -> AudioError:
    """An M4A keeps its table of contents at the end: where the head is there and the rest is not, it was torn."""
    file.seek(0)
    return TruncatedAudio() if file.read(8)[4:] == b"ftyp" else NotAudio()
