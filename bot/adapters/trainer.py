"""Trainer: run training as a separate process, with the command that a person can type.

The bot never imports scikit-learn: memory is freed when the process ends, and a crash or a runaway can't affect the
event loop (promise P31). The process is limited to MEMORY and TIMEOUT.
"""

import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from bot.environment import passed_on
from bot.errors import TrainingFailed
from bot.ports import Trained
from bot.telemetry.metrics import TRAINING

ROOT = Path(__file__).parents[2]
TIMEOUT = 120.0  # seconds
MEMORY = 2 * 2**30  # bytes; a thousand labels take less than a fifth of it
PUBLISHED, KEPT, TOO_FEW = 0, 3, 4  # exit codes of `python -m training fit`


class Trainer:
    def __init__(
        self,
        database_url: str,
        data_dir: Path,
        environment: Mapping[str, str],
        timeout: float = TIMEOUT,
        memory: int = MEMORY,
    ) -> None:
        self._timeout, self._memory = timeout, memory
        own = {"DATABASE_URL": database_url, "DATA_DIR": str(data_dir), "PYTHONPATH": str(ROOT)}
        self._environment = passed_on(environment) | own

    async def fit(self, member: int, layer: int) -> Trained:
        """Train one layer of a member. Raises TrainingFailed, with the process's last line."""
        which = ("--member", str(member), "--layer", str(layer))
        arguments = ("-m", "training", "fit", *which, "--memory", str(self._memory), "--json")
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *arguments,
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            with TRAINING.time():
                out, err = await asyncio.wait_for(process.communicate(), self._timeout)
        except BaseException as stopped:
            process.kill()
            await process.wait()
            if isinstance(stopped, TimeoutError):
                raise TrainingFailed(f"training took longer than {self._timeout:.0f} seconds") from None
            raise
        if process.returncode not in (PUBLISHED, KEPT, TOO_FEW):
            raise TrainingFailed(_last_words(err.decode(errors="replace")))
        said = json.loads(out)
        return Trained(process.returncode == PUBLISHED, int(said["labels"]), str(said["reason"]))


def _last_words(said: str) -> str:
    """Return the last line of a process's output, which may be empty if it ran out of memory."""
    last = (said.strip().splitlines() or ["no word"])[-1]
    return "training: it needs more memory than it may take" if last.startswith("MemoryError") else last
