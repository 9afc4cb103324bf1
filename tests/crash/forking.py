"""Processes that are forked from one which has loaded what they run, so that each begins at once."""

import asyncio
import multiprocessing
from typing import Any

forking = multiprocessing.get_context("forkserver")
forking.set_forkserver_preload(
    [
        "tests.crash.launcher",
        "tests.crash.migrator",
        "tests.crash.poison",
        "tests.crash.account.eraser",
        "tests.crash.backup.dying",
        "tests.crash.library.hearer",
        "tests.crash.social.sharer",
        "tests.crash.sorting.sorter",
    ]
)


async def in_process(work: Any, *arguments: Any) -> int | None:
    """Run `work` in a process of its own; return its exit code."""
    process = forking.Process(target=work, args=arguments)
    process.start()
    await asyncio.to_thread(process.join)
    return process.exitcode
