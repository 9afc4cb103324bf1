"""libsndfile: the fastest way to read MP3, Ogg (Vorbis, Opus), FLAC, WAV and AIFF."""

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import soundfile
import soxr

from bot.audio.files.endings import length_of_mp3
from bot.audio.files.sound import Limits, Samples, Sound, at_least, check_form, lowered

UNTOLD = (2**63 - 1, 0)  # libsndfile's frame counts for a FLAC or WAV that was written to a pipe and states none
PIECE = 2**21  # frames of a large file read at once
SURROUND = np.float32(0.7071)


def decode(file: BinaryIO, handle: int | BinaryIO, limits: Limits) -> Sound | None:
    """Read a file from its start; None if that fails, or stops before its end."""
    guessed = length_of_mp3(file) is None
    file.seek(0)
    try:
        with soundfile.SoundFile(handle, closefd=False) as sounds:
            if sounds.format == "MP3" and guessed:
                return None  # it would estimate the length from the first frames, and read no further
            return _read(sounds, limits)
    except soundfile.LibsndfileError:
        return None


def _read(file: soundfile.SoundFile, limits: Limits) -> Sound | None:
    """Read an opened file, at most the `frames` it stated; None if that can't be done."""
    seconds = file.frames / file.samplerate
    if file.frames in UNTOLD:
        return None
    check_form(file.channels, file.samplerate, seconds, limits)
    channels, rate = lowered(file.channels, file.samplerate, seconds, limits)
    if (channels, rate) == (file.channels, file.samplerate):
        samples = file.read(out=np.empty((file.frames, channels), np.float32))
    else:
        samples = np.concatenate(list(_pieces(file, channels, rate)))
    sound = Sound(samples.T, rate)
    return sound if sound.seconds >= at_least(seconds) else None


def _pieces(file: soundfile.SoundFile, channels: int, rate: int) -> Iterator[Samples]:
    """Yield a large sound in pieces of (n, channels), converted to a lower form, so it's never in memory whole."""
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
