"""Trainer: run training in a separate process, with the command that a person can type.

The bot never imports scikit-learn: a crash or a runaway can't affect the event loop (promise P31). The process is
limited to MEMORY, and each training to TIMEOUT. Loading what it needs takes longer than most trainings, so a row of
trainings shares one process, one after another. It ends after RESTS seconds without work, which frees its memory.
"""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.environment import of_bucket, passed_on
from bot.errors import StorageDown, TrainingFailed
from bot.ports import Trained
from bot.telemetry.metrics import TRAINING

ROOT = Path(__file__).parents[2]
TIMEOUT = 120.0  # seconds
MEMORY = 2 * 2**30  # bytes; a thousand labels take less than a fifth of it
RESTS = 15.0  # seconds
ROW = 50  # trainings in one process; the next begins with a fresh one's memory


@dataclass(slots=True)
class _Warm:
    """A process that trains what it's told to on its standard input."""

    process: Process
    words: "asyncio.Task[bytes]"  # what it says of errors, read as it comes so that it never waits
    trainings: int = 0

    @property
    def is_worn(self) -> bool:
        """Whether the next training needs a fresh one."""
        return self.trainings >= ROW or self.process.returncode is not None

    async def train(self, member: int, layer: int) -> bytes:
        """Return its answer; b"" if it ended instead."""
        assert self.process.stdin is not None and self.process.stdout is not None  # noqa: S101 - pipes, by how it began
        self.trainings += 1
        with suppress(ConnectionError):
            self.process.stdin.write(f"{member} {layer}\n".encode())
            await self.process.stdin.drain()
        return await self.process.stdout.readline()

    async def end(self) -> str:
        """End it; return its last words."""
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
        return _last_words((await self.words).decode(errors="replace"))


class Trainer:
    def __init__(
        self,
        database_url: str,
        data_dir: Path,
        environment: Mapping[str, str],
        timeout: float = TIMEOUT,
        memory: int = MEMORY,
        prior: bool = True,
        storage: Mapping[str, str] | None = None,
    ) -> None:
        """storage: the settings that name a bucket for the models; without any, they're in the data folder."""
        self._timeout, self._memory = timeout, memory
        own = {"DATABASE_URL": database_url, "DATA_DIR": str(data_dir), "PYTHONPATH": str(ROOT)}
        own["PRIOR"] = "on" if prior else "off"
        if storage:
            own |= of_bucket(environment) | dict(storage)
        self._environment = passed_on(environment) | own
        self._lock = asyncio.Lock()
        self._warm: _Warm | None = None
        self._resting: asyncio.Task[None] | None = None

    async def fit(self, member: int, layer: int) -> Trained:
        """Train one layer of a member. Raises TrainingFailed, with the process's last line, or StorageDown."""
        async with self._lock:
            try:
                with TRAINING.time():
                    said = await asyncio.wait_for(self._fit(member, layer), self._timeout)
            except TimeoutError:
                await self._end()
                raise TrainingFailed(f"training took longer than {self._timeout:.0f} seconds") from None
            except BaseException:
                await self._end()
                raise
            self._rest()
        if down := said.get("storage"):
            raise StorageDown(str(down))
        if problem := said.get("problem"):
            raise TrainingFailed(str(problem))
        return Trained(bool(said["published"]), int(said["labels"]), str(said["reason"]))

    async def _fit(self, member: int, layer: int) -> dict[str, Any]:
        if self._warm is not None and self._warm.is_worn:
            await self._end()
        self._warm = warm = self._warm or await self._begin()
        if said := await warm.train(member, layer):
            return dict(json.loads(said))
        if warm.trainings == 1:
            raise TrainingFailed(await warm.end())
        await self._end()  # perhaps it was the earlier trainings that took the memory
        return await self._fit(member, layer)

    async def _begin(self) -> _Warm:
        arguments = ("-m", "training", "fit", "--listen", "--memory", str(self._memory), "--json")
        process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, env=self._environment, stdin=PIPE, stdout=PIPE, stderr=PIPE
        )
        assert process.stderr is not None  # noqa: S101 - a pipe
        return _Warm(process, asyncio.create_task(process.stderr.read()))

    def _rest(self) -> None:
        """End the process if no training follows soon."""
        if self._resting is not None:
            self._resting.cancel()
        self._resting = asyncio.create_task(self._end_later())

    async def _end_later(self) -> None:
        await asyncio.sleep(RESTS)
        async with self._lock:
            await self._end()

    async def _end(self) -> None:
        warm, self._warm = self._warm, None
        if warm is not None:
            await warm.end()

    async def close(self) -> None:
        """End the process, if there's one."""
        if self._resting is not None:
            self._resting.cancel()
        await self._end()


def _last_words(said: str) -> str:
    """Return the last line of a process's output, which may be empty if it ran out of memory."""
    last = (said.strip().splitlines() or ["no word"])[-1]
    return "training: it needs more memory than it may take" if last.startswith("MemoryError") else last
