"""Arranged songs: whole songs with a known form, for finding their highlights. The same seed gives the same song.

A song is a sequence of sections. Every kind of section (intro, verse, pre-chorus, chorus, bridge, solo, outro) has its
own chords, melody and rhythm, which return whenever the kind does: a chorus almost note for note, a verse with
variations (its words change). Chance adds what would mislead a judgement by loudness or repetition alone: choruses no
louder than the verse, solos louder than everything, more verses than choruses, a last chorus in another key,
fade-outs, fills, and players who are slightly off the beat. Sounds come from `synth`.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import soundfile

from bot.core.library import tables
from sandbox.music import synth
from sandbox.music.songs import sound_of
from sandbox.music.styles import STYLES
from sandbox.music.synth import PROGRESSIONS, RATE, STEPS, Samples, Sound

CHORUS = "chorus"
FORMS = (
    "intro verse chorus verse chorus bridge chorus chorus outro",
    "intro verse verse chorus verse chorus solo chorus outro",
    "chorus verse chorus verse bridge chorus outro",
    "intro verse pre chorus verse pre chorus bridge chorus chorus",
    "verse chorus verse chorus solo verse chorus outro",
    "intro chorus verse pre chorus verse pre chorus chorus outro",
    "intro verse verse chorus verse verse chorus bridge verse chorus",
)
LENGTHS = {
    "intro": (4, 8),
    "verse": (12, 16),
    "pre": (4,),
    "chorus": (8,),
    "bridge": (8,),
    "solo": (8, 12),
    "outro": (4, 8),
}
LONG_ENOUGH = 16.0  # minimum seconds of a chorus: a clip of 20 s should fit into most
LEVELS = {  # of drums, bass, chords and lead
    "intro": (0.0, 0.2, 0.9, 0.4), "verse": (0.9, 1.0, 0.8, 0.9), "pre": (0.8, 0.9, 0.9, 0.8),
    "chorus": (1.0, 1.0, 1.0, 1.0), "bridge": (0.3, 0.8, 1.0, 0.4),
    "solo": (1.0, 1.0, 0.8, 1.2), "outro": (0.4, 0.6, 0.8, 0.3),
}  # fmt: skip
EVEN = 0.1  # root mean square of every section in a song without loudness differences
LATE = 0.008  # seconds; standard deviation of a player's timing


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a song: some number of bars, from `start` to `end` in seconds."""

    kind: str
    bars: int
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Material:
    """The content of a kind of section: chords per bar, the lead's (step, degree), chord strokes, levels."""

    chords: tuple[int, ...]
    melody: tuple[tuple[int, int], ...]
    strokes: tuple[int, ...]
    levels: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Arranged:
    """A song to play: `plan` lists kinds and bars in order; `evened` gives all sections the same loudness."""

    sound: Sound
    plan: tuple[tuple[str, int], ...]
    material: dict[str, Material]
    evened: bool
    lifts: dict[str, float]  # dB by kind
    modulation: int  # semitones up in the last chorus
    fading: float  # seconds at the end

    @property
    def sections(self) -> list[Section]:
        edges = np.cumsum([0, *(bars for _, bars in self.plan)]) * self.sound.bar
        return [
            Section(kind, bars, float(start), float(end))
            for (kind, bars), (start, end) in zip(self.plan, pairwise(edges), strict=True)
        ]


# ---------------------------------------------------------------- drawing
def arranged(seed: int, families: Sequence[int] = range(len(STYLES))) -> Arranged:
    """Draw a song in one of the styles with these numbers."""
    rng = np.random.default_rng([seed, 77])
    sound = sound_of(rng, STYLES[families[seed % len(families)]], seed)
    sound = replace(sound, tempo=float(np.clip(sound.tempo, 70, 160)))
    plan = tuple(_bars(rng, sound, FORMS[rng.integers(len(FORMS))].split()))
    kinds = dict.fromkeys(kind for kind, _ in plan)
    evened = bool(rng.random() < 0.5)
    lifts = {CHORUS: 0.0 if evened else float(rng.uniform(0, 3)), "solo": float(rng.uniform(-1, 4))}
    fading = float(rng.uniform(5, 15)) if rng.random() < 0.4 else 0.0
    modulation = int(rng.choice([1, 2])) if rng.random() < 0.25 else 0
    material = {kind: _material(rng, sound, kind) for kind in kinds}
    return Arranged(sound, plan, material, evened, lifts, modulation, fading)


def _bars(rng: np.random.Generator, sound: Sound, kinds: list[str]) -> Iterator[tuple[str, int]]:
    chosen = {kind: int(rng.choice(LENGTHS[kind])) for kind in dict.fromkeys(kinds)}
    while chosen[CHORUS] * sound.bar < LONG_ENOUGH:
        chosen[CHORUS] += 4
    return ((kind, chosen[kind]) for kind in kinds)


def _material(rng: np.random.Generator, sound: Sound, kind: str) -> Material:
    busy = 0.15 + 0.6 * sound.density * rng.uniform(0.7, 1.3)
    steps = [step for step in range(4 * STEPS) if rng.random() < busy] or [0]
    degrees = np.abs(np.cumsum(rng.integers(-2, 3, len(steps))) + rng.integers(0, 8)) % 10
    strokes = (0,) if sound.softness > 0.6 else tuple(sorted({0, *rng.choice(STEPS, 3, replace=False).tolist()}))
    levels = np.array(LEVELS[kind]) * rng.uniform(0.7, 1.25, 4)
    melody = tuple(zip(steps, degrees.tolist(), strict=True))
    return Material(PROGRESSIONS[rng.integers(len(PROGRESSIONS))], melody, strokes, tuple(levels.tolist()))


# ---------------------------------------------------------------- playing
def play(song: Arranged) -> Samples:
    """Return the song as (samples, 2) at RATE."""
    rng = np.random.default_rng(song.sound.seed)
    parts = np.zeros((4, round(song.sections[-1].end * RATE)), np.float32)
    drums, tone = synth.kit(song.sound, rng), cache(partial(_tone, song.sound))
    last = max(section.start for section in song.sections if section.kind == CHORUS)
    for section in song.sections:
        shift = song.modulation if section.start >= last else 0
        _play_drums(parts[0], song, section, drums, rng)
        for part, start, pitch, length, level in _notes(song, section, shift, rng):
            when = max(0.0, section.start + start + rng.normal(0, LATE))
            synth.add(parts[part], when, tone(part, pitch, length), level)
        _level(parts, song, section)
    mix = synth.mastered(parts, song.sound, rng)
    fade = round(song.fading * RATE)
    mix[len(mix) - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)[:, None]
    return mix


def _tone(sound: Sound, part: int, pitch: int, length: float) -> Samples:
    softness, brightness = ((0, 0), (0.1, 0.5), (1, 1), (0.5, 1.1))[part]
    return synth.tone(pitch, length, sound.softness * softness, min(1.0, sound.brightness * brightness))


def _notes(
    song: Arranged, section: Section, shift: int, rng: np.random.Generator
) -> Iterator[tuple[int, float, int, float, float]]:
    """Yield part, seconds after the section's start, pitch, length and level of each bass, chord and lead note."""
    sound, material, step = song.sound, song.material[section.kind], song.sound.bar / STEPS
    base = 48 + sound.key + shift
    for bar in range(section.bars):
        start, degree = bar * sound.bar, material.chords[bar % 4]
        for beat in range(0, STEPS, 2 if sound.density > 0.4 else 4):
            yield 1, start + beat * step, base - 12 + synth.semitones(sound, degree), 2 * step, sound.bass
        for stroke in material.strokes:
            for third in (0, 2, 4):
                yield 2, start + stroke * step, base + synth.semitones(sound, degree + third), 3 * step, 0.3
        for at, note in _turned(material.melody, section.kind, rng):
            if at // STEPS == bar % 4:
                pitch = base + 12 * round(sound.register * 2) + synth.semitones(sound, note)
                yield 3, start + at % STEPS * step, pitch, 1.5 * step, 0.4


def _turned(melody: Sequence[tuple[int, int]], kind: str, rng: np.random.Generator) -> Iterator[tuple[int, int]]:
    """Vary a melody for this time: a chorus hardly, a verse in one note of four."""
    other = 0.05 if kind == CHORUS else 0.25
    for step, degree in melody:
        yield step, degree + int(rng.integers(-2, 3)) if rng.random() < other else degree


def _play_drums(
    part: Samples, song: Arranged, section: Section, drums: Sequence[Samples], rng: np.random.Generator
) -> None:
    """Play the same beat in every bar, with a fill in the section's last one."""
    level, step = song.material[section.kind].levels[0], song.sound.bar / STEPS
    hats = range(0, STEPS, 1 if song.sound.density > 0.4 else 2)
    beat = [(0, 0), (0, 4), (1, 2), (1, 6), *((2, hat) for hat in hats)]
    fill = [(0, 0), *((1, step) for step in range(2, STEPS))]
    for bar in range(section.bars):
        for drum, at in fill if bar == section.bars - 1 and rng.random() < 0.7 else beat:
            when = section.start + bar * song.sound.bar + at * step + abs(rng.normal(0, LATE))
            synth.add(part, when, drums[drum], level * song.sound.drums * rng.uniform(0.8, 1))


def _level(parts: Samples, song: Arranged, section: Section) -> None:
    """Set a section's level, in place: bass, chords and lead by the kind's, then all by its loudness or lift."""
    stretch = parts[:, round(section.start * RATE) : round(section.end * RATE)]
    stretch[1:] *= np.array(song.material[section.kind].levels[1:], np.float32)[:, None]
    power = float(np.sqrt((stretch.sum(0) ** 2).mean())) or 1.0
    evened = song.evened and section.kind not in ("intro", "outro")
    stretch *= np.float32(EVEN / power if evened else 10 ** (song.lifts.get(section.kind, 0) / 20))


# ---------------------------------------------------------------- files
def write_arranged(folder: Path, seeds: Sequence[int], families: Sequence[int]) -> None:
    """Write songs as `<seed>.flac`, and `sections.csv` with each section's position: file, kind, start, end."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "sections.csv").open("w", newline="") as file:
        tables.write(file, ("file", "kind", "start", "end"), _played(folder, seeds, families))


def _played(folder: Path, seeds: Sequence[int], families: Sequence[int]) -> Iterator[tuple[str, ...]]:
    """Write each song, and yield where its sections are."""
    for seed in seeds:
        song = arranged(seed, families)
        soundfile.write(folder / f"{seed}.flac", play(song), RATE)
        for section in song.sections:
            yield f"{seed}.flac", section.kind, f"{section.start:.3f}", f"{section.end:.3f}"


def main() -> None:
    """`python -m sandbox.music.arranged FOLDER`: write songs whose form is known."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.music.arranged", description="Write songs of known form.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=24)
    parser.add_argument("--seed", type=int, default=0, help="of the first song; each has one of its own")
    parser.add_argument(
        "--styles", type=int, nargs="+", default=range(len(STYLES)), help="numbers of styles to draw from"
    )
    options = parser.parse_args()
    write_arranged(options.folder, range(options.seed, options.seed + options.count), options.styles)


if __name__ == "__main__":
    main()
