"""The analysis process really can't do anything else: each test tries from inside, as a malicious file would."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bot.adapters.hearing import Hearing
from bot.adapters.trainer import Trainer, _last_words
from bot.errors import TrainingFailed
from bot.messages.errors import describe
from sandbox.process import environment

ROOT = Path(__file__).parents[3]
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="other systems have only the limits")
MEMORY = 2 * 2**30
CONFINED = """
import ctypes, encodings.idna, mmap, os, resource, socket, sys, threading
from pathlib import Path
from bot.confine import confine
secret, port, parent = Path(sys.argv[1]), int(sys.argv[2]), os.getppid()
began, go, said = threading.Event(), threading.Event(), []
def late():
    began.set(); go.wait(); attempt("a thread that was there before", lambda: secret.read_text())
def fork():
    if os.fork() == 0:
        os._exit(0)
libc = ctypes.CDLL(None)
GROWS_DOWN, FAILED = 0x100, -1
def grow():
    if libc.mmap(None, 1 << 20, 3, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | GROWS_DOWN, -1, None) == FAILED:
        raise OSError
def attempt(what, act):
    try:
        act()
    except (OSError, ValueError):
        return
    said.append(what)
thread = threading.Thread(target=late); thread.start(); began.wait()
confine(2 << 30)
attempt("a key", lambda: secret.read_text())
attempt("the environment of the parent", lambda: Path(f"/proc/{parent}/environ").read_bytes())
attempt("the memory of the parent", lambda: open(f"/proc/{parent}/mem", "rb"))
attempt("a connection", lambda: socket.create_connection(("127.0.0.1", port), 1))
attempt("a pair of sockets", socket.socketpair)
attempt("a new file", lambda: open(secret.with_name("new"), "w"))
attempt("the file removed", secret.unlink)
attempt("the file renamed", lambda: secret.rename(secret.with_name("other")))
attempt("a folder", lambda: secret.with_name("folder").mkdir())
attempt("a program", lambda: os.execv("/bin/echo", ["echo", "a program"]))
attempt("another process", fork)
attempt("memory that is shared", lambda: mmap.mmap(-1, 1 << 20, flags=mmap.MAP_SHARED))
attempt("memory that grows", grow)
attempt("the scheduling of the parent", lambda: os.sched_setscheduler(parent, os.SCHED_BATCH, os.sched_param(0)))
attempt("the processors of the parent", lambda: os.sched_setaffinity(parent, os.sched_getaffinity(0)))
attempt("a signal to the parent", lambda: os.kill(parent, 0))
attempt("root", lambda: os.setuid(0))
attempt("limits raised", lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1, 1)))
threading.Thread(target=go.set).start(); thread.join()
print(said)
"""


def run(folder: Path, code: str, *arguments: object) -> str:
    command, closed = [sys.executable, "-c", code, *map(str, arguments)], environment(folder)
    said = subprocess.run(command, cwd=folder, env=closed, capture_output=True, text=True, check=True, timeout=60)
    return said.stdout.strip()


@ON_LINUX
def test_a_confined_process_can_reach_nothing_however_it_tries(tmp_path: Path) -> None:
    secret = tmp_path / "keys"
    secret.write_text("canary")
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert run(tmp_path, CONFINED, secret, server.getsockname()[1]) == "[]"
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]


@ON_LINUX
async def test_the_analysis_process_has_only_its_pipes_to_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "canary")
    hearing = Hearing()
    guards = await hearing.guards()
    assert [what for what, held in guards.items() if not held] == []
    process = Path(f"/proc/{hearing.pid}")
    said = dict(line.split(":\t", 1) for line in (process / "status").read_text().splitlines())
    assert (said["NoNewPrivs"], said["Seccomp"].strip()) == ("1", "2")
    assert "0" not in said["Uid"].split()
    if os.geteuid() == 0:  # other users are kept out by the kernel, as with `hide`
        held = sorted(str(descriptor.readlink()).partition(":")[0] for descriptor in (process / "fd").iterdir())
        assert held == ["/dev/null", "/dev/null", "pipe", "pipe", "socket"]
        assert b"canary" not in (process / "environ").read_bytes()
    await hearing.close()


def test_without_support_for_a_memory_limit_it_goes_on_without_one(tmp_path: Path) -> None:
    """On macOS, setrlimit(RLIMIT_DATA) is an error."""
    code = (
        "import resource; real = resource.setrlimit\n"
        "def refusing(which, limits):\n"
        "    if which == resource.RLIMIT_DATA: raise ValueError('current limit exceeds maximum limit')\n"
        "    real(which, limits)\n"
        "resource.setrlimit = refusing\n"
        "from bot.confine import confine, held\n"
        f"confine({MEMORY}); print(held({MEMORY})['take more memory'])"
    )
    assert run(tmp_path, code) == "False"


@ON_LINUX
def test_a_hidden_process_cannot_be_inspected_by_its_own_user(tmp_path: Path) -> None:
    code = (
        "import os, pathlib; from bot.confine import hide\n"
        "if os.geteuid() == 0: os.setgid(65111); os.setuid(65111)\n"
        "hide()\n"
        "if os.fork() == 0:\n"
        "    try: pathlib.Path(f'/proc/{os.getppid()}/environ').read_bytes(); print('seen')\n"
        "    except PermissionError: print('hidden')\n"
        "else: os.wait()"
    )
    assert run(tmp_path, code) == "hidden"


@pytest.mark.parametrize("module", ["bot.adapters.scorer", "bot.audio.analysis.embedding", "training.__main__"])
def test_onnxruntime_sends_no_telemetry(tmp_path: Path, module: str) -> None:
    """Its wheels store a device id and a queue of events in HOME, and send them, unless told not to."""
    code = f"import {module}, onnxruntime; onnxruntime.InferenceSession"
    bare = {"HOME": str(tmp_path), "PATH": os.defpath, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=bare, check=True, timeout=60)
    assert list(tmp_path.rglob("*onnxruntime*")) == []


@ON_LINUX
async def test_p31_training_that_takes_too_much_memory_or_time_fails_with_a_clear_error(tmp_path: Path) -> None:
    where = f"sqlite+aiosqlite:///{tmp_path / 'none.db'}", tmp_path, dict[str, str]()
    with pytest.raises(TrainingFailed, match="more memory than it may take"):
        await Trainer(*where, memory=2**20).fit(1, 1)
    assert "more memory than it may take" in _last_words("Traceback (most recent call last):\nMemoryError\n")
    with pytest.raises(TrainingFailed, match="took longer than 0 seconds") as slow:
        await Trainer(*where, timeout=0.01).fit(1, 1)
    assert "Your labels are safe" in describe(slow.value)
