"""Processes that are forked from one which has loaded what they run, so that each begins at once."""

import asyncio
import multiprocessing
from typing import Any

forking = multiprocessing.get_context("forkserver")
forking.set_forkserver_preload(["tests.crash.migrator", "tests.crash.account.eraser"])


async def in_process(work: Any, *arguments: Any) -> int | None:
    """Run `work` in a process of its own; return its exit code."""
    process = forking.Process(target=work, args=arguments)
    process.start()
    await asyncio.to_thread(process.join)
    return process.exitcode
