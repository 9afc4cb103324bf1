"""yt-dlp: what YouTube knows about a few videos, through a program that the operator installs and updates.

It runs as a separate process, without a shell or our secrets, with limited time and output; nothing is downloaded or
written. Options: https://github.com/yt-dlp/yt-dlp#usage-and-options. YouTube has no official way to get its heatmap, so
this breaks from time to time; then the program needs an update.
"""

import asyncio
import json
import os
import re
import shutil
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from bot.core import untrusted
from bot.core.feed.heatmap import HeatmapPart
from bot.core.feed.video import Video
from bot.errors import SourceFailed

TIMEOUT = 25.0  # seconds; a search and a video or two take about five
MOST_BYTES = 1_000_000  # bytes of output; a video with its heatmap takes eight thousand
RESULTS = 3  # results considered per search
VIDEO = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)  # a video id; it becomes part of an address
LONGEST = 200  # characters of a search
FIELDS = "%(.{id,title,channel,duration,heatmap})j"
OPTIONS = (
    *("--ignore-config", "--no-cache-dir", "--no-warnings", "--no-progress", "--skip-download"),
    *("--ignore-no-formats-error", "--socket-timeout", "8", "--extractor-retries", "1"),
    *("--print", FIELDS),  # one line of JSON per video
)


class YtDlp:
    """`program`: its path, or its name on `path` (as in PATH), which is also where it looks for what it needs."""

    def __init__(self, program: str, path: str, timeout: float = TIMEOUT) -> None:
        self._program, self._path, self._timeout = program, path, timeout

    def installed(self) -> bool:
        return shutil.which(self._program, path=self._path) is not None

    async def search(self, words: str, shortest: float, longest: float) -> list[Video]:
        """Return videos within these lengths (s) found by `words`, best first. Raises SourceFailed."""
        fitting = f"duration>=?{shortest:.0f} & duration<=?{longest:.0f}"
        said = await self._said("--match-filters", fitting, "--", f"ytsearch{RESULTS}:{_one_line(words)}")
        return list(_videos(said))

    async def _said(self, *arguments: str) -> bytes:
        try:
            process = await asyncio.create_subprocess_exec(
                *(shutil.which(self._program, path=self._path) or self._program, *OPTIONS, *arguments),
                env={"PATH": self._path, "LC_ALL": "C.UTF-8"},
                cwd="/",
                stdin=DEVNULL,
                stdout=PIPE,
                stderr=DEVNULL,  # it repeats searches there, which don't belong in our log
                start_new_session=True,
            )
        except OSError as problem:
            raise SourceFailed(f"yt-dlp cannot be started: {type(problem).__name__}") from None
        try:
            async with asyncio.timeout(self._timeout):
                return await _read(process)
        except TimeoutError:
            raise SourceFailed(f"yt-dlp took longer than {self._timeout:.0f} seconds") from None
        finally:
            await _end(process)


async def _read(process: Process) -> bytes:
    assert process.stdout  # noqa: S101 - it was asked for
    said = bytearray()
    while piece := await process.stdout.read(65_536):
        said += piece
        if len(said) > MOST_BYTES:
            raise SourceFailed(f"yt-dlp said more than {MOST_BYTES:,} bytes")
    code = await process.wait()
    if code and not said:  # it fails if one of several videos does, and reports the others
        raise SourceFailed(f"yt-dlp ended with code {code}")
    return bytes(said)


async def _end(process: Process) -> None:
    """End the process and its children: it runs JavaScript in a process of its own."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def _one_line(words: str) -> str:
    return " ".join("".join(character if character.isprintable() else " " for character in words).split())[:LONGEST]


def _videos(said: bytes) -> Iterator[Video]:
    """Read the output, one video per line, skipping other lines and videos without a heatmap."""
    lines = said.splitlines()
    for line in lines:
        with suppress(AttributeError, KeyError, OverflowError, RecursionError, TypeError, ValueError):
            yield _video(json.loads(line))
    if lines and not any(line.startswith(b"{") for line in lines):
        raise SourceFailed("yt-dlp said something that is no JSON")


def _video(said: Any) -> Video:
    return Video(
        id=untrusted.needed(VIDEO.fullmatch(said["id"]))[0],
        title=untrusted.needed(untrusted.text(said["title"])),
        channel=untrusted.text(said.get("channel")) or "",
        seconds=untrusted.needed(untrusted.number(said["duration"])),
        parts=tuple(_part(part) for part in said["heatmap"]),
    )


def _part(said: Any) -> HeatmapPart:
    numbers = (untrusted.number(said[name]) for name in ("start_time", "end_time", "value"))
    return HeatmapPart(*map(untrusted.needed, numbers))
