"""Grooves: generated music of many styles with known tempo and key, to learn tempo octaves from and to test on.

Not for listening: kick, snare and hats in the styles' usual patterns, with chords, a bass and a melody. Tone, levels,
room and distortion are random, so only what a style has in common can be learned. Pure: the same style and seed give
the same samples.
"""

from dataclasses import dataclass
from zlib import crc32

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from training.hearing.styles import Bar, Note, Style, eighths, riff

RATE = 22_050  # samples a second
HARMONICS = 16  # of a note, at most
MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)  # semitones above the tonic
PROGRESSIONS = ((0, 4, 5, 3), (0, 5, 3, 4), (0, 3, 0, 4), (5, 3, 0, 4), (0, 2, 3, 4), (0, 3, 4, 3))  # scale degrees
RELEASE = 0.08  # seconds that a note keeps sounding

Samples = NDArray[np.float32]
Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class Groove:
    """Samples, shape (n,) at RATE, and the truth: beats a minute, semitones above C, and 0 for minor or 1 for major."""

    samples: Samples
    tempo: float
    key: int
    mode: int


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A style at a tempo. starts: of its bars, and step: a step's length, in seconds; kicks: the steps with a kick."""

    style: Style
    starts: NDArray[np.float64]
    step: float
    kicks: tuple[int, ...]

    def moment(self, start: float, step: float) -> float:
        """When a step of the bar from `start` is played (s): the second half of a swung beat comes late."""
        late = self.style.swing * 2 / 3 * 2 if self.style.swing and step % 4 == 2 else 0.0
        return start + (step + late) * self.step


# ---------------------------------------------------------------- playing
def play(style: Style, seed: int, seconds: float = 15.0) -> Groove:
    """Return a groove of `style`, starting anywhere in a bar."""
    rng = np.random.default_rng([seed, crc32(style.name.encode())])
    tempo = float(np.exp(rng.uniform(*np.log(style.tempi))))
    key, minor = int(rng.integers(12)), bool(rng.random() < 0.5)
    step = 60 / tempo / style.beat
    track = np.zeros(round(seconds * RATE), np.float32)
    start = -rng.uniform(0, style.steps) * step
    rhythm = Rhythm(style, np.arange(start, seconds, style.steps * step), step, _strokes(style.kicks, rng))
    _play_drums(track, rhythm, rng)
    _play_notes(track, rhythm, _notes(rhythm, key, MINOR if minor else MAJOR, rng), rng)
    return Groove(_mastered(track, style, rng), tempo, key, 0 if minor else 1)


def _strokes(patterns: tuple[str, ...], rng: Rng) -> tuple[int, ...]:
    pattern = patterns[rng.integers(len(patterns))]
    return tuple(step for step, mark in enumerate(pattern) if mark == "x")


def _play_drums(track: Samples, rhythm: Rhythm, rng: Rng) -> None:
    style, kicks = rhythm.style, rhythm.kicks
    kick, snare, hat = _kit(rng)
    parts = ((kick, kicks), (snare, _strokes(style.snares, rng)), (hat, _strokes(style.hats, rng)))
    level, fills = rng.uniform(0.3, 1.2), rng.random() < 0.5 and bool(kicks)
    for bar, start in enumerate(rhythm.starts):
        for drum, strokes in parts:
            for at in strokes:
                accent = 1.0 if at % 4 == 0 else 0.75
                _add(track, rhythm.moment(start, at), drum, level * accent * rng.uniform(0.7, 1))
        for at in range(style.steps - 4, style.steps) if fills and bar % 4 == 3 else ():
            _add(track, start + at * rhythm.step, snare, 0.6 * level)


def _notes(rhythm: Rhythm, key: int, scale: tuple[int, ...], rng: Rng) -> list[list[Note]]:
    """The notes of each bar: chords repeat every four or eight bars, the melody every two."""
    style = rhythm.style
    progression = PROGRESSIONS[rng.integers(len(PROGRESSIONS))]
    hold, variant = int(rng.integers(1, 3)), int(rng.integers(6))
    strokes = tuple(sorted({0, *(2 * rng.choice(style.steps // 2, 4, replace=False)).tolist()}))
    melody = _melody(style.steps, key, scale, rng)
    played = []
    for bar in range(len(rhythm.starts)):
        degree = progression[bar // hold % 4]
        root, third, fifth = (_pitch(48 + key, scale, degree + above) for above in (0, 2, 4))
        setting = Bar(style.steps, rhythm.kicks, (root, third, fifth), root - (24 if key > 7 else 12), variant, strokes)
        played.append([*style.player(setting), *melody[bar % 2]])
    return played


def _melody(steps: int, key: int, scale: tuple[int, ...], rng: Rng) -> list[list[Note]]:
    """Two bars of a walk over the scale, in eighths or sixteenths, at a random density."""
    sung = rng.random(2 * steps) < 0.15 + 0.45 * rng.random()
    sung[1::2] &= rng.random() < 0.5
    walk, level = np.cumsum(rng.integers(-2, 3, 2 * steps)) % 10, rng.uniform(0.05, 0.45)
    bars: list[list[Note]] = [[], []]
    for at in np.flatnonzero(sung).tolist():
        length = float(rng.choice([1.5, 3, 4]))
        bars[at // steps].append(Note(at % steps, _pitch(60 + key, scale, int(walk[at])), length, level))
    return bars


def _pitch(tonic: int, scale: tuple[int, ...], degree: int) -> int:
    octave, step = divmod(degree, len(scale))
    return tonic + 12 * octave + scale[step]


def _play_notes(track: Samples, rhythm: Rhythm, bars: list[list[Note]], rng: Rng) -> None:
    brightness, softness, level = rng.uniform(0.1, 0.9), rng.uniform(0, 0.6), rng.uniform(0.5, 1.2)
    loose = float(rng.choice([0.0, 0.004, 0.012]))  # seconds; timing error
    made: dict[tuple[int, float], Samples] = {}
    for start, notes in zip(rhythm.starts, bars, strict=True):
        for note in notes:
            kind = (note.pitch, note.length)
            if kind not in made:
                made[kind] = tone(note.pitch, note.length * rhythm.step, softness, brightness)
            at = rhythm.moment(start, note.step) + loose * rng.standard_normal()
            _add(track, at, made[kind], level * note.level * rng.uniform(0.7, 1))


# ---------------------------------------------------------------- sound
def tone(pitch: float, seconds: float, softness: float = 0.2, brightness: float = 0.5) -> Samples:
    """A note, plucked and decaying (softness 0) or swelling and sustained (1); brighter means more overtones."""
    frequency = 440 * 2 ** ((pitch - 69) / 12)
    time = np.arange(round((seconds + RELEASE) * RATE)) / RATE
    harmonics = np.arange(1, max(1, min(HARMONICS, int(0.45 * RATE / frequency))) + 1)
    levels = harmonics ** -(3 - 2.3 * brightness)
    turn = np.exp(2j * np.pi * frequency * time)
    wave = np.polyval([*(levels / levels.sum())[::-1], 0], turn).imag
    attack = np.minimum(1, time / (0.004 + 0.25 * softness * min(seconds, 1)))
    decay = np.exp(-time * (1 - softness) * 5 / max(seconds, 0.15))
    release = np.clip((seconds + RELEASE - time) / RELEASE, 0, 1)
    return np.asarray(wave * attack * decay * release, np.float32)


def _kit(rng: Rng) -> tuple[Samples, Samples, Samples]:
    """A kick with falling pitch, a snare of tone and noise, a hat of noise without its low end."""
    time = np.arange(RATE // 3) / RATE
    noise = rng.standard_normal(len(time))
    sweep = rng.uniform(42, 65) * time + rng.uniform(1, 4) * (1 - np.exp(-30 * time))
    kick = np.sin(2 * np.pi * sweep) * np.exp(-rng.uniform(8, 25) * time)
    kick += rng.uniform(0, 0.2) * noise * np.exp(-200 * time)
    snare = rng.uniform(0.2, 0.7) * np.sin(2 * np.pi * rng.uniform(160, 240) * time) + rng.uniform(0.2, 0.6) * noise
    snare *= np.exp(-rng.uniform(12, 35) * time)
    hat = rng.uniform(0.08, 0.35) * np.diff(noise, prepend=0) * np.exp(-np.exp(rng.uniform(1.8, 4.8)) * time)
    return kick.astype(np.float32), snare.astype(np.float32), hat.astype(np.float32)


def _add(track: Samples, seconds: float, wave: Samples, level: float) -> None:
    """Add the part of `wave` that falls within `track`."""
    first = round(seconds * RATE)
    heard = wave[max(0, -first) :]
    room = track[max(0, first) :]
    count = min(len(heard), len(room))
    room[:count] += heard[:count] * np.float32(level)


def _mastered(track: Samples, style: Style, rng: Rng) -> Samples:
    """Distort it if the style or chance says so, perhaps add a room, add hiss, and set the peak to 0.9."""
    if style.player in (riff, eighths) or rng.random() < 0.2:
        drive = np.float32(rng.uniform(1, 6))
        track = track * drive / (1 + np.abs(track * drive))
    if rng.random() < 0.4:
        time = np.arange(RATE // 4) / RATE
        room = rng.uniform(0.02, 0.08) * rng.standard_normal(len(time)) * np.exp(-rng.uniform(10, 30) * time)
        room[0] = 1
        track = scipy.signal.fftconvolve(track, room)[: len(track)]
    hiss = 10 ** rng.uniform(-5, -2.3) * rng.standard_normal(len(track))
    return np.asarray(0.9 * (track + hiss) / np.abs(track + hiss).max(), np.float32)
