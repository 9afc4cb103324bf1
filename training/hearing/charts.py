"""Charts: chords and melody of pop songs whose key musicologists wrote down, read from CoCoPops' humdrum files.

CoCoPops (Arthur & Condit-Schultz 2023, "The Coordinated Corpus of Popular Musics") holds the McGill Billboard songs
(Burgoyne et al. 2011) and the Rolling Stone corpus (de Clercq & Temperley 2011). Its files stay where they are; only
weights learned from what `arrangement` plays of them are ours.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from training.hearing.truth import Key, pitch_class

SUFFIXES = (".hum", ".harm")
CHORDS, MELODY = "**harte", "**kern"
TIMED = ("**harm", MELODY)  # columns whose cells begin with a length
KEY = re.compile(r"\*([A-Ga-g])([-#]?):")
TIMEBASE = re.compile(r"\*tb(\d+)")
LENGTH = re.compile(r"(\d+)(%\d+)?(\.*)")
CHORD = re.compile(r"([A-G])([-#]*):?([^/]*)(?:/(.*))?$")
PITCH = re.compile(r"([A-Ga-g])\1*([-#]*)")
QUALITIES = {  # semitones above the root
    "maj": (0, 4, 7),
    "min": (0, 3, 7),
    "dim": (0, 3, 6),
    "aug": (0, 4, 8),
    "sus4": (0, 5, 7),
    "sus2": (0, 2, 7),
    "maj7": (0, 4, 7, 11),
    "min7": (0, 3, 7, 10),
    "7": (0, 4, 7, 10),
    "hdim7": (0, 3, 6, 10),
    "dim7": (0, 3, 6, 9),
    "maj6": (0, 4, 7, 9),
    "min6": (0, 3, 7, 9),
    "maj9": (0, 4, 7, 11, 14),
    "min9": (0, 3, 7, 10, 14),
    "9": (0, 4, 7, 10, 14),
    "11": (0, 7, 10, 14, 17),
    "min11": (0, 3, 7, 10, 17),
    "13": (0, 4, 7, 10, 21),
    "1": (0,),
    "5": (0, 7),
}
STEPS = (0, 0, 2, 4, 5, 7, 9, 11)  # semitones of a scale's 1st to 7th note above its first


@dataclass(frozen=True, slots=True)
class Chord:
    """From `start` (whole notes): pitch class of the root, semitones above it, and pitch class of the bass."""

    start: Fraction
    root: int
    notes: tuple[int, ...]
    bass: int


@dataclass(frozen=True, slots=True)
class Sung:
    """A note of the melody: start and length in whole notes, pitch as in MIDI."""

    start: Fraction
    length: Fraction
    pitch: int


@dataclass(frozen=True, slots=True)
class Chart:
    """A stretch of a song in one key; times in whole notes from its beginning to `length`."""

    name: str
    key: Key
    length: Fraction
    chords: tuple[Chord, ...]
    melody: tuple[Sung, ...]


@dataclass(slots=True)
class _Reader:
    """Where reading has got to."""

    columns: Sequence[str]
    now: Fraction = Fraction(0)
    ends: dict[int, Fraction] = field(default_factory=dict)  # by column, when its last note or chord ends
    step: Fraction | None = None  # a line's length, where the file gives one
    key: Key | None = None


def read_charts(path: Path) -> list[Chart]:
    """Return the stretches of one song, in order; none where its annotators differ about the key."""
    lines = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("!")]
    if not lines or CHORDS not in lines[0]:
        return []
    reader = _Reader(lines[0])
    parts: list[tuple[Key | None, list[Chord], list[Sung]]] = []
    starts: list[Fraction] = []
    for cells in lines[1:]:
        if cells[0].startswith("*"):
            _instruct(reader, cells)
        elif not cells[0].startswith("="):
            _advance(reader, cells)
            if not parts or parts[-1][0] != reader.key:
                parts.append((reader.key, [], []))
                starts.append(reader.now)
            _sound(reader, cells, parts[-1][1], parts[-1][2])
    ends = [*starts[1:], max([reader.now, *reader.ends.values()])]
    return [
        Chart(
            path.stem, _true(key, chords), end - start, tuple(_moved(chords, start)), tuple(_sung(melody, start, end))
        )
        for (key, chords, melody), start, end in zip(parts, starts, ends, strict=True)
        if key is not None and chords and end > start
    ]


def _true(key: Key, chords: Sequence[Chord]) -> Key:
    """`key` in the mode of most of its tonic chords: the Rolling Stone corpus writes every key as major."""
    tonics = [chord.notes for chord in chords if chord.root == key.tonic]
    minor, major = (sum(third in notes for notes in tonics) for third in (3, 4))
    return key if minor == major else Key(key.tonic, int(major > minor))


def _moved(chords: Sequence[Chord], start: Fraction) -> tuple[Chord, ...]:
    return tuple(Chord(chord.start - start, chord.root, chord.notes, chord.bass) for chord in chords)


def _sung(melody: Sequence[Sung], start: Fraction, end: Fraction) -> tuple[Sung, ...]:
    """The melody from `start`; a note ends where the next begins."""
    following = [*(note.start for note in melody), end][1:]
    lengths = [min(note.length, after - note.start) for note, after in zip(melody, following, strict=True)]
    return tuple(
        Sung(note.start - start, length, note.pitch) for note, length in zip(melody, lengths, strict=True) if length > 0
    )


def _instruct(reader: _Reader, cells: Sequence[str]) -> None:
    keys = {Key(pitch_class(_name(found)), int(found[1].isupper())) for found in map(KEY.match, cells) if found}
    if keys:
        reader.key = keys.pop() if len(keys) == 1 else None
    for found in map(TIMEBASE.match, cells):
        if found:
            reader.step = Fraction(1, int(found[1]))


def _name(found: re.Match[str]) -> str:
    return found[1].upper() + found[2].replace("-", "b")


def _advance(reader: _Reader, cells: Sequence[str]) -> None:
    """Go on to when a line happens: when what it follows in its columns ends."""
    if reader.step is None:
        reader.now = max([reader.now, *(end for at, end in reader.ends.items() if cells[at] != ".")])


def _sound(reader: _Reader, cells: Sequence[str], chords: list[Chord], melody: list[Sung]) -> None:
    """Read one line: its chord, and the note that the first voice begins or holds."""
    lengths = [_length(cell) if column in TIMED else None for column, cell in zip(reader.columns, cells, strict=False)]
    reader.ends |= {at: reader.now + length for at, length in enumerate(lengths) if length is not None}
    if chord := _chord(cells[reader.columns.index(CHORDS)], reader.now):
        chords.append(chord)
    if MELODY in reader.columns:
        at = reader.columns.index(MELODY)
        _sing(cells[at], Sung(reader.now, lengths[at] or Fraction(1, 2), _pitch(cells[at])), melody)
    reader.now += reader.step or 0


def _sing(cell: str, note: Sung, melody: list[Sung]) -> None:
    """Add `note` to the melody, or its length to the last note if it's tied to that."""
    if "]" in cell or "_" in cell:
        if melody and melody[-1].pitch == note.pitch:
            melody[-1] = Sung(melody[-1].start, note.start + note.length - melody[-1].start, note.pitch)
    elif note.pitch:
        melody.append(note)


def _length(cell: str) -> Fraction | None:
    """The length that a cell begins with: 4. is a dotted quarter."""
    found = LENGTH.match(cell.lstrip("[("))
    if not found:
        return None
    whole = Fraction(1, int(found[1])) if int(found[1]) else Fraction(2)
    if found[2]:
        whole *= int(found[2][1:])
    return whole * (2 - Fraction(1, 2 ** len(found[3])))


def _chord(cell: str, start: Fraction) -> Chord | None:
    found = CHORD.match(cell)
    if not found:
        return None
    root = pitch_class(found[1] + found[2].replace("-", "b"))
    quality = found[3].split("(")[0] or "maj"
    notes = QUALITIES.get(quality, QUALITIES["min" if quality.startswith("min") else "maj"])
    if quality == "sus4" and "b7" in found[3]:
        notes = (0, 5, 7, 10)
    return Chord(start, root, notes, (root + _degree(found[4])) % 12)


def _degree(text: str | None) -> int:
    """Semitones of a bass note such as 3, b7 or 5 above the root."""
    number = re.sub(r"\D", "", text or "")
    if not number:
        return 0
    return STEPS[(int(number) - 1) % 7 + 1] + (text or "").count("#") - (text or "").count("b")


def _pitch(cell: str) -> int:
    """MIDI pitch of a kern note: c is the C in the middle, cc above, C below; 0 if there's none."""
    found = PITCH.search(cell)
    if "r" in cell or not found:
        return 0
    letters = re.sub(r"[^A-Ga-g]", "", found[0])
    octave = len(letters) - 1 if found[1].islower() else -len(letters)
    sign = found[2].count("#") - found[2].count("-")
    return 60 + pitch_class(found[1].upper()) + 12 * octave + sign
