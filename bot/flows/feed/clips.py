"""Clips: what was cut out of the operator's files, kept on disk by the content that it was cut from.

A file is one line of JSON and the clip's bytes; it is written aside and moved into place, so it is there whole or not
at all. Where they come to more than MOST_BYTES, those asked for longest ago go. Nothing of any member is in them.
"""

import asyncio
import json
import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.adapters.hearing import Hearing
from bot.adapters.scratch import Scratch
from bot.core.records import Clip

SECONDS = 20.0  # of a clip
MOST_BYTES = 512 * 2**20  # of all clips: some 2,000
ENDING = ".clip"


class Clips:
    """Clips in one folder. Two who ask for the same at once may cut it twice, and keep it once."""

    def __init__(self, hearing: Hearing, folder: Path, scratch: Scratch, most: int = MOST_BYTES) -> None:
        self._hearing, self._folder, self._scratch, self._most = hearing, folder, scratch, most

    async def cut(self, path: Path, digest: str) -> Clip:
        """Return the clip that begins at the file's peak. digest: of the file's content. Raises AudioError."""
        if (kept := await asyncio.to_thread(self._read, digest)) is not None:
            return kept
        peak = await self._hearing.peak(path)
        start, moment = float(peak["start"]), float(peak["moment"])
        clip = replace(await self._hearing.clip(path, start, SECONDS), peak=moment - start)
        await asyncio.to_thread(self._write, digest, clip, start)
        return clip

    def peak(self, digest: str) -> float | None:
        """Return the peak (s) of a file of which a clip is kept."""
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
            os.utime(path)  # so that it goes last
            said: dict[str, Any] = json.loads(about)
            peak = said["moment"] - said["start"]
            return Clip(data, said["name"], said["mime"], said["seconds"], said["waveform"], peak)
        except (OSError, ValueError, KeyError):
            return None  # not there, or damaged: cut anew

    def _write(self, digest: str, clip: Clip, start: float) -> None:
        about = {name: getattr(clip, name) for name in ("name", "mime", "seconds", "waveform")}
        about |= {"start": start, "moment": start + (clip.peak or 0.0)}  # seconds into the song
        with suppress(FileNotFoundError):  # scratch was emptied meanwhile: it is cut again when it is next asked for
            self._scratch.place(json.dumps(about).encode() + b"\n" + clip.data, self._path(digest))
        self._make_room()

    def _make_room(self) -> None:
        kept = sorted(self._folder.glob(f"*{ENDING}"), key=lambda each: each.stat().st_mtime, reverse=True)
        room = self._most
        for path in kept:
            room -= path.stat().st_size
            if room < 0:
                with suppress(FileNotFoundError):
                    path.unlink()
