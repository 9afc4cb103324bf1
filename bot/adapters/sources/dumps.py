"""Dumps: stream the entries of AcousticBrainz's published files. Never more than one entry in memory.

Zstandard is unpacked by the program `zstd`, which every system has; Python supports it only from 3.14 on.
"""

import bz2
import csv
import gzip
import json
import lzma
import os
import re
import shutil
import subprocess
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast
from uuid import UUID

from bot.environment import passed_on
from bot.errors.library import NotADump, NoZstd

MOST_BYTES = 4_000_000  # bytes of one JSON file; low-level ones have about 60 KB
JSON_NAME = re.compile(r"(?P<mbid>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-(?P<offset>\d+)\.json")
UNPACK: Mapping[str, Callable[[IO[bytes]], Any]] = {
    ".bz2": bz2.BZ2File,
    ".gz": lambda packed: gzip.GzipFile(fileobj=packed),
    ".xz": lzma.LZMAFile,
}
COLUMNS = {
    "average_loudness": "ab_average_loudness",  # 0 to 1, Essentia's own scale
    "dynamic_complexity": "ab_dynamic_complexity",  # dB
    "mfcc_zero_mean": "ab_mfcc_zero_mean",
    "bpm": "tempo",  # beats a minute
    "danceability": "ab_danceability",  # 0 to 3, detrended fluctuation analysis; not Spotify's
    "onset_rate": "ab_onset_rate",  # per second
    "key_scale": "mode",  # 1 major, 0 minor
    "tuning_equal_tempered_deviation": "ab_tuning_deviation",
}  # CSV column → our name; other columns aren't features
LOW_LEVEL = {
    "ab_average_loudness": ("lowlevel", "average_loudness"),
    "ab_dynamic_complexity": ("lowlevel", "dynamic_complexity"),
    "tempo": ("rhythm", "bpm"),
    "ab_danceability": ("rhythm", "danceability"),
    "ab_onset_rate": ("rhythm", "onset_rate"),
    "mode": ("tonal", "key_scale"),
    "ab_tuning_deviation": ("tonal", "tuning_equal_tempered_deviation"),
}
HIGH_LEVEL = {
    "ab_danceable": ("danceability", "danceable"),
    "ab_acoustic": ("mood_acoustic", "acoustic"),
    "ab_aggressive": ("mood_aggressive", "aggressive"),
    "ab_electronic": ("mood_electronic", "electronic"),
    "ab_happy": ("mood_happy", "happy"),
    "ab_party": ("mood_party", "party"),
    "ab_relaxed": ("mood_relaxed", "relaxed"),
    "ab_sad": ("mood_sad", "sad"),
    "ab_bright": ("timbre", "bright"),
    "ab_tonal": ("tonal_atonal", "tonal"),
    "ab_voice": ("voice_instrumental", "voice"),
    "ab_female": ("gender", "female"),
}  # classifiers' probabilities, 0 to 1
SCALES = {"major": 1.0, "minor": 0.0}
UNREADABLE = (tarfile.TarError, EOFError, OSError, UnicodeDecodeError, csv.Error, lzma.LZMAError, zlib.error)


@dataclass(frozen=True, slots=True)
class DumpEntry:
    """One recording in a dump. `numbers` is empty for skipped entries: later submissions, broken ones."""

    mbid: UUID
    numbers: Mapping[str, float]


def entries(dump: Path) -> Iterator[DumpEntry]:
    """Yield a dump's entries, always in the same order. Raises NotADump, NoZstd."""
    try:
        with _unpacked(dump) as (name, stream):
            yield from _in_tar(name, stream) if name.endswith(".tar") else _in_file(name, stream)
    except UNREADABLE as problem:
        raise NotADump(dump.name, str(problem)) from problem


@contextmanager
def _unpacked(dump: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Open a dump in any compression; yield its name without that ending, and its bytes."""
    if dump.suffix == ".zst":
        with _through_zstd(dump) as stream:
            yield dump.stem, stream
        return
    with dump.open("rb") as packed:
        unpack = UNPACK.get(dump.suffix)
        if unpack is None:
            yield dump.name, packed
            return
        with unpack(packed) as stream:
            yield dump.stem, stream


@contextmanager
def _through_zstd(dump: Path) -> Iterator[IO[bytes]]:
    program = shutil.which("zstd")
    if program is None:
        raise NoZstd(dump.name)
    command, bare = [program, "-dcq", "--", str(dump)], passed_on(os.environ)
    with subprocess.Popen(command, env=bare, stdout=subprocess.PIPE) as process:  # noqa: S603 - ours
        unpacked = cast(IO[bytes], process.stdout)
        try:
            yield unpacked
            while unpacked.read(MOST_BYTES):  # a tar's end, after which it isn't read
                pass
            if process.wait():
                raise EOFError("zstd can't unpack all of it")
        finally:
            process.kill()


def _in_tar(name: str, stream: IO[bytes]) -> Iterator[DumpEntry]:
    with tarfile.open(fileobj=stream, mode="r|") as tar:
        for member in tar:
            inside = tar.extractfile(member) if member.isfile() and member.size else None
            if inside is not None and PurePosixPath(member.name).suffix in (".csv", ".json"):
                yield from _in_file(PurePosixPath(member.name).name, inside)
            cast(Any, tar).members = []  # it keeps them all, and there are thirty million


def _in_file(name: str, stream: IO[bytes]) -> Iterator[DumpEntry]:
    if name.endswith(".csv"):
        yield from _in_csv(name, stream)
    elif named := JSON_NAME.fullmatch(name):
        numbers = _of_json(stream.read(MOST_BYTES)) if named["offset"] == "0" else {}
        yield DumpEntry(UUID(named["mbid"]), numbers)
    else:
        raise NotADump(name)


def _in_csv(name: str, stream: IO[bytes]) -> Iterator[DumpEntry]:
    rows = csv.DictReader(line.decode() for line in stream)
    if not {"mbid", "submission_offset"} <= set(rows.fieldnames or ()):
        raise NotADump(name)
    for row in rows:
        try:
            mbid = UUID(row["mbid"])
        except ValueError:
            continue
        first = row["submission_offset"] == "0"
        yield DumpEntry(mbid, _finite({ours: row.get(theirs) for theirs, ours in COLUMNS.items()}) if first else {})


def _of_json(text: bytes) -> dict[str, float]:
    """Read a document of either kind; a broken one yields nothing."""
    try:
        document = json.loads(text)
        if isinstance(document.get("highlevel"), dict):
            return _finite({ours: _class(document["highlevel"], *path) for ours, path in HIGH_LEVEL.items()})
        return _finite({ours: (document.get(part) or {}).get(name) for ours, (part, name) in LOW_LEVEL.items()})
    except (ValueError, AttributeError, RecursionError):
        return {}


def _class(models: Mapping[str, Any], model: str, name: str) -> Any:
    return ((models.get(model) or {}).get("all") or {}).get(name)


def _finite(values: Mapping[str, Any]) -> dict[str, float]:
    read = {name: _number(value) for name, value in values.items()}
    return {name: round(value, 5) for name, value in read.items() if value is not None}


def _number(value: Any) -> float | None:
    try:
        number = SCALES[value] if value in SCALES else float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if abs(number) < float("inf") else None
