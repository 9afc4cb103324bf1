"""Process: starts Python for the sandbox, the tests and the benchmarks, in a clean environment (promise P42).

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
    """Return the complete environment of a process in `folder`: the defaults, then `settings`."""
    return {
        **passed_on(os.environ),
        **{field.name.upper(): "" for field in fields(Settings)},
        "DATA_DIR": str(folder / "data"),
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT),
        **(settings or {}),
    }


def cache(env: Mapping[str, str]) -> Path:
    """Return the sandbox's cache folder: in the checkout, or in the user's cache folder if installed."""
    if (ROOT / "pyproject.toml").exists():
        return ROOT / ".cache"
    return Path(env.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cratekeeper"


async def start(
    *arguments: str | Path, folder: Path, settings: Mapping[str, str] | None = None, **streams: Any
) -> asyncio.subprocess.Process:
    """Start Python with `arguments` in `folder`; `streams` as for `create_subprocess_exec`."""
    return await asyncio.create_subprocess_exec(
        sys.executable, *arguments, cwd=folder, env=environment(folder, settings), **streams
    )
