"""Truth: recordings with known tempo and key, and how right an answer is. Pure, except for reading `truth.csv`.

Columns: `file`; whichever of `bpm`, `key` (C, C#, Db …) and `mode` (major, minor) is known; optionally `kind` (real,
midi), `source`, `artist` and `style`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.core.library.tables.values import number
from training.files import read_rows
from training.problems import InputProblem

NAME = "truth.csv"
KNOWN = frozenset({"tempo", "key", "style", "source"})  # at least one is required; `bpm` is a tempo
TOLERANCE = 0.04  # of a tempo (Gouyon et al. 2006)
OCTAVES = (1, 2, 3, 1 / 2, 1 / 3)  # factors that Acc2 forgives
NOTES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
SIGNS = {"#": 1, "♯": 1, "b": -1, "♭": -1}
MODES = {"minor": 0, "major": 1}
FIFTH, THIRD = 7, 3  # semitones


@dataclass(frozen=True, slots=True)
class Key:
    """Semitones above C; 0 minor, 1 major."""

    tonic: int
    mode: int


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording and what's known about it. Clips of the same `song` are never on both sides of a split."""

    path: Path
    song: str
    kind: str
    source: str
    style: str
    tempo: float | None = None  # beats a minute
    key: Key | None = None


def read_truth(folder: Path) -> list[Recording]:
    """Return the recordings in `folder`. Raises InputProblem if `truth.csv` or one of its files can't be used."""
    sheet = read_rows(folder / NAME)
    if "file" not in sheet.fields or not sheet.fields & KNOWN:
        raise InputProblem(f"{folder / NAME}: needs file and one of bpm, key, style, source")
    return [_recording(folder, row.line, row.fields) for row in sheet.rows]


def _recording(folder: Path, line: int, row: Mapping[str, str]) -> Recording:
    path = folder / row.get("file", "")
    if not path.is_file():
        raise InputProblem(f"{folder / NAME}, line {line}: {row.get('file', 'no file')} is not there")
    try:
        tempo = _positive(row["tempo"]) if "tempo" in row else None
        key = Key(pitch_class(row["key"]), MODES[row["mode"]]) if "key" in row else None
    except (KeyError, ValueError) as problem:
        raise InputProblem(f"{folder / NAME}, line {line}: {problem} isn't a tempo, key or mode") from problem
    kind, source = row.get("kind") or "unknown", row.get("source") or folder.name
    return Recording(path, _song(path, kind, row), kind, source, row.get("style") or source, tempo, key)


def _positive(text: str) -> float:
    """Read a tempo. Raises ValueError."""
    value = number(text)
    if value is None or value <= 0:
        raise ValueError(text)
    return value


def _song(path: Path, kind: str, row: Mapping[str, str]) -> str:
    """The artist if known; otherwise, real recordings are one song if their names differ only in the final number."""
    if "artists" in row:
        return row["artists"]
    front, _, end = path.stem.rpartition("_")
    return front if kind == "real" and end.isdigit() else path.stem


def pitch_class(name: str) -> int:
    """Return a note name's semitones above C. Raises KeyError if it isn't one."""
    return (NOTES[name[:1]] + sum(SIGNS[sign] for sign in name[1:])) % 12


def acc1(tempo: float, truth: float) -> bool:
    """Whether a tempo is right within TOLERANCE."""
    return abs(tempo / truth - 1) <= TOLERANCE


def acc2(tempo: float, truth: float) -> bool:
    """Whether a tempo is right within TOLERANCE, or is double, triple, half or a third of the truth."""
    return any(acc1(tempo, truth * octave) for octave in OCTAVES)


def key_score(answer: Key, truth: Key) -> float:
    """Return MIREX's weighted score: 1 for the key, 0.5 a fifth off, 0.3 its relative, 0.2 its parallel, else 0."""
    apart = (answer.tonic - truth.tonic) % 12
    if answer.mode == truth.mode:
        return {0: 1.0, FIFTH: 0.5, 12 - FIFTH: 0.5}.get(apart, 0.0)
    relative = 12 - THIRD if truth.mode else THIRD
    return {0: 0.2, relative: 0.3}.get(apart, 0.0)
