"""Clips: cut from the operator's files, and cached on disk by the digest of the file's content.

A cached file is a line of JSON and the clip's bytes. It's moved into place when complete, so it's there whole or not
at all. Above MOST_BYTES in total, the least recently used go. None holds anything about a member.
"""

import asyncio
import json
import os
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.core.records import Clip
from bot.ports import SoundReader, TemporaryFiles

SECONDS = 20.0  # of a clip
MOST_BYTES = 512 * 2**20  # of all clips together: some 2,000
ENDING = ".clip"


class Clips:
    """Clips in one folder. Two requests for the same clip at once may cut it twice, but keep it once."""

    def __init__(self, hearing: SoundReader, folder: Path, scratch: TemporaryFiles, most: int = MOST_BYTES) -> None:
        self._hearing, self._folder, self._scratch, self._most = hearing, folder, scratch, most

    async def cut(self, path: Path, digest: str) -> Clip:
        """Return the clip that starts at the file's peak. digest: of the file's content. Raises AudioError."""
        if (kept := await asyncio.to_thread(self._read, digest)) is not None:
            return kept
        peak = await self._hearing.peak(path)
        start, moment = float(peak["start"]), float(peak["moment"])
        clip = replace(await self._hearing.clip(path, start, SECONDS), peak=moment - start)
        await asyncio.to_thread(self._write, digest, clip, start)
        return clip

    def peak(self, digest: str) -> float | None:
        """Return the peak (s) of a file whose clip is cached; None if it isn't."""
        try:
            with self._path(digest).open("rb") as file:
                return float(json.loads(file.readline())["moment"])
        except (OSError, ValueError, KeyError):
            return None

    def _path(self, digest: str) -> Path:
        return self._folder / f"{digest}{ENDING}"

    def _read(self, digest: str) -> Clip | None:
        path = self._path(digest)
        try:
            about, _, data = path.read_bytes().partition(b"\n")
            _mark_used(path)
            said: dict[str, Any] = json.loads(about)
            peak = said["moment"] - said["start"]
            return Clip(data, said["name"], said["mime"], said["seconds"], said["waveform"], peak)
        except (OSError, ValueError, KeyError):
            return None  # missing or damaged: it's cut again

    def _write(self, digest: str, clip: Clip, start: float) -> None:
        about = {name: getattr(clip, name) for name in ("name", "mime", "seconds", "waveform")}
        about |= {"start": start, "moment": start + (clip.peak or 0.0)}  # seconds into the song
        with suppress(FileNotFoundError):  # scratch was emptied just now: it's cut again when next asked for
            self._scratch.place(json.dumps(about).encode() + b"\n" + clip.data, self._path(digest))
            _mark_used(self._path(digest))
        self._make_room()

    def _make_room(self) -> None:
        kept = sorted(self._folder.glob(f"*{ENDING}"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        room = self._most
        for path in kept:
            room -= path.stat().st_size
            if room < 0:
                with suppress(FileNotFoundError):
                    path.unlink()


def _mark_used(path: Path) -> None:
    now = time.time_ns()  # the file system's own clock may stand still for some milliseconds
    os.utime(path, ns=(now, now))
