"""The audio process really can't do anything else: each test tries from inside, as a malicious file would."""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.adapters.hearing import Hearing
from bot.adapters.trainer import Trainer, _last_words
from bot.errors import TrainingFailed
from bot.messages.errors import describe
from sandbox.process import environment
from tests.databases import migrated_folder
from training.commands.fit import GENTLY

ROOT = Path(__file__).parents[3]
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="other systems have only the limits")
MEMORY = 2 * 2**30
ONLY_ROOT = ("unshare", "--user", "--map-root-user")  # runs a command where there's no other user
CONFINED = """
import ctypes, encodings.idna, fcntl, mmap, os, resource, socket, struct, sys, threading
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
ours, pipe = socket.socketpair(), os.pipe()
OWNER_OF_A_SOCKET, OWNER_OF_A_PIPE = 0x8901, 15  # FIOSETOWN, F_SETOWN_EX
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
attempt("a signal by a pipe", lambda: fcntl.fcntl(pipe[0], fcntl.F_SETOWN, parent))
owner = struct.pack("ii", 1, parent)  # F_OWNER_PID
attempt("a signal by a pipe, as newer kernels have it", lambda: fcntl.fcntl(pipe[0], OWNER_OF_A_PIPE, owner))
attempt("a signal by a socket", lambda: fcntl.ioctl(ours[0], OWNER_OF_A_SOCKET, struct.pack("i", parent)))
attempt("root", lambda: os.setuid(0))
attempt("limits raised", lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1, 1)))
threading.Thread(target=go.set).start(); thread.join()
print(said)
"""

INSPECTED = """
import ctypes, os, pathlib
from bot.confine import confine, hide
allow = ctypes.CDLL(None).prctl
if os.geteuid() == 0:
    os.setgid(65110); os.setuid(65110)
    allow(4, 1, 0, 0, 0)  # PR_SET_DUMPABLE: changing the user hides a process, too
ready, done = os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    {act}
    os.write(ready[1], b"."); os.read(done[0], 1); os._exit(0)
os.read(ready[0], 1)
try: pathlib.Path(f"/proc/{{child}}/environ").read_bytes(); print("seen")
except PermissionError: print("hidden")
os.write(done[1], b"."); os.wait()
"""
CONFINED_WHAT = """
import json
from bot.confine import confine, held
confine(2 << 30); print(json.dumps(held(2 << 30)))
"""
GUARDS = """
import asyncio, json
from bot.adapters.hearing import Hearing
async def guards():
    hearing = Hearing()
    print(json.dumps(await hearing.guards()))
    await hearing.close()
asyncio.run(guards())
"""
WITHOUT_SECCOMP = """
import ctypes, errno, platform
from bot.confine import seccomp
_, number = seccomp.ARCHITECTURES[platform.machine()]
step = seccomp._step
no_seccomp = [step(seccomp.LOAD, seccomp.NUMBER_AT), step(seccomp.JUMP_EQUAL, number, 0, 1),
              step(seccomp.RETURN, seccomp.REFUSE | errno.ENOSYS), step(seccomp.RETURN, seccomp.ALLOW)]
seccomp._filter = lambda _: b"".join(no_seccomp)  # from here on, for this process and those that it starts
ctypes.CDLL(None).prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
assert seccomp.refuse_calls()
"""


def run(folder: Path, code: str, *arguments: object, by: Sequence[str] = ()) -> str:
    """What Python code prints, run by a command that runs another one."""
    command, closed = [*by, sys.executable, "-c", code, *map(str, arguments)], environment(folder)
    said = subprocess.run(command, cwd=folder, env=closed, capture_output=True, text=True, check=True, timeout=60)
    return said.stdout.strip()


def runs(folder: Path, *command: str) -> bool:
    return subprocess.run(command, cwd=folder, env=environment(folder), check=False).returncode == 0


@ON_LINUX
def test_a_confined_process_can_reach_nothing_however_it_tries(tmp_path: Path) -> None:
    secret = tmp_path / "keys"
    secret.write_text("canary")
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert run(tmp_path, CONFINED, secret, server.getsockname()[1]) == "[]"
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]


@pytest.mark.slow
@ON_LINUX
async def test_the_audio_process_has_only_its_pipes_to_us(monkeypatch: pytest.MonkeyPatch) -> None:
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
@pytest.mark.parametrize("act", ["confine(2 << 30)", "hide()"])
def test_a_confined_or_hidden_process_cannot_be_inspected_by_its_own_user(tmp_path: Path, act: str) -> None:
    assert run(tmp_path, INSPECTED.format(act=act)) == "hidden"


@ON_LINUX
def test_every_command_of_the_bot_hides_its_process(tmp_path: Path) -> None:
    code = (
        "import ctypes; from bot.__main__ import start; print(start(['run']), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    )
    assert run(tmp_path, code) == "2 0", "it ends for want of a token, and PR_GET_DUMPABLE says 0"


@pytest.mark.slow
@ON_LINUX
def test_on_a_kernel_without_seccomp_the_missing_guards_are_named(tmp_path: Path) -> None:
    found = json.loads(run(tmp_path, WITHOUT_SECCOMP + GUARDS))
    assert not found["use the network"] and not found["start programs"] and not found["fork"]
    assert found["write files"] and found["take more memory"] and found["gain privileges"] and found["be inspected"]


@pytest.mark.slow
def test_where_root_cannot_become_somebody_else_that_is_named(tmp_path: Path) -> None:
    if not shutil.which("unshare") or not runs(tmp_path, *ONLY_ROOT, "true"):
        pytest.skip("needs Linux's unshare, to have no user but root")
    found = json.loads(run(tmp_path, GUARDS, by=ONLY_ROOT))
    assert [guard for guard, held in found.items() if not held] == ["act as root"]


def test_on_a_system_without_prctl_no_guard_of_linux_is_claimed(tmp_path: Path) -> None:
    code = "import sys; sys.platform = 'darwin'\n" + CONFINED_WHAT
    found = json.loads(run(tmp_path, code))
    of_linux = ("use the network", "inspect the bot", "fork", "gain privileges", "be inspected", "outlive the bot")
    assert not any(found[guard] for guard in of_linux)
    assert found["write files"]


@pytest.mark.parametrize("module", ["bot.adapters.scorer", "bot.audio.analysis.embedding", "training.__main__"])
def test_onnxruntime_sends_no_telemetry(tmp_path: Path, module: str) -> None:
    """Its wheels store a device id and a queue of events in HOME, and send them, unless told not to."""
    code = f"import {module}, onnxruntime; onnxruntime.InferenceSession"
    bare = {"HOME": str(tmp_path), "PATH": os.defpath, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=bare, check=True, timeout=60)
    assert list(tmp_path.rglob("*onnxruntime*")) == []


@ON_LINUX
async def test_p31_training_that_takes_too_much_memory_or_time_fails_with_a_clear_error(tmp_path: Path) -> None:
    migrated_folder(tmp_path)
    where = f"sqlite+aiosqlite:///{tmp_path / 'cratekeeper.db'}", tmp_path, dict[str, str]()
    with pytest.raises(TrainingFailed, match="more memory than it may take"):
        await Trainer(*where, memory=2**20).fit(1, 1)
    assert "more memory than it may take" in _last_words("Traceback (most recent call last):\nMemoryError\n")
    with pytest.raises(TrainingFailed, match="took longer than 0 seconds") as slow:
        await Trainer(*where, timeout=0.01).fit(1, 1)
    assert "Your labels are safe" in describe(slow.value)


@pytest.mark.slow
@ON_LINUX
async def test_p31_a_row_of_trainings_shares_one_process_that_gives_way_to_clicks(tmp_path: Path) -> None:
    """What's wrong with one training ends neither the process nor the next training; a killed process is replaced."""
    migrated_folder(tmp_path)
    trainer, seen = Trainer(f"sqlite+aiosqlite:///{tmp_path / 'cratekeeper.db'}", tmp_path, {}), list[int]()
    for number in range(4):
        with pytest.raises(TrainingFailed):
            await trainer.fit(1, number)
        (process,) = trainings()
        seen.append(process)
        assert os.getpriority(os.PRIO_PROCESS, process) == os.getpriority(os.PRIO_PROCESS, 0) + GENTLY
        if number == 1:
            os.kill(process, signal.SIGKILL)
    await trainer.close()
    assert seen[0] == seen[1] != seen[2] == seen[3]
    assert not trainings()


@pytest.mark.slow
@ON_LINUX
async def test_p31_the_bots_trainings_are_given_a_limit_of_memory(tmp_path: Path) -> None:
    trainer = Trainer(f"sqlite+aiosqlite:///{tmp_path / 'none.db'}", tmp_path, {})
    fitting = asyncio.create_task(trainer.fit(1, 1))
    while not (commands := list(trainings().values())):  # noqa: ASYNC110 - nothing to wait on
        await asyncio.sleep(0.001)
    with pytest.raises(TrainingFailed):
        await fitting
    await trainer.close()
    assert f"fit --listen --memory {MEMORY} " in commands[0]


def trainings() -> dict[int, str]:
    """The trainings that this process has started, and their commands."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    commands = {int(child): Path(f"/proc/{child}/cmdline").read_text().replace("\0", " ") for child in children}
    return {child: command for child, command in commands.items() if "-m training" in command}
