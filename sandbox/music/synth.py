"""Synth: plays a song from the numbers that describe its sound. Pure: the same `Sound` gives the same samples.

Every note is a short array, made once per pitch from a single-cycle table and added wherever it's played, so a song
of twenty seconds takes some ten milliseconds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

RATE = 22050  # samples a second
SECONDS = 20  # approximately; a song ends with a whole bar
BEATS = 4  # per bar
STEPS = 8  # per bar: eighth notes
TABLE = 2048  # samples of one cycle; a power of two
HARMONICS = 24  # of a note, at most
MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)  # semitones above the key
PROGRESSIONS = ((0, 4, 5, 3), (0, 5, 3, 4), (0, 3, 0, 4), (5, 3, 0, 4), (0, 2, 3, 4), (0, 3, 4, 3))  # scale degrees
PLACES = np.array(
    [[0.5, 0.5, 0.62, 0.36], [0.5, 0.5, 0.38, 0.64]], np.float32
)  # left, right: drums, bass, chords, lead

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sound:
    """The parameters of a song's sound. Numbers without a unit run from 0 to 1."""

    seed: int
    tempo: float  # beats a minute
    key: int  # semitones above C
    minor: bool
    swing: float  # delay of off-beats: 1 is a third of a beat, as in a triplet
    drums: float  # level
    bass: float  # level
    density: float  # lead notes per eighth
    brightness: float  # how strong high harmonics are
    drive: float  # distortion
    softness: float  # 0 plucked, 1 pads that swell
    register: float  # of the lead: 0 is C3, 1 is C6
    air: float  # hiss
    lift: float  # how much louder the chorus is than the verse, dB
    level: float  # peak, dB below full scale

    @property
    def bar(self) -> float:
        """The length of a bar in seconds."""
        return 60 / self.tempo * BEATS

    @property
    def bars(self) -> int:
        return max(8, round(SECONDS / self.bar))

    @property
    def seconds(self) -> float:
        return self.bars * self.bar


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the form, with the levels of drums, bass, chords and lead; a chorus is lifted by the song's `lift`."""

    share: float  # of the song's bars
    levels: tuple[float, float, float, float]
    lifted: bool = False


FORM = (
    Section(1 / 8, (0.0, 0.0, 1.0, 0.4)),  # intro
    Section(3 / 8, (1.0, 1.0, 0.8, 0.3)),  # verse
    Section(2 / 8, (1.0, 1.0, 1.0, 1.0), lifted=True),  # chorus
    Section(1 / 8, (0.3, 1.0, 0.9, 0.0)),  # bridge
    Section(1 / 8, (1.0, 1.0, 1.0, 1.0), lifted=True),  # chorus
)


@dataclass(frozen=True, slots=True)
class Note:
    """One note of one part; `pitch` counts semitones as in MIDI, `start` and `length` are seconds."""

    start: float
    pitch: int
    length: float
    level: float


def render(sound: Sound) -> Samples:
    """Play `sound`: shape (samples, 2) at RATE, peaking at `sound.level` dB."""
    rng = np.random.default_rng(sound.seed)
    parts = np.zeros((len(PLACES[0]), round(sound.seconds * RATE)), np.float32)
    _play_drums(parts[0], sound, rng)
    _play_notes(parts[1], bass_line(sound, rng), sound, softness=0.1, brightness=sound.brightness * 0.5)
    _play_notes(parts[2], chords(sound, rng), sound, softness=sound.softness, brightness=sound.brightness)
    _play_notes(parts[3], lead(sound, rng), sound, softness=sound.softness * 0.5, brightness=sound.brightness)
    return mastered(parts, sound, rng)


def section_of(bar: int, bars: int) -> Section:
    """Return the part of the form that `bar` of `bars` falls in."""
    ends = np.cumsum([section.share for section in FORM])
    return FORM[int(np.searchsorted(ends, (bar + 0.5) / bars))]


# ---------------------------------------------------------------- who plays what
def _bars(sound: Sound, part: int) -> Iterator[tuple[int, float, float]]:
    """Yield every bar in which `part` plays: its number, its start in seconds, and the part's level there."""
    for bar in range(sound.bars):
        section = section_of(bar, sound.bars)
        lift = 1.0 if section.lifted else 10 ** (-sound.lift / 20)
        if section.levels[part]:
            yield bar, bar * sound.bar, section.levels[part] * lift


def _step(sound: Sound, step: int) -> float:
    """Return when the `step`-th eighth of a bar comes, in seconds after its start; swing delays every second one."""
    eighth = sound.bar / STEPS
    return (step + (sound.swing / 3 if step % 2 else 0.0)) * eighth


def semitones(sound: Sound, degree: int) -> int:
    """Return the semitones above the key for a degree of its scale, over as many octaves as needed."""
    octave, step = divmod(degree, 7)
    return octave * 12 + (MINOR if sound.minor else MAJOR)[step]


def _progression(sound: Sound) -> tuple[int, ...]:
    return PROGRESSIONS[sound.seed % len(PROGRESSIONS)]


def bass_line(sound: Sound, rng: np.random.Generator) -> Iterator[Note]:
    """The chord's root on every beat or every second one, and a fifth now and then."""
    stride = 2 if sound.density > 0.4 else 4
    for bar, start, level in _bars(sound, 1):
        root = 36 + sound.key + semitones(sound, _progression(sound)[bar % 4])
        for step in range(0, STEPS, stride):
            pitch = root + (7 if rng.random() < 0.15 else 0)
            yield Note(start + _step(sound, step), pitch, stride * sound.bar / STEPS, level * sound.bass)


def chords(sound: Sound, rng: np.random.Generator) -> Iterator[Note]:
    """Triads: held for a bar if the sound is soft, otherwise struck in a rhythm that the song keeps."""
    strokes = [0] if sound.softness > 0.5 else sorted({0, *rng.choice(STEPS, 3, replace=False).tolist()})
    for bar, start, level in _bars(sound, 2):
        degree = _progression(sound)[bar % 4]
        for step, until in zip(strokes, [*strokes[1:], STEPS], strict=True):
            for third in (0, 2, 4):
                pitch = 48 + sound.key + semitones(sound, degree + third)
                yield Note(start + _step(sound, step), pitch, (until - step) * sound.bar / STEPS, level * 0.3)


def lead(sound: Sound, rng: np.random.Generator) -> Iterator[Note]:
    """A two-bar walk over the scale that repeats, on as many eighths as the density says."""
    base = 48 + sound.key + 12 * round(sound.register * 3 - 0.5)
    played = rng.random(2 * STEPS) < 0.15 + 0.8 * sound.density
    walk = np.cumsum(rng.integers(-2, 3, 2 * STEPS)) % 9
    for bar, start, level in _bars(sound, 3):
        for step in range(STEPS):
            at = bar % 2 * STEPS + step
            if played[at]:
                pitch = base + semitones(sound, int(walk[at]) + _progression(sound)[bar % 4] % 3)
                yield Note(start + _step(sound, step), pitch, 1.5 * sound.bar / STEPS, level * 0.4)


# ---------------------------------------------------------------- how it sounds
def _play_notes(part: Samples, notes: Iterator[Note], sound: Sound, softness: float, brightness: float) -> None:
    """Add `notes` to `part`, each pitch and length made once."""
    made: dict[tuple[int, float], Samples] = {}
    for note in notes:
        kind = (note.pitch, note.length)
        if kind not in made:
            made[kind] = tone(note.pitch, note.length, softness, brightness)
        add(part, note.start, made[kind], note.level)


def tone(pitch: int, length: float, softness: float, brightness: float) -> Samples:
    """A note of `length` seconds with its release: plucked and decaying, or swelling and sustained."""
    frequency = 440 * 2 ** ((pitch - 69) / 12)
    time = np.arange(round((length + 0.08) * RATE), dtype=np.float32) / RATE
    cycle = _cycle(min(HARMONICS, int(0.45 * RATE / frequency)), round(brightness, 2))
    wave = cycle[(time * (frequency * TABLE)).astype(np.int32) & (TABLE - 1)]
    attack = np.minimum(1, time / (0.004 + 0.25 * softness * min(length, 1)))
    decay = np.exp(-time * ((1 - softness) * 5 / max(length, 0.15)))
    release = np.minimum(1, np.maximum(0, (length + 0.08 - time) / 0.08))
    return np.asarray(wave * attack * decay * release, np.float32)


@lru_cache(maxsize=4096)
def _cycle(harmonics: int, brightness: float) -> Samples:
    """One cycle of a wave whose n-th harmonic has level n to the power of -3 (dull) to -0.7 (bright)."""
    sines = _sines()[: max(1, harmonics)]
    wave = np.arange(1, len(sines) + 1) ** -(3 - 2.3 * brightness) @ sines
    return np.asarray(wave / np.abs(wave).max(), np.float32)


@lru_cache
def _sines() -> NDArray[np.float64]:
    """One cycle of every harmonic: shape (HARMONICS, TABLE)."""
    return np.asarray(np.sin(np.outer(np.arange(1, HARMONICS + 1), 2 * np.pi * np.arange(TABLE) / TABLE)))


def _play_drums(part: Samples, sound: Sound, rng: np.random.Generator) -> None:
    """Kick, snare and hats; the faster the song, the likelier there's a kick on every beat."""
    drums = kit(sound, rng)
    kicks = (0, 2, 4, 6) if sound.tempo > 118 else (0, 4, 5) if rng.random() < 0.5 else (0, 4)
    hats = range(STEPS) if sound.density > 0.3 else range(0, STEPS, 2)
    pattern = [*((0, step) for step in kicks), (1, 2), (1, 6), *((2, step) for step in hats)]
    for _, start, level in _bars(sound, 0):
        for drum, step in pattern:
            add(part, start + _step(sound, step), drums[drum], level * sound.drums * rng.uniform(0.8, 1))


def kit(sound: Sound, rng: np.random.Generator) -> tuple[Samples, Samples, Samples]:
    """A kick falling from 150 to 50 Hz, a snare of tone and noise, a hat of noise without its low end."""
    time = np.arange(RATE // 5, dtype=np.float32) / RATE
    noise = rng.standard_normal(len(time)).astype(np.float32)
    thin = np.diff(noise, prepend=np.float32(0))
    kick = np.sin(2 * np.pi * (50 * time + 100 / 30 * (1 - np.exp(-30 * time)))) * np.exp(-14 * time)
    snare = (0.5 * np.sin(2 * np.pi * 190 * time) + 0.35 * noise) * np.exp(-22 * time)
    hat = thin * np.exp(-(90 - 50 * sound.brightness) * time)
    snare *= 0.4 + 0.4 * sound.brightness
    hat *= 0.06 + 0.16 * sound.brightness
    return kick.astype(np.float32), snare.astype(np.float32), hat.astype(np.float32)


def add(part: Samples, start: float, wave: Samples, level: float) -> None:
    first = round(start * RATE)
    room = part[first : first + len(wave)]
    room += wave[: len(room)] * np.float32(level)


def _distort(parts: Samples, drive: float) -> None:
    """Clip the waves softly, in place, lowering their level to match, so drive changes colour rather than loudness."""
    parts *= 1 + 9 * drive
    parts /= 1 + np.abs(parts)
    parts *= 0.8 - 0.3 * drive


def mastered(parts: Samples, sound: Sound, rng: np.random.Generator) -> Samples:
    """Distort chords and lead, add hiss, mix down to stereo, and set the peak to the song's level."""
    if sound.drive > 0.05:
        _distort(parts[2:], sound.drive)
    hiss = rng.standard_normal(RATE).astype(np.float32) * np.float32(0.02 * sound.air)
    parts[3] += np.resize(hiss, parts.shape[1])
    mix = np.stack([sum(part * place for part, place in zip(parts, side, strict=True)) for side in PLACES], axis=1)
    peak = float(np.abs(mix).max()) or 1.0
    return mix * np.float32(10 ** (sound.level / 20) / peak)
