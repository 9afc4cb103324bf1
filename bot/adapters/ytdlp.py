"""yt-dlp: what YouTube knows of a few videos, asked by a program that the operator installed and keeps up to date.

It runs as a process of its own, without a shell, without our secrets, for a bounded time, and may say a bounded amount;
nothing is downloaded and nothing written. Options: https://github.com/yt-dlp/yt-dlp#usage-and-options. YouTube has no
official way to ask for its heatmap, so this breaks from time to time; then the program is to be updated.
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
from typing import Any, TypeVar

from bot.core import untrusted
from bot.core.feed.heatmap import HeatmapPart
from bot.core.feed.video import Video
from bot.errors import SourceFailed

T = TypeVar("T")
TIMEOUT = 25.0  # seconds; a search and a video or two take some five
MOST_BYTES = 1_000_000  # of what it says; a video with its heatmap takes eight thousand
RESULTS = 3  # of a search that are looked at
VIDEO = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)  # an id; it becomes part of an address
LONGEST = 200  # characters of what is searched for
FIELDS = "%(.{id,title,channel,duration,heatmap})j"
OPTIONS = (
    *("--ignore-config", "--no-cache-dir", "--no-warnings", "--no-progress", "--skip-download"),
    *("--ignore-no-formats-error", "--socket-timeout", "8", "--extractor-retries", "1"),
    *("--print", FIELDS),  # one line of JSON a video
)


class YtDlp:
    """`program` is its path, or its name on `path` (as in PATH), where what it needs itself is looked for, too."""

    def __init__(self, program: str, path: str, timeout: float = TIMEOUT) -> None:
        self._program, self._path, self._timeout = program, path, timeout

    def installed(self) -> bool:
        return shutil.which(self._program, path=self._path) is not None

    async def search(self, words: str, shortest: float, longest: float) -> list[Video]:
        """Return videos of between so many seconds that are found by `words`, best first. Raises SourceFailed."""
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
                stderr=DEVNULL,  # it repeats there what was searched for, which is no business of our log
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
    if code and not said:  # it fails where one of several videos does, and tells of the others
        raise SourceFailed(f"yt-dlp ended with code {code}")
    return bytes(said)


async def _end(process: Process) -> None:
    """End it, and whatever it started: it runs JavaScript in a process of its own."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def _one_line(words: str) -> str:
    return " ".join("".join(each if each.isprintable() else " " for each in words).split())[:LONGEST]


def _videos(said: bytes) -> Iterator[Video]:
    """Read what it said, a video a line; lines that are none, and videos without a heatmap, are passed over."""
    lines = said.splitlines()
    for line in lines:
        with suppress(AttributeError, KeyError, OverflowError, TypeError, ValueError):
            yield _video(json.loads(line))
    if lines and not any(line.startswith(b"{") for line in lines):
        raise SourceFailed("yt-dlp said something that is no JSON")


def _video(said: Any) -> Video:
    return Video(
        id=_needed(VIDEO.fullmatch(said["id"]))[0],
        title=_needed(untrusted.text(said["title"])),
        channel=untrusted.text(said.get("channel")) or "",
        seconds=_needed(untrusted.number(said["duration"])),
        parts=tuple(_part(each) for each in said["heatmap"]),
    )


def _needed(value: T | None) -> T:
    if value is None:
        raise ValueError
    return value


def _part(said: Any) -> HeatmapPart:
    return HeatmapPart(*(_needed(untrusted.number(said[name])) for name in ("start_time", "end_time", "value")))
