"""Clips: cut from the operator's files, and kept by the digest of the file's content.

What's kept is a line of JSON, with the hash of what follows: the clip's bytes. One that doesn't match is cut again.
None holds anything about a member.
"""

import asyncio
import hashlib
import json
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, TypeVar
from weakref import WeakValueDictionary

from bot.core.records import Clip
from bot.errors import StorageDown, TooOften
from bot.ports import Artefacts, SoundReader

log = logging.getLogger(__name__)
T = TypeVar("T")
SECONDS = 20.0  # of a clip
ENDING = ".clip"
MOST_WAITING = 8  # clips of a member that aren't cut yet; the page fetches those of three songs at once
PATIENCE = 10.0  # seconds until one of them is cut, roughly


class Clips:
    """Clips among some files. Two members' requests for a clip at once may cut it twice, but keep it once.

    Clips are cut one after the other, and each member has one in that row at a time: nobody waits for all of another's.
    """

    def __init__(self, hearing: SoundReader, files: Artefacts) -> None:
        self._hearing, self._files = hearing, files
        self._waiting = Counter[int]()  # clips of each member that aren't cut yet
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def cut(self, path: Path, digest: str, member: int) -> Clip:
        """Return the clip that starts at the file's highlight, for a member. digest: of the file's content.

        Raises AudioError, and TooOften if too many of the member's clips wait to be cut.
        """
        if (kept := await asyncio.to_thread(self._read, digest)) is not None:
            return kept
        if self._waiting[member] >= MOST_WAITING:
            raise TooOften(PATIENCE)
        self._waiting[member] += 1
        turn = self._turns.setdefault(member, asyncio.Lock())
        try:
            async with turn:
                return await asyncio.to_thread(self._read, digest) or await self._cut(path, digest)
        finally:
            self._waiting -= Counter({member: 1})  # forgets whoever has none

    async def _cut(self, path: Path, digest: str) -> Clip:
        highlight = await self._hearing.highlight(path)
        start, moment = float(highlight["start"]), float(highlight["moment"])
        clip = replace(await self._hearing.clip(path, start, SECONDS), highlight=moment - start)
        await asyncio.to_thread(self._write, digest, clip, start)
        return clip

    def highlight(self, digest: str) -> float | None:
        """Return the highlight (s) of a file whose clip is at hand; None if it isn't."""
        return _loaded(self._files.local, digest, _highlight)

    def _read(self, digest: str) -> Clip | None:
        return _loaded(self._files, digest, _clip)

    def _write(self, digest: str, clip: Clip, start: float) -> None:
        about = {name: getattr(clip, name) for name in ("name", "mime", "seconds", "waveform")}
        about |= {"start": start, "moment": start + (clip.highlight or 0.0)}  # seconds into the song
        about["sha256"] = hashlib.sha256(clip.data).hexdigest()
        try:
            self._files.put(f"{digest}{ENDING}", json.dumps(about).encode() + b"\n" + clip.data)
        except (OSError, StorageDown) as problem:
            log.warning("a clip isn't kept: %s", problem)


def _loaded(files: Artefacts, digest: str, parse: Callable[[BinaryIO], T]) -> T | None:
    try:
        return files.load(f"{digest}{ENDING}", parse)
    except (OSError, ValueError, KeyError, StorageDown):
        return None  # missing, damaged or out of reach: it's cut again


def _clip(file: BinaryIO) -> Clip:
    """Return a kept clip. Raises ValueError or KeyError if it's damaged."""
    said, data = json.loads(file.readline()), file.read()
    if hashlib.sha256(data).hexdigest() != said["sha256"]:
        raise ValueError("it does not hold what it says")
    return Clip(data, said["name"], said["mime"], said["seconds"], said["waveform"], said["moment"] - said["start"])


def _highlight(file: BinaryIO) -> float:
    return float(json.loads(file.readline())["moment"])
