"""`cratekeeper health`: the exit code that a container's health check goes by."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bot import web
from bot.web.app import application
from bot.web.server import port_of
from sandbox.process import start


async def ask(port: int, folder: Path) -> tuple[int | None, str]:
    """Run the command; return its exit code, and what it printed."""
    settings = {"HTTP_PORT": str(port), "HTTP_HOST": "0.0.0.0"}  # noqa: S104
    asking = await start("-m", "bot", "health", folder=folder, settings=settings, stdout=asyncio.subprocess.PIPE)
    printed, _ = await asking.communicate()
    return asking.returncode, printed.decode()


@pytest.mark.parametrize(("state", "code"), [({"ok": True, "waiting": 3}, 0), ({"ok": False}, 1)])
async def test_health_says_what_the_bot_says_and_exits_by_it(
    tmp_path: Path, state: Mapping[str, Any], code: int
) -> None:
    async def healthy() -> Mapping[str, Any]:
        return state

    runner = await web.serve(application(None, healthy), 0)
    try:
        returned, printed = await ask(port_of(runner), tmp_path)
    finally:
        await runner.cleanup()
    assert returned == code
    assert all(f'"{name}"' in printed for name in state)


async def test_health_of_a_bot_that_does_not_run_is_bad(tmp_path: Path) -> None:
    code, printed = await ask(1, tmp_path)
    assert code == 1
    assert printed.startswith("no answer on port 1")
