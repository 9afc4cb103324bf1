"""Sound: reading sound files, and finding a song's sound elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from bot.core.feed.video import Video
from bot.core.records import Clip


@dataclass(frozen=True, slots=True)
class Heard:
    """A file's numbers and vectors by name, in the set of features `version`."""

    numbers: Mapping[str, float]
    vectors: Mapping[str, NDArray[np.float32]]
    version: str


class SoundReader(Protocol):
    """The process that reads sound files, which a bad file may kill. Every call may raise an AudioError."""

    async def analyse(self, file: Path | BinaryIO) -> Heard: ...

    async def analyse_apart(self, file: BinaryIO) -> Heard:
        """Return a file's features, from a process that reads nothing else."""
        ...

    async def highlight(self, path: Path) -> dict[str, Any]:
        """Return a file's highlight: start and moment (s), confidence (0 to 1), and the way it was found (`way`)."""
        ...

    async def clip(self, path: Path, start: float, seconds: float) -> Clip: ...

    async def draw(
        self, clouds: Mapping[str, NDArray[np.float64]], rest: NDArray[np.float64], latest: NDArray[np.float64]
    ) -> bytes:
        """Draw a taste map: playlists by name, the other songs, the latest."""
        ...

    async def ask(self, do: str, about: Path | BinaryIO | None = None, **arguments: Any) -> dict[str, Any]:
        """Return the process's answer to a request, which may be about a file."""
        ...

    async def close(self) -> None:
        """End the process."""
        ...


@dataclass(frozen=True, slots=True)
class Preview:
    """The temporary address of about 30 s of a song, and its service's page about it."""

    url: str
    page: str


class PreviewService(Protocol):
    async def of(self, isrc: str) -> Preview | None:
        """Return a recording's preview, None if there's none. Raises SourceWaits, SourceFailed."""
        ...


class VideoSearch(Protocol):
    async def search(self, words: str, shortest: float, longest: float) -> list[Video]:
        """Return videos within these lengths (s) found by `words`, best first. Raises SourceFailed."""
        ...
