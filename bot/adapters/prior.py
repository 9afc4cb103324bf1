"""Prior: what other people's playlists teach, in one file of plain arrays that's checked before use.

One ships with the bot (`models/prior.md`); an operator's own, beside the members' models, is used together with it.

The file states the prior's version; content that doesn't match it is rejected, and so are compressed entries, so no
file is larger in memory than on disk. Nothing is unpickled.
"""

import io
import json
import logging
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from bot.adapters.artefacts import Folder
from bot.core.sorting.learning.prior import WIKIPEDIA, Prior
from bot.errors import PriorCorrupt, StorageDown
from bot.ports import Artefacts

log = logging.getLogger(__name__)
NAME = "prior.npz"  # among the models
SHIPPED = Path(__file__).parents[2] / "models" / NAME
FORMAT = 2  # 1: keys of artists' names as written
MOST_BYTES = 256 * 2**20  # a million artists take 140 MB
ARRAYS = {"keys": np.uint32, "company": np.float16, "tagged": np.uint16, "ends": np.uint32}
FAILURES = (OSError, ValueError, KeyError, TypeError, EOFError, MemoryError, RuntimeError, zipfile.BadZipFile)


@dataclass(frozen=True, slots=True)
class Taught:
    """A prior, and how many of the bot's members it was trained on (besides public playlists)."""

    prior: Prior
    members: int


def to_bytes(taught: Taught) -> bytes:
    """Return a prior's file; equal priors give equal bytes. Raises PriorCorrupt if it's too large."""
    prior, out = taught.prior, io.BytesIO()
    arrays: dict[str, Any] = {name: getattr(prior, name) for name in ARRAYS}
    arrays["words"] = np.frombuffer(json.dumps(prior.words).encode(), np.uint8)
    arrays |= {"format": np.array(FORMAT), "version": np.array(prior.version), "members": np.array(taught.members)}
    np.savez(out, allow_pickle=False, **arrays)
    if len(out.getbuffer()) > MOST_BYTES:
        raise PriorCorrupt(f"a prior of {len(prior.keys)} artists is larger than {MOST_BYTES // 2**20} MB")
    return out.getvalue()


def read(path: Path) -> Taught | None:
    """Return the prior in a file, None if there's no file. Raises PriorCorrupt."""
    return read_from(Folder(path.parent), path.name)


def read_from(files: Artefacts, name: str, version: str = "") -> Taught | None:
    """Return the prior among these files, None if there's none. Raises PriorCorrupt, StorageDown."""
    try:
        return files.load(name, _parse, MOST_BYTES, version)
    except FileNotFoundError:
        return None
    except FAILURES as problem:
        raise PriorCorrupt(f"{name} isn't a prior this version can read: {problem}") from problem


def _parse(file: BinaryIO) -> Taught:
    with zipfile.ZipFile(file) as held:
        stored = {entry.filename.removesuffix(".npy"): _array(held, entry) for entry in held.infolist()}
    if int(stored["format"]) != FORMAT:
        raise ValueError(f"format {stored['format']}")
    words = tuple(str(word) for word in json.loads(stored["words"].tobytes()))
    arrays: dict[str, Any] = {name: stored[name] for name in ARRAYS}
    prior = Prior(**arrays, words=words)
    _check(prior)
    if prior.version != str(stored["version"]):
        raise ValueError("its content isn't the version it states")
    return Taught(prior, int(stored["members"]))


def _array(held: zipfile.ZipFile, entry: zipfile.ZipInfo) -> NDArray[Any]:
    """Read one array. Compressed arrays and false sizes are rejected before allocating memory."""
    if entry.compress_type != zipfile.ZIP_STORED or entry.file_size > MOST_BYTES:
        raise ValueError("an array is compressed, or larger than allowed")
    with held.open(entry) as stream:
        return np.asarray(npy.read_array(io.BytesIO(stream.read()), allow_pickle=False))


def _check(prior: Prior) -> None:
    """Raise ValueError unless the arrays have the right types and valid indices."""
    if wrong := [name for name, kind in ARRAYS.items() if getattr(prior, name).dtype != kind]:
        raise ValueError(f"{wrong[0]} has the wrong type")
    artists, ends = len(prior.keys), prior.ends.astype(np.int64)
    shapes = [prior.keys.shape, prior.company.shape[:1], prior.ends.shape]
    sound = (
        shapes == [(artists,)] * 3
        and prior.company.ndim == 2
        and prior.tagged.ndim == 1
        and bool((np.diff(prior.keys.astype(np.int64)) > 0).all())
        and bool((np.diff(ends, prepend=0) >= 0).all())
        and (int(ends[-1]) if artists else 0) == len(prior.tagged)
        and bool((prior.tagged < len(prior.words)).all())
        and bool(np.isfinite(prior.company).all())
    )
    if not sound:
        raise ValueError("its arrays don't fit together")


def standing(own: Prior | None, shipped: Prior | None) -> Prior | None:
    """Return the operator's own prior on the one that ships, or whichever there is."""
    if shipped is not None:
        shipped = replace(shipped, source=WIKIPEDIA)
    if own is None or shipped is None or own.version == shipped.version:
        return shipped or own
    return replace(own, under=shipped)


class Priors:
    """An operator's prior on the shipped one, each reread when its file changes.

    Thread-safe; a damaged file counts as no prior. shipped: None if it's switched off.
    """

    def __init__(self, own: Artefacts, shipped: Path | None = None) -> None:
        self._own, self._lock = _File(own, NAME), Lock()
        self._shipped = _File(Folder(shipped.parent), shipped.name) if shipped else None
        self._parts: tuple[Prior | None, Prior | None] = (None, None)
        self._prior: Prior | None = None

    def current(self) -> Prior | None:
        """Return the current prior; checks the files, and reads only what changed."""
        with self._lock:
            own, shipped = self._own.current(), self._shipped.current() if self._shipped else None
            if own is not self._parts[0] or shipped is not self._parts[1]:
                self._parts, self._prior = (own, shipped), standing(own, shipped)
            return self._prior


class _File:
    """The prior of one file."""

    def __init__(self, files: Artefacts, name: str) -> None:
        self._files, self._name, self._version = files, name, ""
        self._prior: Prior | None = None

    def current(self) -> Prior | None:
        """Return what it holds now; if its storage is down, what it held before."""
        try:
            version = self._files.version(self._name)
            if version != self._version:
                self._prior, self._version = self._read(version), version
        except StorageDown as problem:
            log.warning("going on with the prior that was read before: %s", problem)
        return self._prior

    def _read(self, version: str) -> Prior | None:
        try:
            taught = read_from(self._files, self._name, version)
        except PriorCorrupt as problem:
            log.warning("going on without a prior: %s", problem)
            return None
        return taught.prior if taught else None
