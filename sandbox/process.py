"""Process: how the sandbox, the tests and the benchmarks start Python: in a closed environment (promise P42).

A process started here finds no setting of a real installation. Every setting of `.env.example` has a value, so neither
the caller's environment nor a `.env` can supply one, and the working folder is outside the checkout.
"""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from bot.environment import passed_on

ROOT = Path(__file__).resolve().parents[1]


def environment(folder: Path, settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the whole environment of a process that lives in `folder`: the defaults, then `settings`."""
    defaults = dotenv_values(ROOT / ".env.example", interpolate=False)
    return {
        **passed_on(os.environ),
        **{name: value or "" for name, value in defaults.items()},
        "DATA_DIR": str(folder / "data"),
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT),
        **(settings or {}),
    }


async def start(
    *arguments: str | Path, folder: Path, settings: Mapping[str, str] | None = None, **streams: Any
) -> asyncio.subprocess.Process:
    """Start our Python with `arguments` in `folder`; `streams` as for `create_subprocess_exec`."""
    return await asyncio.create_subprocess_exec(
        sys.executable, *arguments, cwd=folder, env=environment(folder, settings), **streams
    )
