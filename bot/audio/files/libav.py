"""libav, through PyAV: reads what libsndfile can't (AAC, sound in WebM or MP4) or can't finish."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from bot.audio.files.endings import length_of_mp3, says_length, without_length
from bot.audio.files.sound import Limits, Samples, Sound, at_least, check_form, lowered
from bot.errors.audio import AudioError, EmptyAudio, NotAudio, TruncatedAudio

LEAST = 0.5  # seconds
# Without this list, libav would take a playlist for a sound, and fetch the addresses in it.
CONTAINERS = "aac,mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mp3,ogg,flac,wav,aiff,caf"
ONLY_FILES = {"format_whitelist": CONTAINERS, "protocol_whitelist": "file"}  # no playlists, no addresses
FAULTS = (av.FFmpegError, OSError)  # of a damaged file: it may also lead libav to where no file can reach
MOST_OF = 0.5  # of a damaged file must be audible
MOST_FAULTS = 1_000  # failed packets; files with more aren't read to the end


def decode(file: BinaryIO, limits: Limits) -> Sound:
    """Read a file. Raises AudioError."""
    with _container(file) as container:
        if not container.streams.audio:
            raise NotAudio("it has no sound")
        stream: Any = container.streams.best("audio")  # of several, the one that players play
        if stream is None or (codec := stream.codec_context) is None or not codec.rate or not codec.channels:
            raise NotAudio("its sound format isn't supported")
        stream.thread_type = "NONE"
        promised = float((container.duration or 0) / av.time_base)
        check_form(codec.channels, codec.rate, promised, limits)
        form = lowered(codec.channels, codec.rate, promised, limits)
        decoded = _frames(container, stream, form, limits)
        name = container.format.name
    if not decoded.parts:
        raise TruncatedAudio("none of it can be decoded") if promised > LEAST else EmptyAudio
    sound = Sound(np.concatenate(decoded.parts, axis=1), decoded.rate)
    if not _is_guess(name, file):
        _check_whole(sound, decoded.end, promised, is_there=says_length(name, file))
    elif decoded.torn and name == "aac":
        raise TruncatedAudio
    return sound


@dataclass(slots=True)
class _Found:
    """What libav decoded: (channels, n) parts at a rate (Hz), when the last ended (s), and whether in a fault."""

    parts: list[Samples]
    rate: int
    end: float = 0.0
    torn: bool = False


def _is_guess(name: str, file: BinaryIO) -> bool:
    """Whether a file's length is estimated from its first frames: bare AAC and MP3 needn't state it."""
    return name == "aac" or (name == "mp3" and length_of_mp3(file) is None)


def _check_whole(sound: Sound, end: float, promised: float, *, is_there: bool) -> None:
    """Tell a partial download from damage: the last sound must be at the end, and most of what precedes it audible.

    is_there: the bytes were counted, and none is missing (`endings`).
    """
    if not is_there and max(end, sound.seconds) < at_least(promised):
        raise TruncatedAudio(f"only {sound.seconds:.1f} of {promised:.1f} seconds are there")
    if sound.seconds < MOST_OF * promised:
        raise TruncatedAudio(f"only {sound.seconds:.1f} of {promised:.1f} seconds can be decoded")


def _frames(container: Any, stream: Any, form: tuple[int, int], limits: Limits) -> _Found:
    """Decode all frames in the form of the first one, or the lower `form`, whatever the file changes to."""
    channels, rate = form
    lower = form != (stream.codec_context.channels, stream.codec_context.rate)
    decoded, count, source, resampler, layout = _Found([], rate), 0.0, None, None, ""
    for frame in _decodable(container, stream):
        decoded.torn = frame is None
        if frame is None:
            continue
        if not layout:
            layout = "stereo" if lower and channels == 2 else frame.layout.name
            decoded.rate = rate if lower else frame.sample_rate
        if source != (source := (frame.format.name, frame.layout.name, frame.sample_rate)):
            decoded.parts += _resampled(resampler, None)
            resampler = AudioResampler("fltp", layout, decoded.rate)
        decoded.parts += _resampled(resampler, frame)
        count += frame.samples / frame.sample_rate
        decoded.end = (frame.time or 0.0) + frame.samples / frame.sample_rate
        check_form(frame.layout.nb_channels, frame.sample_rate, count, limits)
        lowered(len(decoded.parts[0]) if decoded.parts else channels, decoded.rate, count, limits)
    decoded.parts += _resampled(resampler, None)
    return decoded


def _resampled(resampler: AudioResampler | None, frame: AudioFrame | None) -> list[Samples]:
    """Resample a frame to the target form; for None, return what the resampler still holds."""
    parts = [] if resampler is None else resampler.resample(frame)
    return [part.to_ndarray().astype(np.float32, copy=False) for part in parts]


def _decodable(container: Any, stream: Any) -> Iterator[AudioFrame | None]:
    """Yield decodable frames, and None for each truncated packet."""
    for packet in _packets(container, stream):
        try:
            yield from packet.decode()
        except av.FFmpegError:
            if _is_cut(packet):
                yield None


def _is_cut(packet: Any) -> bool:
    """Whether a bare AAC frame is shorter than it states (ISO 13818-7, adts_fixed_header); others don't state it."""
    head = bytes(packet)[:6]
    return head[:1] == b"\xff" and (int.from_bytes(head[3:6], "big") >> 5) & 0x1FFF > packet.size


def _packets(container: Any, stream: Any) -> Iterator[Any]:
    for _ in range(MOST_FAULTS):
        try:
            yield from container.demux(stream)
        except FAULTS:
            continue
        return


@contextmanager
def _container(file: BinaryIO) -> Iterator[Any]:
    try:
        container = av.open(without_length(file), options=ONLY_FILES)
    except (*FAULTS, ValueError) as problem:
        raise _unreadable(file) from problem
    with container:
        yield container


def _unreadable(file: BinaryIO) -> AudioError:
    """Return the error for an unreadable file: TruncatedAudio for an M4A, whose table of contents is at its end."""
    file.seek(0)
    return TruncatedAudio() if file.read(8)[4:] == b"ftyp" else NotAudio()
