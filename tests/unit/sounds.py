"""Sounds with known content, and files of them in every supported format."""

from pathlib import Path

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

RATE = 44_100
FORMS = {  # ending → libav's codec and container, and the container's options
    ".mp3": ("libmp3lame", "mp3", {}),
    ".m4a": ("aac", "ipod", {}),
    ".aac": ("aac", "adts", {}),
    ".opus": ("libopus", "ogg", {}),
    ".webm": ("libopus", "webm", {}),
    ".flac": ("flac", "flac", {}),
    ".wav": ("pcm_s16le", "wav", {}),
}
ENDINGS = [*FORMS, ".ogg"]
Samples = NDArray[np.float32]


def tune(seconds: float = 3.0, rate: int = RATE, channels: int = 2, seed: int = 0) -> Samples:
    """A melody of four notes a second over a little noise: float32 of shape (channels, n), around -20 dB."""
    random = np.random.default_rng(seed)
    times = np.arange(round(seconds * rate)) / rate
    notes = 220 * 2 ** (random.integers(0, 12, int(4 * seconds) + 1) / 12)
    fading = np.exp(-6 * (times % 0.25))
    tone = 0.3 * fading * np.sin(2 * np.pi * notes[(4 * times).astype(int)] * times)
    noise = 0.01 * random.standard_normal((channels, len(times)))
    return np.asarray(tone + noise, np.float32)


def write(path: Path, samples: Samples, rate: int = RATE) -> Path:
    """Write samples of shape (channels, n) in the format of the path's ending."""
    if path.suffix == ".ogg":  # libav's own Vorbis encoder is experimental
        soundfile.write(path, samples.T, rate, format="OGG", subtype="VORBIS")
        return path
    codec, container, options = FORMS[path.suffix]
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[len(samples)]
    with av.open(str(path), "w", format=container, options=options) as out:
        stream = out.add_stream(codec, rate=48_000 if codec == "libopus" else rate, layout=layout)
        resampler = av.AudioResampler(stream.codec_context.format.name, layout, stream.codec_context.rate)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=layout)
        frame.sample_rate = rate
        for part in (*resampler.resample(frame), *resampler.resample(None), None):
            for packet in stream.encode(part):
                out.mux(packet)
    return path


def film(path: Path) -> Path:
    """Write a video without an audio track."""
    with av.open(str(path), "w", format="mp4") as out:
        stream = out.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for _ in range(10):
            for packet in stream.encode(av.VideoFrame(64, 64, "yuv420p")):
                out.mux(packet)
        for packet in stream.encode():
            out.mux(packet)
    return path


def halved(path: Path) -> Path:
    """Write the first half of a file's bytes next to it, like an interrupted download."""
    half = path.with_stem(f"{path.stem}-half")
    content = path.read_bytes()
    half.write_bytes(content[: len(content) // 2])
    return half
