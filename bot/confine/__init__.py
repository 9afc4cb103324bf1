"""Confine: takes away a process's rights before it reads untrusted files, and checks which limits hold.

Resource limits work on every system, the other guards on Linux only. We don't rely on any one of them alone; `held`
says which a machine has.
"""

import ctypes
import mmap
import os
import resource
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from bot.confine.seccomp import refuse_calls

NOBODY_ELSE = 65_111  # a user id that owns nothing; no account has it (systemd reserves 61,184 to 65,519)
SET_DEATH_SIGNAL, GET_DEATH_SIGNAL = 1, 2  # of prctl(2)
GET_DUMPABLE, SET_DUMPABLE = 3, 4
SET_NO_NEW_PRIVS, GET_NO_NEW_PRIVS = 38, 39


def confine(memory: int) -> None:
    """Give up everything except open files and `memory` bytes. Load all modules and data before calling this."""
    limit_memory(memory)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    _leave_root()
    end_with_parent()  # after leaving root, which would undo it
    hide()
    if _prctl(SET_NO_NEW_PRIVS, 1):
        refuse_calls()


def limit_memory(most: int) -> bool:
    """Limit this process to `most` bytes of memory; returns False if the system refuses, as macOS does."""
    try:
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    except (ValueError, OSError):
        return False
    return True


def end_with_parent() -> bool:
    """Have the kernel kill this process once its parent dies, however that happens; returns whether that worked."""
    return _prctl(SET_DEATH_SIGNAL, signal.SIGKILL)


def hide() -> bool:
    """Hide this process's memory and environment from the same user's other processes; returns whether that worked."""
    return _prctl(SET_DUMPABLE, 0)


def held(memory: int) -> dict[str, bool]:
    """Return everything that a confined process should be unable to do, and whether it is.

    It tries each; what can't be tried from inside, it asks the kernel.
    """
    attempts: dict[str, Callable[[], object]] = {
        "use the network": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close(),
        "open files": lambda: os.close(os.open(__file__, os.O_RDONLY)),
        "write files": _write,
        "start programs": lambda: os.posix_spawn("/bin/sh", ["sh", "-c", ":"], {}),
        "inspect the bot": _inspect,
        "fork": _fork,
        "take more memory": lambda: mmap.mmap(-1, memory, flags=mmap.MAP_PRIVATE).close(),
        "share memory": lambda: mmap.mmap(-1, mmap.PAGESIZE, flags=mmap.MAP_SHARED).close(),
        "act as root": lambda: os.setuid(0),
    }
    return {what: _is_refused(attempt) for what, attempt in attempts.items()} | _told()


def _told() -> dict[str, bool]:
    if sys.platform != "linux":
        return dict.fromkeys(("gain privileges", "be inspected", "outlive the bot"), False)
    prctl, killed_by = ctypes.CDLL(None).prctl, ctypes.c_int()
    return {
        "gain privileges": prctl(GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1,
        "be inspected": prctl(GET_DUMPABLE, 0, 0, 0, 0) == 0,
        "outlive the bot": prctl(GET_DEATH_SIGNAL, ctypes.byref(killed_by)) == 0 and killed_by.value == signal.SIGKILL,
    }


def _is_refused(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError:
        return True
    return False


def _inspect() -> None:
    if sys.platform == "linux":  # nothing of ours stops it elsewhere
        Path(f"/proc/{os.getppid()}/environ").read_bytes()


def _write() -> None:
    handle, path = tempfile.mkstemp()
    try:
        os.write(handle, b"x")
    finally:
        os.close(handle)
        Path(path).unlink()


def _fork() -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def _leave_root() -> None:
    if os.geteuid() != 0:
        return
    with suppress(OSError):  # a container may have no such user
        os.setgroups([])
        os.setgid(NOBODY_ELSE)  # from root, these set the real and the saved ids as well (POSIX)
        os.setuid(NOBODY_ELSE)


def _prctl(option: int, value: int) -> bool:
    if sys.platform != "linux":
        return False
    return bool(ctypes.CDLL(None).prctl(option, value, 0, 0, 0) == 0)
