"""What a data folder holds, to compare two of them, and processes that change it."""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.crash.forking import forking

Rows = Mapping[str, list[tuple[Any, ...]]]


def rows(path: Path) -> Rows:
    """Every row of every table, in a stable order."""
    with closing(sqlite3.connect(path)) as database:
        names = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
        return {name: sorted(database.execute(f'select * from "{name}"'), key=repr) for name in names}  # noqa: S608


def state(folder: Path) -> dict[str, Rows | bytes]:
    """Everything a data folder holds: the databases' rows, and the other files' bytes; no locks or logs."""
    names = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    kept = {name: path for name, path in names.items() if not name.endswith((".lock", "-wal", "-shm"))}
    return {name: rows(path) if name.endswith(".db") else path.read_bytes() for name, path in kept.items()}


def ended(work: Callable[..., None], *arguments: Any) -> int | None:
    """Do the work in a process of its own; return its exit code."""
    process = forking.Process(target=work, args=arguments)
    process.start()
    process.join()
    return process.exitcode
