"""The sandbox leaves no process behind."""

import asyncio
import os
from pathlib import Path

import pytest

from sandbox.stack import Stack

SLEEPER = "import os, pathlib, time; pathlib.Path('pid').write_text(f'{os.getpid()}.'); time.sleep(60)"


async def test_a_program_ends_when_the_sandbox_no_longer_waits_for_it(tmp_path: Path) -> None:
    running = asyncio.create_task(Stack(tmp_path).run("-c", SLEEPER))
    pid = tmp_path / "pid"
    for _ in range(1_000):
        if pid.exists() and pid.read_text().endswith("."):
            break
        await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()[:-1]), 0)
