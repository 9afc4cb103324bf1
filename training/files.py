"""Files: libraries and labels as tables (`bot.core.library.tables`; plain or .gz), checked line by line."""

import fcntl
import gzip
import io
import json
import os
import sys
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from bot.core.codes import name_uri
from bot.core.features import SongFeatures
from bot.core.library import tables
from bot.core.library.tables import IDS, BadRow, Row, features_of, uri_of
from bot.core.sorting.learning.dataset import Label, TrainingSet
from bot.disk import write_whole, writing_whole
from training.problems import InputProblem

LABEL_COLUMNS = frozenset({"playlist", "verdict"})
VERDICTS = frozenset({"yes", "no", "none"})
ALONE = "1"  # the member and layer in a file without those columns
NAMED = 3  # offending lines that an error names
POINTER = "served.json"  # in a folder of models: which model serves whom
SPOTIFY = "spotify:track:"

Key = tuple[str, str]  # member, layer


@dataclass(frozen=True)
class Sheet:
    """A file's rows, the fields its headers name, and the rows that couldn't be read."""

    path: Path
    fields: frozenset[str]
    rows: Sequence[Row]
    bad: Sequence[BadRow]

    def first_of(self, fields: Iterable[str]) -> str | None:
        """Return the first of some fields that the file has; None if it has none of them."""
        return next((field for field in fields if field in self.fields), None)


@dataclass(frozen=True)
class Library:
    """Every song in a file, in its order: features, and names and first artists for display."""

    songs: Mapping[str, SongFeatures]
    names: Mapping[str, str]

    def artist(self, song: str) -> str:
        return min(self.songs[song].sets.get("artists", frozenset()), default="")


def read_library(path: Path, sets: Collection[str] = ()) -> Library:
    """Read a library; a song on several lines counts once. Raises InputProblem.

    sets: extra columns that hold sets.
    """
    sheet = read_rows(path)
    firsts: dict[str, Row] = {}
    for row in sheet.rows:
        if song := song_of(row):
            firsts.setdefault(song, row)
    if not firsts:
        raise InputProblem(f"{path}: no column names the songs; needs title and artists, or one of {', '.join(IDS)}")
    source = f"csv:{path.name}"
    songs = {song: features_of(row, source, sets) for song, row in firsts.items()}
    if not any(song.known for song in songs.values()):
        raise InputProblem(f"{path}: no column has numbers or sets")
    return Library(songs, {song: row.fields.get("title", song) for song, row in firsts.items()})


def id_of(row: Row) -> str | None:
    """Return a song's id, the same for a URI, a link and the bare id; any other name in that column is kept as is."""
    given = uri_of(row) or next((row.fields[field] for field in IDS if field in row.fields), None)
    return given.removeprefix(SPOTIFY) if given else None


def song_of(row: Row) -> str | None:
    """Return a song's id, or a name made from title and artists; None for an episode, or without both."""
    if tables.is_no_song(row):
        return None
    title = row.fields.get("title")
    return id_of(row) or (name_uri(title, row.artists) if title and row.artists else None)


def read_labels(path: Path, library: Library, several: bool, everything: bool) -> dict[Key, TrainingSet]:
    """Read labels (member, layer, playlist, track_id, verdict) into a training set for each member and layer.

    Raises InputProblem.
    """
    sheet = read_rows(path)
    missing = sorted(LABEL_COLUMNS - sheet.fields) + ([] if sheet.first_of(IDS) else ["track_id"])
    if missing:
        raise InputProblem(f"{path}: no column {', '.join(missing)}")
    if sheet.bad:
        raise InputProblem(f"{path}: {_listed(sheet.bad)}")
    _check_rows(path, sheet.rows)
    grouped: dict[Key, list[Row]] = defaultdict(list)
    for row in _of_library(path, sheet.rows, library):
        grouped[row.fields.get("member", ALONE), row.fields.get("layer", ALONE)].append(row)
    return {key: _training_set(path, grouped[key], library, several, everything) for key in sorted(grouped)}


def _verdict(row: Row) -> str:
    return row.fields.get("verdict", "").casefold()


def _playlist(row: Row) -> str:
    """Return a label's playlist, or "" for none of them."""
    return "" if _verdict(row) == "none" else row.fields.get("playlist", "")


def _of_library(path: Path, rows: Sequence[Row], library: Library) -> Sequence[Row]:
    """Return the labels of songs in the library, reporting others on stderr. Raises InputProblem if none are."""
    what, strangers = "track is not in the library", [row for row in rows if id_of(row) not in library.songs]
    if len(strangers) == len(rows):
        _refuse(path, what, strangers)
    if strangers:
        print(f"training: {path}: {_said(what, strangers)}", file=sys.stderr)
    return [row for row in rows if id_of(row) in library.songs]


def _check_rows(path: Path, rows: Sequence[Row]) -> None:
    _refuse(path, "verdict is not yes, no or none", (row for row in rows if _verdict(row) not in VERDICTS))
    _refuse(path, "playlist is empty", (row for row in rows if _verdict(row) != "none" and not _playlist(row)))


def _refuse(path: Path, what: str, rows: Iterable[Row]) -> None:
    if refused := list(rows):
        raise InputProblem(f"{path}: {_said(what, refused)}")


def _said(what: str, rows: Sequence[Row]) -> str:
    where = ", ".join(f"{row.line} ({id_of(row)})" for row in rows[:NAMED])
    return f"{what} in {len(rows)} lines: {where}{' …' if len(rows) > NAMED else ''}"


def _training_set(path: Path, rows: Sequence[Row], library: Library, several: bool, everything: bool) -> TrainingSet:
    verdicts: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        verdicts[str(id_of(row)), _playlist(row)].add(_verdict(row))
    _refuse(path, "yes and no to the same playlist", _contradictions(rows, verdicts))
    names = sorted({playlist for _, playlist in verdicts} - {""})
    if empty := [name for name in names if not any("yes" in v for (_, p), v in verdicts.items() if p == name)]:
        raise InputProblem(f"{path}: no song says yes to {', '.join(empty[:NAMED])}")
    ids = {name: number for number, name in enumerate(names, 1)}
    labels = [Label(song, ids.get(name), "no" not in said, "csv") for (song, name), said in verdicts.items()]
    return TrainingSet(library.songs, labels, {number: name for name, number in ids.items()}, several, everything)


def _contradictions(rows: Sequence[Row], verdicts: Mapping[tuple[str, str], set[str]]) -> Iterator[Row]:
    """Yield lines that say yes where others say no or "none"; mere repetitions are fine."""
    nowhere = {song for song, playlist in verdicts if not playlist}
    for row in rows:
        song, verdict = str(id_of(row)), _verdict(row)
        both = verdict != "none" and len(verdicts[song, _playlist(row)]) > 1
        if both or (verdict == "yes" and song in nowhere):
            yield row


def read_rows(path: Path) -> Sheet:
    """Read a table, reporting skipped rows on stderr. Raises InputProblem if it isn't one, or has no rows."""
    try:
        table = tables.Table(_content(path), most_rows=sys.maxsize)
        lines = list(table)
    except (OSError, EOFError, zlib.error, tables.NotATable) as problem:
        raise InputProblem(f"{path}: cannot be read ({problem})") from problem
    rows, bad = [row for row in lines if isinstance(row, Row)], [row for row in lines if isinstance(row, BadRow)]
    if not rows:
        raise InputProblem(f"{path}: {_listed(bad) if bad else 'no line below the headers'}")
    if bad:
        print(f"training: {path}: {_listed(bad)}", file=sys.stderr)
    return Sheet(path, table.fields, rows, bad)


def _listed(bad: Sequence[BadRow]) -> str:
    named = "; ".join(map(str, bad[:NAMED]))
    return f"rows that cannot be read: {len(bad)} ({named}{' …' if len(bad) > NAMED else ''})"


def _content(path: Path) -> bytes:
    if path.suffix != ".gz":
        return path.read_bytes()
    with gzip.open(path) as file:
        return file.read()


def write_rows(path: Path, headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a CSV file."""
    with _writing(path) as file:
        tables.write(file, headers, rows)


def write_text(path: Path, text: str) -> None:
    """Write a text file."""
    with _writing(path) as file:
        file.write(text)


@contextmanager
def _writing(path: Path) -> Iterator[TextIO]:
    """Open a file to be written, whole or not at all; a terminal or pipe, such as /dev/stdout, takes what comes."""
    if path.exists() and not path.is_file():
        with path.open("w", encoding="utf-8", newline="") as file:
            yield file
        return
    with writing_whole(path.resolve()) as out, io.TextIOWrapper(out, "utf-8", newline="") as file:
        yield file


def read_served(folder: Path) -> dict[Key, str]:
    """Return which model serves each member and layer in a folder of models; empty for a new folder.

    Raises InputProblem.
    """
    if not (folder / POINTER).exists():
        return {}
    try:
        rows = json.loads((folder / POINTER).read_bytes())
        return {(str(row["member"]), str(row["layer"])): str(row["digest"]) for row in rows}
    except (ValueError, KeyError, TypeError) as problem:
        raise InputProblem(f"{folder / POINTER}: cannot be read ({problem!r})") from problem


def serve(folder: Path, key: Key, digest: str) -> None:
    """Write which model serves a member and layer, atomically; another process may do so for others at once."""
    held = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(held, fcntl.LOCK_EX)
        served = {**read_served(folder), key: digest}
        rows = [{"member": member, "layer": layer, "digest": served[member, layer]} for member, layer in sorted(served)]
        write_whole(folder / POINTER, json.dumps(rows, indent=1, ensure_ascii=False).encode())
    finally:
        os.close(held)


def make_ready(folder: Path | None, file: Path | None) -> None:
    """Check that both paths can be written to, before the work rather than after it. Raises InputProblem."""
    try:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            is_there = file.exists()
            file.open("a").close()
            if not is_there:
                file.unlink()
    except OSError as problem:
        raise InputProblem(f"{problem.filename}: cannot be written to ({problem.strerror})") from problem
