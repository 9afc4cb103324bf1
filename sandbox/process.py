"""Process: how the sandbox, the tests and the benchmarks start Python: in a closed environment (promise P42).

A process started here finds no setting of a real installation. Every setting is given, if only as "", so neither the
caller's environment nor a `.env` can supply one, and the working folder is outside the checkout.
"""

import asyncio
import os
import sys
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from bot.config import Settings
from bot.environment import passed_on

ROOT = Path(__file__).resolve().parents[1]


def environment(folder: Path, settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the whole environment of a process that lives in `folder`: the defaults, then `settings`."""
    return {
        **passed_on(os.environ),
        **{field.name.upper(): "" for field in fields(Settings)},
        "DATA_DIR": str(folder / "data"),
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT),
        **(settings or {}),
    }


def cache(env: Mapping[str, str]) -> Path:
    """Return where the sandbox keeps what it made: in the checkout, or among the user's caches if it is installed."""
    if (ROOT / "pyproject.toml").exists():
        return ROOT / ".cache"
    return Path(env.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cratekeeper"


async def start(
    *arguments: str | Path, folder: Path, settings: Mapping[str, str] | None = None, **streams: Any
) -> asyncio.subprocess.Process:
    """Start our Python with `arguments` in `folder`; `streams` as for `create_subprocess_exec`."""
    return await asyncio.create_subprocess_exec(
        sys.executable, *arguments, cwd=folder, env=environment(folder, settings), **streams
    )
