"""Supported: whether Cratekeeper runs on this system; one line where it doesn't. `python bot/supported.py`.

It runs before anything is installed, perhaps on an old Python, so it uses only what every Python 3 has.
"""

import platform
import sqlite3
import sys

MACHINES = ("x86_64", "amd64", "aarch64", "arm64")
SYSTEMS = "Cratekeeper runs on Linux (glibc 2.28 or newer) and macOS, on x86-64 and arm64"
GLIBC = (2, 28)
NEWEST_ON_INTEL_MACS = (3, 13)
OLDEST_SQLITE = (3, 35)  # the first with RETURNING; Red Hat 8 has 3.26


def problem(system: str, machine: str, bits: int, libc: "tuple[str, str]") -> str:
    """Return in one line why this system isn't supported; "" if it is.

    system, machine, bits, libc: sys.platform, platform.machine(), sys.maxsize and platform.libc_ver().
    """
    if system in ("win32", "cygwin", "msys"):
        return SYSTEMS + ". On Windows, run it inside WSL 2 (wsl --install)."
    if system not in ("linux", "darwin"):
        return SYSTEMS + ", not on " + system + "."
    if machine.lower() not in MACHINES or bits < 2**32:
        return SYSTEMS + ", in 64 bits; this one is " + machine + (" with a 32-bit Python." if bits < 2**32 else ".")
    if system == "linux" and libc[0] != "glibc":
        return SYSTEMS + "; this Linux (Alpine?) has another C library. Take Debian or Ubuntu, or an image of theirs."
    if system == "linux" and tuple(int(part) for part in libc[1].split(".")[:2]) < GLIBC:
        return SYSTEMS + "; this Linux has glibc " + libc[1] + "."
    return ""


def too_new(system: str, machine: str, python: "tuple[int, ...]") -> str:
    """Return in one line why this Python is too new; "" if it isn't. onnxruntime dropped Intel Macs."""
    if (system, machine) == ("darwin", "x86_64") and python > NEWEST_ON_INTEL_MACS:
        return "Cratekeeper needs Python 3.11, 3.12 or 3.13 on an Intel Mac. Try: make PYTHON=python3.13"
    return ""


def sqlite_too_old(sqlite: "tuple[int, ...]") -> str:
    """Return in one line why this Python's SQLite is too old; "" if it isn't."""
    if sqlite >= OLDEST_SQLITE:
        return ""
    needed, has = (".".join(str(part) for part in version[:2]) for version in (OLDEST_SQLITE, sqlite))
    said = "Cratekeeper needs SQLite " + needed + " or newer; this Python has " + has
    return said + ". One from uv has its own: uv python install 3.13; make PYTHON=$(uv python find 3.13)"


if __name__ == "__main__":
    obstacle = problem(sys.platform, platform.machine(), sys.maxsize, platform.libc_ver())
    if not obstacle:
        obstacle = too_new(sys.platform, platform.machine(), sys.version_info[:2])
    if not obstacle and sys.version_info < (3, 11):
        obstacle = "Cratekeeper needs Python 3.11 or newer; this is " + platform.python_version() + "."
        obstacle += " Try: make PYTHON=python3.13"
    if not obstacle:
        obstacle = sqlite_too_old(sqlite3.sqlite_version_info)
    if obstacle:
        sys.exit(obstacle)
