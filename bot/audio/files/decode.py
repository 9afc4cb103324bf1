"""Decode: turns a sound file into float32 samples, or a typed error that can be stored.

libsndfile is tried first, then libav. The limits apply to what a file claims, before any memory is allocated, and
again to what decoding finds, so a decompression bomb is stopped midway.
"""

import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import soxr

from bot.audio.files import libav, libsndfile
from bot.audio.files.channels import sounding
from bot.audio.files.endings import SHORTFALL, is_torn, links
from bot.audio.files.phase import in_step
from bot.audio.files.sound import LIMITS, Limits, Samples, Sound, check_form, lowered
from bot.errors.audio import EmptyAudio, NotAudio, NotOpened, TooLargeAudio, TruncatedAudio

NOTHING_IN_IT = (EmptyAudio, NotAudio, TruncatedAudio)
LEAST = 0.5  # seconds; anything shorter has no loudness (BS.1770 needs 0.4), nor much else


def read(source: Path | BinaryIO, limits: Limits = LIMITS) -> Sound:
    """Decode a file, skipping damaged parts, silent channels and constant offsets. Aligns channels that cancel out.

    Raises AudioError: NotAudio, EmptyAudio, SilentAudio, TruncatedAudio, TooLongAudio, TooLargeAudio. A partly
    downloaded MP3 whose header doesn't state its length looks just like a shorter song.
    """
    try:
        with opened(source) as file:
            size = os.fstat(file.fileno()).st_size
            if size > limits.bytes:
                raise TooLargeAudio(f"{size:,} bytes")
            sound = _read(file, limits, size)
    except MemoryError as problem:
        raise TooLargeAudio from problem
    if sound.seconds < LEAST:
        raise EmptyAudio
    return Sound(in_step(sounding(sound.samples), sound.rate), sound.rate)


@contextmanager
def opened(source: Path | BinaryIO) -> Iterator[BinaryIO]:
    """Open a file by its path, or rewind one that's already open, unbuffered. Raises NotOpened.

    Unbuffered, because libsndfile reads from the descriptor's own position.
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
    """Join the songs of a chained file, in the form of the first."""
    parts: list[Samples] = []
    rate, channels, count = 0, 0, 0
    for start, end in songs:
        file.seek(start)
        alone = io.BytesIO(file.read(end - start))
        try:
            sound = _decoded(alone, alone, limits)
        except NOTHING_IN_IT:
            continue  # a stream that was lost and resumed, say
        rate, channels = rate or sound.rate, channels or len(sound.samples)
        parts.append(_formed(sound, channels, rate))
        count += parts[-1].shape[1]
        check_form(channels, rate, count / rate, limits)
        lowered(channels, rate, count / rate, limits)
    if not parts:
        raise NotAudio
    return Sound(np.concatenate(parts, axis=1), rate)


def _formed(sound: Sound, channels: int, rate: int) -> Samples:
    """Return a sound's samples with that many channels, at that rate."""
    samples = sound.samples
    if len(samples) != channels:
        samples = np.repeat(sound.mono[None], channels, axis=0)
    resampled: Samples = soxr.resample(samples.T, sound.rate, rate).T if sound.rate != rate else samples
    return resampled


def _decoded(file: BinaryIO, handle: int | BinaryIO, limits: Limits) -> Sound:
    sound = libsndfile.decode(file, handle, limits)
    if sound is None:
        return libav.decode(file, limits)
    if file.tell() >= (1 - SHORTFALL) * file.seek(0, io.SEEK_END):
        return sound
    seconds = sound.seconds
    del sound  # a long one mustn't be in memory twice
    with suppress(*NOTHING_IN_IT):  # files that were joined: the first states its own length
        longer = libav.decode(file, limits)
        if longer.seconds > seconds:
            return longer
    return libsndfile.decode(file, handle, limits) or libav.decode(file, limits)
