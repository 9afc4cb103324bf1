"""Fuzzing: runs schemathesis, in a process of its own."""

import asyncio
import importlib.util
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from sandbox.process import start

FOUND = re.compile(r"(\d+) generated, (\d+) passed")


async def fuzz(
    folder: Path, location: str | Path, *options: str, examples: int, settings: Mapping[str, str] | None = None
) -> int:
    """Have the operations at `location` called; return how many calls were made up. Fails if anything is found."""
    if importlib.util.find_spec("schemathesis") is None:
        pytest.skip("needs schemathesis")
    process = await start(
        *("-m", "schemathesis.cli", "run", location, "--checks", "all", "--seed", "5"),
        *("--max-examples", f"{examples}", *options),
        folder=folder,
        settings=settings,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed = (await process.communicate())[0].decode()
    assert process.returncode == 0, printed
    found = FOUND.search(printed)
    assert found, printed
    return int(found[1])
