"""A process that makes or restores a backup, and dies at one of the points where it changes what's on disk."""

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot import config
from bot.adapters.backup.create import create
from bot.adapters.backup.restore import restore

CHANGES = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "sqlite3.connect")
WRITES = os.O_WRONLY | os.O_RDWR


def back_up(data: Path, file: Path, dies_at: int, passed: Path) -> None:
    settings = config.storage({"DATA_DIR": str(data)})
    _count(dies_at, passed)
    create(settings, file, datetime.now(UTC))
    os._exit(0)


def bring_back(data: Path, file: Path, dies_at: int, passed: Path) -> None:
    settings = config.storage({"DATA_DIR": str(data)})
    _count(dies_at, passed)
    restore(settings, file, lambda: "", replace=True)
    os._exit(0)


def _count(dies_at: int, passed: Path) -> None:
    """Write the name of each change into a file, one per line; die before number `dies_at`."""
    log = os.open(passed, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    count = 0

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        if event in CHANGES or (event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITES):
            count += 1
            os.write(log, f"{event}\n".encode())
            if count == dies_at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hear)
