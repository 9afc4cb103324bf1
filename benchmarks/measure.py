"""Measure: medians of interleaved runs, this process's memory, and results as a table or JSON.

Absolute times depend on the machine and the day; what counts is the ratio of two tasks timed together.
"""

import json
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sandbox.process import environment

ENOUGH, LEAST = 1.0, 5  # minimum seconds of timing, and minimum rounds
Row = Mapping[str, Any]


def in_turns(*tasks: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> list[float]:
    """Return each task's median time in seconds; each round runs every task once, so noise affects all of them equally.

    Pass `time.process_time` as the clock to count processor time only, whatever else is running.
    """
    times: list[list[float]] = [[] for _ in tasks]
    for task in tasks:
        task()
    until = time.perf_counter() + ENOUGH
    while time.perf_counter() < until or len(times[0]) < LEAST:
        for task, taken in zip(tasks, times, strict=True):
            taken.append(seconds(task, clock))
    return [statistics.median(taken) for taken in times]


def seconds(task: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """Return how long a task takes, in seconds."""
    start = clock()
    task()
    return clock() - start


def own_bytes() -> int:
    """Return this process's own memory in bytes: private pages that were written to or swapped out (Linux)."""
    text = Path("/proc/self/smaps_rollup").read_text()
    return 1024 * sum(int(size) for size in re.findall(r"^(?:Private_Dirty|Swap): +(\d+)", text, re.MULTILINE))


def peak_bytes() -> int:
    """Return this process's peak resident memory in bytes, including code and libraries (Linux)."""
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def apart(*arguments: str, **settings: str) -> str:
    """Return what Python prints when run with `arguments` in a fresh process and a clean environment."""
    with tempfile.TemporaryDirectory() as folder:
        command, closed = [sys.executable, *arguments], environment(Path(folder), settings)
        said = subprocess.run(command, cwd=folder, env=closed, capture_output=True, check=True, text=True)  # noqa: S603
    return said.stdout


def show(rows: Sequence[Row], arguments: Sequence[str] | None = None) -> None:
    """Print a table; with `--json FILE`, write the rows there too."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    titles = list(rows[0])
    print("| " + " | ".join(titles) + " |")
    print("|" + "---|" * len(titles))
    for row in rows:
        print(
            "| "
            + " | ".join(f"{value:,.4g}" if isinstance(value, float) else str(value) for value in row.values())
            + " |"
        )
    if "--json" in given:
        Path(given[given.index("--json") + 1]).write_text(json.dumps(list(rows), indent=1), encoding="utf-8")
