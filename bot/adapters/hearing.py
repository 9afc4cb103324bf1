"""Hearing: the client of the audio process. Imports no audio code.

A malicious file may take over the process that reads it. That process has nothing to gain: no secrets, no way to open
files or connections (`bot.confine`), limited memory and time. Files are passed to it open. If it dies, the next request
starts a new one, and the file gets a HearingFailed, which is stored.
"""

import asyncio
import base64
import os
import socket
import stat
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from bot.core import wire
from bot.core.records import Clip
from bot.errors import audio as errors
from bot.errors.audio import AudioError, HearingFailed, NotOpened
from bot.ports import Heard

TIMEOUT = 120.0  # seconds per file; the longest take about ten
MEMORY = 2 * 2**30  # memory limit of the process in bytes; twenty minutes of stereo take half of it
IDLE = 60.0  # seconds until an idle process is ended and its memory freed
NO_ANSWER = "what was said of it is no answer"
NAMELESS = "song"  # name of a file passed without one
ROOT = Path(__file__).parents[2]
Points = NDArray[np.float64]  # (n, 2)
# One thread: sums in a fixed order, and one file per processor instead.
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "PYTHONPATH": str(ROOT),
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


class Hearing:
    """One process, started when first needed; requests take turns."""

    def __init__(self, timeout: float = TIMEOUT, memory: int = MEMORY, idle: float = IDLE) -> None:
        self._timeout, self._memory, self._idle = timeout, memory, idle
        self._lock = asyncio.Lock()
        self._process: Process | None = None
        self._files: socket.socket | None = None  # passes open files to the process
        self._retiring: asyncio.TimerHandle | None = None

    @property
    def pid(self) -> int | None:
        """The process's id, None while there's none."""
        return None if self._process is None else self._process.pid

    async def analyse(self, file: Path | BinaryIO) -> Heard:
        """Return a file's features. Raises AudioError."""
        return heard(await self.ask("analyse", file))

    async def analyse_apart(self, file: BinaryIO) -> Heard:
        """Return a file's features, from a process that hears nothing else, before or after. Raises AudioError."""
        async with self._lock:
            await self._stop()
            try:
                answer = await self._answered(file, {"do": "analyse"})
            finally:
                await self._stop()
        return heard(_checked(answer))

    async def highlight(self, path: Path) -> dict[str, Any]:
        """Return a file's highlight: start and moment (s), confidence (0 to 1), way. Raises AudioError."""
        highlight: dict[str, Any] = (await self.ask("highlight", path))["highlight"]
        return highlight

    async def clip(self, path: Path, start: float, seconds: float) -> Clip:
        """Cut `seconds` from `start` out of a file. Raises AudioError."""
        made = await self.ask("clip", path, start=start, seconds=seconds)
        return Clip(**made | {"data": base64.b64decode(made["data"])})

    async def draw(self, clouds: Mapping[str, Points], rest: Points, latest: Points) -> bytes:
        """Draw a taste map: playlists by name, the other songs, the latest. Raises AudioError."""
        named = [{"name": name, "songs": songs.tolist()} for name, songs in clouds.items()]
        made = await self.ask("taste_map", clouds=named, rest=rest.tolist(), latest=latest.tolist())
        return base64.b64decode(made["picture"])

    async def guards(self) -> dict[str, bool]:
        """Return what the process should be unable to do, and whether it was refused when it tried."""
        refused: dict[str, bool] = (await self.ask("guards", memory=self._memory))["refused"]
        return refused

    async def ask(self, do: str, about: Path | BinaryIO | None = None, **arguments: Any) -> dict[str, Any]:
        """Return the answer of `bot.audio.process` to a request, which may be about a file. Raises AudioError."""
        async with self._lock:
            if self._retiring is not None:
                self._retiring.cancel()
            answer = await self._answered(about, {"do": do, **arguments})
            self._retiring = asyncio.get_running_loop().call_later(self._idle, self._end)
        return _checked(answer)

    async def close(self) -> None:
        """End the process."""
        async with self._lock:
            await self._stop()

    async def _stop(self) -> None:
        if self._retiring is not None:
            self._retiring.cancel()
        if (process := self._process) is not None:
            self._end()
            await process.wait()

    async def _answered(self, about: Path | BinaryIO | None, request: Mapping[str, Any]) -> dict[str, Any]:
        """Send one request and return its answer. If interrupted, end the process: its next answer is stale."""
        try:
            async with asyncio.timeout(self._timeout), _opened(about) as file:
                named = (
                    request
                    if file is None
                    else {**request, "name": about.name if isinstance(about, Path) else NAMELESS}
                )
                return await self._exchange(await self._running(), wire.pack(named), file)
        except NotOpened:
            raise
        except TimeoutError:
            self._end()
            raise HearingFailed(f"took longer than {self._timeout:.0f} seconds") from None
        except (asyncio.IncompleteReadError, ConnectionError, ValueError) as problem:
            self._end()
            raise HearingFailed("the process that heard it died") from problem
        except BaseException:
            self._end()
            raise

    async def _exchange(self, process: Process, message: bytes, file: int | None) -> dict[str, Any]:
        assert process.stdin and process.stdout and self._files  # noqa: S101 - all were asked for
        if file is not None:
            socket.send_fds(self._files, [b"f"], [file])
        process.stdin.write(message)
        await process.stdin.drain()
        header = await process.stdout.readexactly(wire.HEADER.size)
        return wire.unpack(await process.stdout.readexactly(wire.length(header)))

    async def _running(self) -> Process:
        if self._process is None or self._process.returncode is not None:
            self._end()
            self._files, theirs = socket.socketpair()
            with theirs:
                self._process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "bot.audio.process", str(self._memory), str(theirs.fileno())),
                    env=ENVIRONMENT,
                    cwd="/",
                    pass_fds=[theirs.fileno()],  # and no others
                    stdin=PIPE,
                    stdout=PIPE,
                    stderr=DEVNULL,  # codecs report every damaged frame there
                )
        return self._process

    def _end(self) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.kill()
            self._process = None
        if self._files is not None:
            self._files.close()
            self._files = None


@asynccontextmanager
async def _opened(about: Path | BinaryIO | None) -> AsyncIterator[int | None]:
    """Open a file for a process that can't open any. Raises NotOpened."""
    if isinstance(about, Path):
        file = await asyncio.to_thread(_open, about)
        try:
            yield file
        finally:
            os.close(file)
    else:
        yield None if about is None else about.fileno()  # noqa: ASYNC240 - asks nobody


def _open(path: Path) -> int:
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as problem:
        raise NotOpened(f"{path.name} cannot be opened: {problem.strerror}") from problem
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise NotOpened(f"{path.name} is not a plain file")
    return file


def _checked(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer. Raises the AudioError it names, unless it describes a file as well."""
    if "error" in answer and "digest" not in answer:
        raise error(answer)
    return answer


def heard(answer: Mapping[str, Any]) -> Heard:
    """Read the features from an answer. Raises HearingFailed if it's malformed: the process may be compromised."""
    try:
        numbers = {str(name): float(number) for name, number in answer["numbers"].items()}
        with np.errstate(over="ignore"):
            vectors = {str(name): np.asarray(vector, np.float32) for name, vector in answer["vectors"].items()}
        version = str(answer["version"])
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        raise HearingFailed(NO_ANSWER) from None
    if not all(np.isfinite(values).all() for values in (np.array(list(numbers.values())), *vectors.values())):
        raise HearingFailed(NO_ANSWER)
    return Heard(numbers, vectors, version)


def error(answer: Mapping[str, Any]) -> AudioError:
    """Return the error that an answer names."""
    kind = getattr(errors, str(answer["error"]), AudioError)
    words = str(answer.get("words", NO_ANSWER))
    return kind(words) if isinstance(kind, type) and issubclass(kind, AudioError) else AudioError(words)
