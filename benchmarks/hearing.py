"""Hearing: the cost of analysing a song, compared with librosa and essentia. `python -m benchmarks.hearing [FILE]`.

Without a FILE, a generated 30-second song is analysed, as MP3 at 128 kb/s. Times are processor time, from interleaved
runs in one process; rivals are included if installed. Memory is measured in separate processes.
"""

import asyncio
import json
import re
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import av
import numpy as np

from benchmarks import rivals
from benchmarks.measure import Row, apart, in_turns, show
from bot.adapters.hearing import Hearing
from bot.audio.analysis.embedding import Embedder
from bot.audio.analysis.features import analyse
from bot.audio.analysis.spectrum import resample
from bot.audio.files.decode import read
from bot.audio.files.sound import Sound
from bot.cli.analyse import processors
from sandbox.music.songs import render, songs

SECONDS, RATE, BITRATE = 30, 44_100, 128_000
LONG = 240  # seconds of a full-length song, for its peak memory
FILES = 40  # analysed to measure throughput
AUDIO = ("av", "soundfile", "soxr", "scipy", "mutagen", "PIL", "bot.audio")
Task = Callable[[], object]


def main() -> None:
    """Print speed, then memory, throughput and what the serving process imports."""
    given = [Path(word) for word in sys.argv[1:] if not word.startswith("--") and Path(word).suffix != ".json"]
    with tempfile.TemporaryDirectory() as folder:
        song = given[0] if given else write(Path(folder) / "song.mp3", SECONDS)
        long = write(Path(folder) / "long.mp3", LONG)
        show(speed(song))
        print()
        show([*memory(song, long), *throughput(song), imports()])


def write(path: Path, seconds: int) -> Path:
    """Write a generated song of that many seconds as MP3."""
    sound = resample(render(songs(count=1)[0]).mean(1), 22_050, RATE)
    samples = np.resize(sound, (1, seconds * RATE)).repeat(2, axis=0)
    with av.open(str(path), "w", format="mp3") as out:
        stream: Any = out.add_stream("libmp3lame", rate=RATE, layout="stereo")
        stream.bit_rate = BITRATE
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples, np.float32), format="fltp", layout="stereo")
        frame.sample_rate = RATE
        for part in (frame, None):
            out.mux(stream.encode(part))
    return path


# ---------------------------------------------------------------- speed
def speed(song: Path) -> list[Row]:
    """Return a row for each way to analyse a song; the last column is relative to our features, decoding included."""
    sound, embedder = read(song), Embedder()
    tasks: dict[str, Task] = {
        "features, decoding included": lambda: features(song),
        "decoding alone": lambda: read(song),
        "features and embedding": lambda: _whole(read(song), embedder),
        **rivals.tasks(song),
    }
    times = in_turns(*tasks.values(), clock=time.process_time)
    return [
        {"what": name, "ms": 1000 * taken, "× real time": sound.seconds / taken, "relative to ours": taken / times[0]}
        for name, taken in zip(tasks, times, strict=True)
    ]


def features(song: Path) -> object:
    return analyse(read(song))


def _whole(sound: Sound, embedder: Embedder) -> object:
    return analyse(sound), embedder.embed(sound.mono, sound.rate)


# ---------------------------------------------------------------- memory, throughput, imports
def memory(song: Path, long: Path) -> list[Row]:
    """Peak resident memory, each measured in a process of its own."""
    ours = (
        "from bot.audio.files.decode import read; "
        "from bot.audio.analysis.features import analyse; "
        "analyse(read(Path({!r})))"
    ).format
    theirs = "from benchmarks.rivals import librosa_core; librosa_core(Path({!r}))".format
    rows: list[Row] = [
        {"what": "MB, features of 30 s", "measured": _peak_of(ours(str(song)))},
        {"what": "MB, features of 240 s", "measured": _peak_of(ours(str(long)))},
        {"what": "MB, audio process: features and embedding of 30 s", "measured": asyncio.run(_served(song))},
        {"what": "MB, audio process: features and embedding of 240 s", "measured": asyncio.run(_served(long))},
    ]
    if find_spec("librosa"):
        rows.append({"what": "MB, librosa's core features of 30 s", "measured": _peak_of(theirs(str(song)))})
    return rows


def _peak_of(code: str) -> float:
    whole = f"import os; from pathlib import Path; {code}; print(Path('/proc/self/status').read_text())"
    return _peak(apart("-c", whole, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1"))


def _peak(status: str) -> float:
    """Return a process's peak memory in MB, from the text of /proc/PID/status."""
    (most,) = re.findall(r"VmHWM:\s+(\d+)", status)
    return int(most) / 1024


async def _served(song: Path) -> float:
    hearing = Hearing()
    await hearing.analyse(song)
    status = await asyncio.to_thread(Path(f"/proc/{hearing.pid}/status").read_text)
    await hearing.close()
    return _peak(status)


def throughput(song: Path) -> list[Row]:
    """Return the clips analysed per second, by number of processes, as in a folder import."""
    return [
        {
            "what": f"clips per second, {count} process(es), embedding included",
            "measured": asyncio.run(_heard(song, count)),
        }
        for count in range(1, processors() + 1)
    ]


async def _heard(song: Path, count: int) -> float:
    hearings = [Hearing() for _ in range(count)]
    await asyncio.gather(*(hearing.analyse(song) for hearing in hearings))

    async def hear(hearing: Hearing) -> None:
        for _ in range(FILES // count):
            await hearing.analyse(song)

    began = time.perf_counter()
    await asyncio.gather(*map(hear, hearings))
    taken = time.perf_counter() - began
    await asyncio.gather(*(hearing.close() for hearing in hearings))
    return FILES // count * count / taken


def imports() -> Row:
    code = "import json, sys, bot.app, bot.worker; print(json.dumps(list(sys.modules)))"
    modules = [name for name in json.loads(apart("-c", code)) if name.startswith(tuple(f"{part}." for part in AUDIO))]
    return {"what": "audio modules that the serving process imports", "measured": len(modules)}


if __name__ == "__main__":
    main()
