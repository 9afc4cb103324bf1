"""Clips: what was cut out of the operator's files, kept on disk by the content that it was cut from.

A file is one line of JSON and the clip's bytes; it is written aside and moved into place, so it is there whole or not
at all. Where they come to more than MOST_BYTES, those asked for longest ago go. Nothing of any member is in them.
"""

import asyncio
import json
import os
import tempfile
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bot.adapters.hearing import Hearing
from bot.core.records import Clip

SECONDS = 20.0  # of a clip
MOST_BYTES = 512 * 2**20  # of all clips: some 2,000
ENDING = ".clip"


class Clips:
    """Clips in one folder. Two who ask for the same at once may cut it twice, and keep it once."""

    def __init__(self, hearing: Hearing, folder: Path, most: int = MOST_BYTES) -> None:
        self._hearing, self._folder, self._most = hearing, folder, most

    async def cut(self, path: Path, digest: str) -> Clip:
        """Return the clip that begins at the file's peak. digest: of the file's content. Raises AudioError."""
        if (kept := await asyncio.to_thread(self._read, digest)) is not None:
            return kept
        peak = await self._hearing.peak(path)
        clip = await self._hearing.clip(path, peak["start"], SECONDS)
        await asyncio.to_thread(self._write, digest, clip, float(peak["moment"]))
        return clip

    def peak(self, digest: str) -> float | None:
        """Return the peak (s) of a file of which a clip is kept."""
        try:
            with self._path(digest).open("rb") as file:
                return float(json.loads(file.readline())["peak"])
        except (OSError, ValueError, KeyError):
            return None

    def _path(self, digest: str) -> Path:
        return self._folder / f"{digest}{ENDING}"

    def _read(self, digest: str) -> Clip | None:
        path = self._path(digest)
        try:
            about, _, data = path.read_bytes().partition(b"\n")
            os.utime(path)  # so that it goes last
            said: dict[str, Any] = json.loads(about)
            return Clip(data, said["name"], said["mime"], said["seconds"], said["waveform"])
        except (OSError, ValueError, KeyError):
            return None  # not there, or damaged: cut anew

    def _write(self, digest: str, clip: Clip, peak: float) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        about = {name: value for name, value in asdict(clip).items() if name != "data"} | {"peak": peak}
        with tempfile.NamedTemporaryFile(dir=self._folder, prefix=".new-", delete=False) as file:
            file.write(json.dumps(about).encode() + b"\n" + clip.data)
        Path(file.name).replace(self._path(digest))
        self._make_room()

    def _make_room(self) -> None:
        kept = sorted(self._folder.glob(f"*{ENDING}"), key=lambda each: each.stat().st_mtime, reverse=True)
        room = self._most
        for path in kept:
            room -= path.stat().st_size
            if room < 0:
                with suppress(FileNotFoundError):
                    path.unlink()
