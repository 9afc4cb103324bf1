"""Highlights: how much of a clip lies in a song's highlight, for our way of finding it and for simple ones.

A folder holds songs and `sections.csv` (file, kind, start, end in seconds), which says what is played where; every
section of the chosen kind counts as highlight. `python -m sandbox.music.arranged FOLDER` writes such a folder.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from bot.audio.analysis.spectrum import RATE, resample
from bot.audio.clips.highlight import find
from bot.audio.files import decode
from bot.audio.files.sound import Sound
from bot.core.feed.highlight import CLIP
from bot.core.library.tables import Row
from bot.core.library.tables.values import number
from bot.core.vectors import Doubles
from training.evaluation.report import table
from training.files import read_rows
from training.problems import InputProblem
from training.progress import bar

RESAMPLES = 10_000
SECOND = 30.0  # where many previews begin
STEP = 0.5  # seconds between candidate starts

Span = tuple[float, float]  # seconds


def report(folder: Path, kind: str, seed: int) -> str:
    """Return a table of the mean share of a clip inside the highlight, with 95 % intervals over songs."""
    songs = read_sections(folder, kind)
    rows = [shares(decode.read(folder / name), spans) for name, spans in bar(songs.items(), "songs")]
    head = f"{folder}: {len(rows)} songs, clips of {CLIP:.0f} s, share inside `{kind}`\n\n"
    return head + table(("way", "share", "95 %"), _lines(rows, seed))


def read_sections(folder: Path, kind: str) -> dict[str, list[Span]]:
    """Return the spans of that kind of section in each song of `sections.csv`. Raises InputProblem."""
    spans: dict[str, list[Span]] = defaultdict(list)
    try:
        for row in read_rows(folder / "sections.csv").rows:
            if row.fields["kind"] == kind:
                spans[row.fields["file"]].append((_seconds(row, "start"), _seconds(row, "end")))
    except (KeyError, ValueError) as problem:
        raise InputProblem(f"{folder}/sections.csv: {problem}") from problem
    if not spans:
        raise InputProblem(f"{folder}/sections.csv names no {kind}")
    return dict(spans)


def _seconds(row: Row, field: str) -> float:
    """Raises KeyError, ValueError."""
    if (seconds := number(row.fields[field])) is None:
        raise ValueError(f"line {row.line}: {field} is no number")
    return seconds


def shares(sound: Sound, highlight: Sequence[Span]) -> dict[str, float]:
    """Return the share of a clip inside the highlight for each way of choosing its start."""
    starts = np.arange(0, max(sound.seconds - CLIP, STEP), STEP)
    everywhere = np.array([inside(start, highlight) for start in starts])
    chosen = find(sound)
    return {
        "ours": inside(chosen.start, highlight),
        "our confidence": chosen.confidence,
        "loudest window": inside(loudest(sound), highlight),
        "random": float(everywhere.mean()),
        "second 30": inside(min(SECOND, float(starts[-1])), highlight),
        "best possible": float(everywhere.max()),
    }


def inside(start: float, spans: Sequence[Span]) -> float:
    """Return the share of a clip from `start` that lies in `spans`."""
    end = start + CLIP
    return sum(max(0.0, min(end, until) - max(start, since)) for since, until in spans) / CLIP


def loudest(sound: Sound) -> float:
    """Return where the clip with the most power begins."""
    size, samples = round(STEP * RATE), resample(sound.mono, sound.rate, RATE)
    power = (samples[: len(samples) // size * size].reshape(-1, size) ** 2).sum(1)
    total, clip = np.concatenate([[0], np.cumsum(power)]), round(CLIP / STEP)
    return float(np.argmax(total[clip:] - total[:-clip])) * STEP if len(total) > clip else 0.0


def _lines(rows: Sequence[Mapping[str, float]], seed: int) -> list[tuple[str, str, str]]:
    columns = {way: np.array([row[way] for row in rows]) for way in rows[0]}
    columns["ours less loudest"] = columns["ours"] - columns["loudest window"]
    return [_line(way, values, np.random.default_rng(seed)) for way, values in columns.items()]


def _line(way: str, values: Doubles, rng: np.random.Generator) -> tuple[str, str, str]:
    """Percentile bootstrap over songs (Efron and Tibshirani 1993)."""
    means = values[rng.integers(len(values), size=(RESAMPLES, len(values)))].mean(1)
    low, high = np.percentile(means, [2.5, 97.5])
    return way, f"{values.mean():.3f}", f"{low:.3f} to {high:.3f}"
