"""Arrangement: charts played by a band of General MIDI instruments, rendered by fluidsynth with a free sound font.

Who plays, how, how fast and how high is random, so that only what a chart says can be learned. Needs the command
`fluidsynth` and a sound font (Debian: fluidsynth, fluid-soundfont-gm, timgm6mb-soundfont).
"""

import csv
import os
import struct
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from zlib import crc32

import numpy as np
import soundfile
from numpy.typing import NDArray

from bot.environment import passed_on
from training.hearing.charts import SUFFIXES, Chart, Chord, read_charts
from training.hearing.truth import MODES, NAME, Key
from training.problems import InputProblem

RATE = 22_050  # Hz
SECONDS = 30.0
TICKS = 480  # a quarter note
PADS = ((0, 8), (16, 21), (24, 32), (48, 53), (88, 92))  # ranges of General MIDI programs: who plays the chords,
BASSES = ((32, 40),)  # the bass
LEADS = ((0, 6), (22, 32), (40, 42), (52, 54), (56, 57), (64, 76), (80, 84))  # and the melody
SHORTEST = 8  # whole notes; a shorter stretch says little about its key
TAKES = {0: 2, 1: 1}  # by mode: charts in minor are rarer
NOTES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
KICK, SNARE, HAT, DRUMS = 36, 38, 42, 9  # General MIDI: notes of the kit, and its channel

Samples = NDArray[np.float32]
Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class Played:
    """A note: channel, pitch as in MIDI, start and length in quarter notes, and how hard (1 to 127)."""

    channel: int
    pitch: int
    start: float
    length: float
    force: int


def take_down(folders: Sequence[Path]) -> list[tuple[str, Chart]]:
    """Return each song's longest stretch in minor and in major, with the name of its collection.

    Raises InputProblem if a folder holds no charts.
    """
    found: list[tuple[str, Chart]] = []
    for folder in folders:
        files = sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES and path.parent.name == "Data")
        if not files:
            raise InputProblem(f"{folder}: no charts; CoCoPops keeps them in Billboard/Data and RollingStone/Data")
        for path in files:
            long = [chart for chart in read_charts(path) if chart.length >= SHORTEST]
            by_mode = ([chart for chart in long if chart.key.mode == mode] for mode in TAKES)
            longest = (max(charts, key=lambda chart: chart.length) for charts in by_mode if charts)
            found += [(path.parent.parent.name, chart) for chart in longest]
    return found


def record(charts: Iterable[tuple[str, Chart]], fonts: Sequence[Path], out: Path) -> None:
    """Play every chart, with the fonts in turn, and write the recordings and their truth into `out`."""
    modes = {number: name for name, number in MODES.items()}
    with (out / NAME).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "key", "mode", "source", "artists", "kind"])
        for at, (source, chart) in enumerate(charts):
            for take in range(TAKES[chart.key.mode]):
                samples, key = arrange(chart, take, fonts[(at + take) % len(fonts)])
                name = f"{source}-{chart.name}-{modes[key.mode]}-{take}.flac"
                soundfile.write(out / name, samples, RATE)
                writer.writerow([name, NOTES[key.tonic], modes[key.mode], source, chart.name, "midi"])


def arrange(chart: Chart, seed: int, font: Path) -> tuple[Samples, Key]:
    """Play SECONDS of `chart` from anywhere in it, and return the samples, (n,) at RATE, with their key.

    The same seed and font give the same samples. Raises InputProblem if fluidsynth can't be run.
    """
    rng = np.random.default_rng([seed, crc32(chart.name.encode()), chart.key.tonic])
    shift, tempo = int(rng.integers(-6, 6)), float(np.exp(rng.uniform(*np.log((70, 150)))))
    window = SECONDS * tempo / 60  # quarter notes
    latest = max(0.0, float(chart.length) * 4 - window)
    start = float(np.floor(rng.uniform(0, latest) / 4) * 4)
    programs = [int(rng.integers(*group[rng.integers(len(group))])) for group in (PADS, BASSES, LEADS)]
    notes = [
        Played(note.channel, note.pitch + (shift if note.channel != DRUMS else 0), at, length, note.force)
        for note in _band(chart, rng)
        if (at := max(note.start, start) - start) < (end := min(note.start + note.length - start, window))
        and (length := end - at) > 0.05
    ]
    samples = _render(_midi(notes, programs, tempo), font)
    return samples, Key((chart.key.tonic + shift) % 12, chart.key.mode)


def _band(chart: Chart, rng: Rng) -> Iterator[Played]:
    """Every note of the whole chart."""
    starts = [4 * float(chord.start) for chord in chart.chords]
    spans = list(zip(chart.chords, starts, [*starts[1:], 4 * float(chart.length)], strict=True))
    yield from _chords(spans, rng)
    yield from _bass(spans, rng)
    loud = int(rng.integers(60, 115))
    octave = 12 * int(rng.integers(0, 2))
    for note in chart.melody:
        yield Played(2, note.pitch + octave, 4 * float(note.start), 4 * float(note.length), loud)
    if rng.random() < 0.75:
        yield from _drums(4 * float(chart.length), rng)


def _chords(spans: Sequence[tuple[Chord, float, float]], rng: Rng) -> Iterator[Played]:
    style, loud, low = rng.integers(4), int(rng.integers(45, 90)), int(rng.integers(50, 60))
    stride = float(rng.choice([0.5, 1, 2]))
    for chord, start, end in spans:
        voiced = sorted(low + (chord.root + step - low) % 12 for step in chord.notes)
        if style == 0:
            yield from (Played(0, pitch, start, end - start, loud) for pitch in voiced)
            continue
        for count, at in enumerate(np.arange(start, end, stride)):
            length = min(stride, end - at)
            if style == 1:
                yield from (Played(0, pitch, float(at), length * 0.9, loud) for pitch in voiced)
            elif style == 2:
                yield Played(0, voiced[count % len(voiced)], float(at), length * 1.5, loud + 10)
            elif count % 2:
                yield from (Played(0, pitch, float(at), length * 0.5, loud) for pitch in voiced)
        if style == 3 and end - start <= stride:
            yield from (Played(0, pitch, start, end - start, loud) for pitch in voiced)


def _bass(spans: Sequence[tuple[Chord, float, float]], rng: Rng) -> Iterator[Played]:
    style, loud = rng.integers(4), int(rng.integers(60, 110))
    stride = float(rng.choice([0.5, 1, 2]))
    for chord, start, end in spans:
        low = 28 + (chord.bass - 28) % 12
        fifth = low + 7
        if style == 0:
            yield Played(1, low, start, end - start, loud)
            continue
        for count, at in enumerate(np.arange(start, end, stride)):
            other = {1: low, 2: fifth, 3: low + 12}[int(style)]
            yield Played(1, other if count % 2 else low, float(at), min(stride, end - at) * 0.95, loud)


def _drums(length: float, rng: Rng) -> Iterator[Played]:
    loud, hats = int(rng.integers(50, 110)), float(rng.choice([0.25, 0.5, 1]))
    for beat in np.arange(0, length):
        yield Played(DRUMS, SNARE if beat % 2 else KICK, float(beat), 0.25, loud)
    for at in np.arange(0, length, hats):
        yield Played(DRUMS, HAT, float(at), 0.2, loud - 15)


# ---------------------------------------------------------------- MIDI and sound
def _midi(notes: Sequence[Played], programs: Sequence[int], tempo: float) -> bytes:
    """Return a Standard MIDI File (RP-001), format 0."""
    events = [(0, bytes([0xFF, 0x51, 3]) + round(60e6 / tempo).to_bytes(3, "big"))]
    events += [(0, bytes([0xC0 | channel, program])) for channel, program in enumerate(programs)]
    for note in notes:
        first = round(note.start * TICKS)
        last = max(first + 1, round((note.start + note.length) * TICKS) - 1)
        events.append((first, bytes([0x90 | note.channel, note.pitch % 128, note.force])))
        events.append((last, bytes([0x80 | note.channel, note.pitch % 128, 0])))
    track, now = bytearray(), 0
    for at, event in sorted(events, key=lambda pair: (pair[0], pair[1][0] >> 4 == 9)):
        track += _variable(at - now) + event
        now = at
    track += bytes([0, 0xFF, 0x2F, 0])
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, TICKS) + b"MTrk" + struct.pack(">I", len(track)) + bytes(track)


def _variable(number: int) -> bytes:
    """A MIDI variable-length quantity: seven bits a byte, all but the last marked."""
    parts = [number & 0x7F]
    while number := number >> 7:
        parts.append(number & 0x7F | 0x80)
    return bytes(reversed(parts))


def _render(midi: bytes, font: Path) -> Samples:
    player = which("fluidsynth")
    if player is None:
        raise InputProblem("fluidsynth isn't installed")
    with tempfile.TemporaryDirectory() as folder:
        song, wave = Path(folder) / "song.mid", Path(folder) / "song.wav"
        song.write_bytes(midi)
        command = [player, "-niq", "-g", "0.4", "-r", str(RATE), "-F", str(wave), str(font), str(song)]
        done = subprocess.run(command, env=passed_on(os.environ), check=False, capture_output=True)  # noqa: S603 - ours
        if done.returncode or not wave.is_file():
            raise InputProblem(f"fluidsynth can't play with {font}")
        samples, _ = soundfile.read(wave, dtype="float32", always_2d=True)
    return np.ascontiguousarray(samples[: round(SECONDS * RATE)].mean(1), np.float32)
