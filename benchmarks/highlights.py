"""Highlights: the cost of analysing and cutting a four-minute song. `python -m benchmarks.highlights`.

Ratios are relative to decoding the same MP3, timed in the same rounds.
"""

import tempfile
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame

from benchmarks.measure import in_turns, peak_bytes, show
from bot.audio.analysis.embedding import Embedder
from bot.audio.clips import highlight
from bot.audio.clips.clip import MP3, OPUS, cut
from bot.audio.clips.waveform import picture
from bot.audio.files import decode
from sandbox.music import synth
from sandbox.music.arranged import arranged, play

SECONDS = 240


def main() -> None:
    """Measure highlight, embedding, clips and picture of one generated song."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "song.mp3"
        write(path)
        sound, embedder = decode.read(path), Embedder()
        found = highlight.find(sound)
        tasks = {
            "decode": lambda: decode.read(path),
            "highlight": lambda: highlight.find(sound),
            "embedding and tags": lambda: embedder.embed(sound.mono, sound.rate),
            "clip, Opus": lambda: cut(path, found.start, form=OPUS),
            "clip, MP3": lambda: cut(path, found.start, form=MP3),
            "picture": lambda: picture(sound, found),
        }
        times = in_turns(*tasks.values())
    rows = zip(tasks, times, strict=True)
    show([{"what": name, "ms": 1000 * taken, "relative to decoding": taken / times[0]} for name, taken in rows])
    print(f"\n{peak_bytes() / 2**20:.0f} MB peak memory, with the song in memory")


def write(path: Path) -> None:
    """Write an arranged song, looped to SECONDS, as MP3 at 44.1 kHz."""
    samples = np.repeat(np.resize(play(arranged(0)), (SECONDS * synth.RATE, 2)), 2, axis=0)
    frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples.T), format="fltp", layout="stereo")
    frame.sample_rate, frame.time_base, frame.pts = 2 * synth.RATE, Fraction(1, 2 * synth.RATE), 0
    with av.open(str(path), "w", format="mp3") as file:
        stream = file.add_stream("libmp3lame", rate=2 * synth.RATE, layout="stereo")
        stream.bit_rate = 128_000
        for packet in (*stream.encode(frame), *stream.encode(None)):
            file.mux(packet)


if __name__ == "__main__":
    main()
