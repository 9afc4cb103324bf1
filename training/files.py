"""Files: libraries and labels as CSV (plain or .gz), checked line by line."""

import csv
import gzip
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO, cast

from bot.core.dataset import Label, TrainingSet
from bot.core.features import SETS, SongFeatures, column, features_from_row
from training.export import write_whole
from training.problems import InputProblem

IDS = ("track_id", "track_uri", "spotify_id", "uri", "id")  # columns that may name a song, best first
NAMES = ("name", "track_name", "title")
LABEL_COLUMNS = frozenset({"playlist", "track_id", "verdict"})
VERDICTS = frozenset({"yes", "no", "none"})
ALONE = "1"  # the member and layer of a file without such columns
NAMED = 3  # offenders that an error names
POINTER = "served.json"  # in a folder of models: which digest serves whom

Key = tuple[str, str]  # member, layer
Row = tuple[int, Mapping[str, str]]  # line of the file, its fields


@dataclass(frozen=True)
class Library:
    """Every song of a file, in its order: features, and names and first artists for people."""

    songs: Mapping[str, SongFeatures]
    names: Mapping[str, str]

    def artist(self, song: str) -> str:
        return min(self.songs[song].sets.get("artists", frozenset()), default="")


def read_library(path: Path, sets: Collection[str] = ()) -> Library:
    """Read a library; a song that stands in several lines is one. `sets` declares further columns that hold sets."""
    rows = read_rows(path)
    id_field = header_of(rows, IDS)
    if id_field is None:
        raise InputProblem(f"{path}: no column names the songs; one of {', '.join(IDS)} is wanted")
    name_field = header_of(rows, NAMES) or id_field
    firsts = {song_id(row[id_field]): row for _, row in reversed(rows) if row[id_field]}
    source, declared = f"csv:{path.name}", SETS | set(sets)
    songs = {song: features_from_row(firsts[song], source, declared) for song in reversed(firsts)}
    if not any(song.known for song in songs.values()):
        raise InputProblem(f"{path}: no column holds a number or a set of a song")
    return Library(songs, {song: firsts[song][name_field] for song in songs})


def header_of(rows: Sequence[Row], columns: Iterable[str]) -> str | None:
    """Return what a file calls the first of `columns` that it has; None when it has none of them."""
    headers = {column(header): header for header in rows[0][1]}
    return next((headers[name] for name in columns if name in headers), None)


def song_id(text: str) -> str:
    """Return a song's id, the same for "spotify:track:x" and "x"."""
    return text.strip().removeprefix("spotify:track:")


def read_labels(path: Path, library: Library, several: bool, everything: bool) -> dict[Key, TrainingSet]:
    """Read labels (member, layer, playlist, track_id, verdict) into a training set for each member and layer."""
    rows = read_rows(path)
    columns = {column(header): header for header in rows[0][1]}
    if missing := LABEL_COLUMNS - set(columns):
        raise InputProblem(f"{path}: no column {', '.join(sorted(missing))}")
    plain = [(line, {name: (row[header] or "").strip() for name, header in columns.items()}) for line, row in rows]
    _check_rows(path, plain, library)
    grouped: dict[Key, list[Row]] = defaultdict(list)
    for line, row in plain:
        grouped[row.get("member") or ALONE, row.get("layer") or ALONE].append((line, row))
    return {key: _training_set(path, grouped[key], library, several, everything) for key in sorted(grouped)}


def _check_rows(path: Path, rows: Sequence[Row], library: Library) -> None:
    _refuse(path, "verdict is not yes, no or none", ((n, row) for n, row in rows if row["verdict"] not in VERDICTS))
    _refuse(path, "playlist is empty", ((n, r) for n, r in rows if r["verdict"] != "none" and not r["playlist"]))
    strangers = ((n, row) for n, row in rows if song_id(row["track_id"]) not in library.songs)
    _refuse(path, "track is not in the library", strangers)


def _refuse(path: Path, what: str, rows: Iterable[Row]) -> None:
    if found := list(rows):
        where = ", ".join(f"{line} ({row['track_id']})" for line, row in found[:NAMED])
        raise InputProblem(f"{path}: {what} in {len(found)} lines: {where}{' …' if len(found) > NAMED else ''}")


def _training_set(path: Path, rows: Sequence[Row], library: Library, several: bool, everything: bool) -> TrainingSet:
    verdicts: dict[tuple[str, str], set[str]] = defaultdict(set)
    for _, row in rows:
        verdicts[song_id(row["track_id"]), "" if row["verdict"] == "none" else row["playlist"]].add(row["verdict"])
    _refuse(path, "yes and no to the same playlist", _contradictions(rows, verdicts))
    names = sorted({playlist for _, playlist in verdicts} - {""})
    if empty := [name for name in names if not any("yes" in v for (_, p), v in verdicts.items() if p == name)]:
        raise InputProblem(f"{path}: no song says yes to {', '.join(empty[:NAMED])}")
    ids = {name: number for number, name in enumerate(names, 1)}
    labels = [Label(song, ids.get(name), "no" not in said, "csv") for (song, name), said in verdicts.items()]
    return TrainingSet(library.songs, labels, {number: name for name, number in ids.items()}, several, everything)


def _contradictions(rows: Sequence[Row], verdicts: Mapping[tuple[str, str], set[str]]) -> Iterator[Row]:
    """Yield lines that say yes to what others say no or "none" to; lines that only repeat others do no harm."""
    nowhere = {song for song, playlist in verdicts if not playlist}
    for line, row in rows:
        song, playlist = song_id(row["track_id"]), row["playlist"]
        both = row["verdict"] != "none" and len(verdicts[song, playlist]) > 1
        if both or (row["verdict"] == "yes" and song in nowhere):
            yield line, row


def read_rows(path: Path) -> list[Row]:
    """Return the lines of a CSV file by its own headers. Raises InputProblem when it is none, or has none."""
    try:
        with _open(path) as file:
            reader = csv.DictReader(file, restval="", strict=True)
            rows: list[Row] = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise InputProblem(f"{path}: cannot be read as CSV ({problem})") from problem
    if not rows:
        raise InputProblem(f"{path}: no line below the headers")
    if torn := [line for line, row in rows if None in row]:
        raise InputProblem(f"{path}: line {torn[0]} has more fields than there are headers")
    return rows


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return cast(TextIO, gzip.open(path, "rt", encoding="utf-8-sig", newline=""))
    return path.open(encoding="utf-8-sig", newline="")


def write_rows(path: Path, headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a CSV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(headers)
        writer.writerows(rows)


def read_served(folder: Path) -> dict[Key, str]:
    """Return which model serves each member and layer in a folder of models; nothing in a new one."""
    if not (folder / POINTER).exists():
        return {}
    try:
        rows = json.loads((folder / POINTER).read_bytes())
        return {(row["member"], row["layer"]): row["digest"] for row in rows}
    except (ValueError, KeyError, TypeError) as problem:
        raise InputProblem(f"{folder / POINTER}: cannot be read ({problem!r})") from problem


def write_served(folder: Path, served: Mapping[Key, str]) -> None:
    """Write which model serves whom, whole or not at all."""
    rows = [{"member": key[0], "layer": key[1], "digest": digest} for key, digest in sorted(served.items())]
    write_whole(folder / POINTER, json.dumps(rows, indent=1, ensure_ascii=False).encode())


def make_ready(folder: Path | None, file: Path | None) -> None:
    """Find out that nothing can be written there before the work, not after it. Raises InputProblem."""
    try:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.open("a").close()
    except OSError as problem:
        raise InputProblem(f"{problem.filename}: cannot be written to ({problem.strerror})") from problem
