"""What threads free goes back to the system."""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.environment import passed_on

ROOT = Path(__file__).parents[3]
ARENAS = """
import ctypes, sys, threading
from bot import memory

if sys.argv[1] == "few":
    memory.give_back()
libc, together = ctypes.CDLL(None), threading.Barrier(8)


def allocate():
    together.wait()
    kept = [bytes(10_000) for _ in range(100)]
    together.wait()


threads = [threading.Thread(target=allocate) for _ in range(8)]
for each in threads:
    each.start()
for each in threads:
    each.join()
libc.malloc_info(0, ctypes.c_void_p.in_dll(libc, "stdout"))
libc.fflush(None)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_info"), reason="only glibc has arenas")
def test_threads_share_a_few_arenas() -> None:
    assert arenas("few") <= 2 < arenas("any")


def arenas(how: str) -> int:
    said = subprocess.run(
        [sys.executable, "-c", ARENAS, how], cwd=ROOT, env=passed_on(os.environ), capture_output=True, check=True
    )
    return said.stdout.count(b"<heap nr=")
