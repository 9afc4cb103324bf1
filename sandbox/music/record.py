"""Record: the generated songs as a folder of audio with the truth about them, to measure hearing with.

    python -m sandbox.music.record FOLDER [--songs 240] [--seed 0]

`truth.csv` beside them has what `python -m training evaluate-audio FOLDER` needs: file, bpm, key, mode, style, artist.
A song of two styles is listed under the stronger one.
"""

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tqdm import tqdm

from bot.core.library import tables
from sandbox.music.songs import Song, songs, write_audio

NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
HEADERS = ("file", "bpm", "key", "mode", "style", "artist", "kind", "source")
WORKERS = 2  # numpy and libsndfile release the interpreter lock


def main(arguments: Sequence[str]) -> int:
    """Write the folder; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.music.record", description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--songs", type=int, default=240)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    try:
        record(songs(options.seed, options.songs), options.folder)
    except OSError as problem:
        print(f"sandbox: {problem}", file=sys.stderr)
        return 1
    return 0


def record(made: Sequence[Song], folder: Path) -> None:
    """Write each song as `<id>.ogg`, and `truth.csv` after all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(WORKERS) as pool:
        written = pool.map(lambda song: write_audio(song, folder / file_name(song)), made)
        for _ in tqdm(written, total=len(made), unit=" songs", disable=None):
            pass
    with (folder / "truth.csv").open("w", newline="", encoding="utf-8") as file:
        tables.write(file, HEADERS, map(truth, made))


def file_name(song: Song) -> str:
    return f"{song.id}.ogg"


def truth(song: Song) -> tuple[str, ...]:
    """Return a song's line in `truth.csv`, in the order of HEADERS."""
    sound = song.sound
    mode = "minor" if sound.minor else "major"
    names = (NAMES[sound.key % 12], mode, song.styles[0], song.artist)
    return (file_name(song), str(sound.tempo), *names, "generated", "sandbox")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
