"""`.env` in every format that python-dotenv reads, and in unreadable ones; and which systems are supported."""

import asyncio
import re
import shutil
import sqlite3
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

import pytest

from bot.supported import GLIBC as OLDEST_GLIBC
from bot.supported import NEWEST_ON_INTEL_MACS, OLDEST_SQLITE, SYSTEMS, problem, sqlite_too_old, too_new
from sandbox.process import ROOT, environment

BOT, SANDBOX, REFUSED = 0, 1, 2
FILLED = [
    b"DISCORD_TOKEN=abc\n",
    b"\xef\xbb\xbfDISCORD_TOKEN=abc\r\nSPOTIFY_CLIENT_ID=\r\n",
    b"export DISCORD_TOKEN=abc\n",
    b"DISCORD_TOKEN = abc\n",
    b"\t DISCORD_TOKEN='abc' # my bot\n",
    b'DISCORD_TOKEN="abc"',
    b"# first\r\n\r\nLOG_LEVEL=INFO\r\nDISCORD_TOKEN=abc",
]
EMPTY = [
    b"",
    b"DISCORD_TOKEN=\n",
    b"DISCORD_TOKEN\n",
    b'DISCORD_TOKEN=""\n',
    b"DISCORD_TOKEN='  '\n",
    b"DISCORD_TOKEN= # see the portal\n",
    b"# DISCORD_TOKEN=abc\n",
    b"MY_DISCORD_TOKEN=abc\n",
]
UNREADABLE = [
    "DISCORD_TOKEN=abc\nLOG_LEVEL=INFO\n".encode("utf-16"),
    "DISCORD_TOKEN=abc\n".encode("utf-16-le"),
    "DISCORD_TOKEN=abc\nMUSICBRAINZ_CONTACT=Jörg\n".encode("latin-1"),
]


async def chosen(folder: Path, content: bytes | None, **variables: str) -> tuple[int, str]:
    """What `make run` starts with these environment variables, and the lines that it prints."""
    if content is not None:
        (folder / ".env").write_bytes(content)
        (folder / ".env").chmod(0o600)
    closed = {name: value for name, value in environment(folder).items() if name != "DISCORD_TOKEN"} | variables
    command = (sys.executable, "-m", "bot.environment")
    process = await asyncio.create_subprocess_exec(*command, cwd=folder, env=closed, stdout=PIPE, stderr=STDOUT)
    printed = (await process.communicate())[0].decode()
    return process.returncode or 0, printed


@pytest.mark.slow
@pytest.mark.parametrize("content", FILLED)
async def test_every_format_of_a_filled_in_env_starts_the_bot(tmp_path: Path, content: bytes) -> None:
    assert await chosen(tmp_path, content) == (BOT, "")


@pytest.mark.slow
@pytest.mark.parametrize("content", EMPTY)
async def test_an_env_without_a_token_starts_the_sandbox_and_says_so(tmp_path: Path, content: bytes) -> None:
    code, printed = await chosen(tmp_path, content)
    assert code == SANDBOX
    assert "no DISCORD_TOKEN" in printed.splitlines()[-1]


async def test_without_an_env_the_sandbox_starts(tmp_path: Path) -> None:
    assert await chosen(tmp_path, None) == (SANDBOX, "")


async def test_a_token_in_the_environment_starts_the_bot(tmp_path: Path) -> None:
    assert await chosen(tmp_path, None, DISCORD_TOKEN="abc") == (BOT, "")
    assert await chosen(tmp_path, b"LOG_LEVEL=INFO\n", DISCORD_TOKEN="abc") == (BOT, "")


@pytest.mark.parametrize("name", ["SPOTIFY_CLIENT_ID", "DISCORD_CLIENT_SECRET", "DISCORD_BOT_TOKEN", "ENCRYPTION_KEYS"])
async def test_incomplete_settings_in_the_environment_start_the_sandbox_and_say_so(tmp_path: Path, name: str) -> None:
    code, printed = await chosen(tmp_path, None, **{name: "canary"})
    assert (code, len(printed.splitlines())) == (SANDBOX, 1)
    assert "no DISCORD_TOKEN" in printed
    assert f"only {name}" in printed
    assert "canary" not in printed


@pytest.mark.parametrize("content", UNREADABLE)
async def test_other_encodings_are_refused_in_one_line_that_says_what_to_do(tmp_path: Path, content: bytes) -> None:
    code, printed = await chosen(tmp_path, content)
    assert code == REFUSED
    assert len(printed.splitlines()) == 1
    assert "save it with the encoding UTF-8" in printed


@pytest.mark.parametrize("line", [b'DATA_DIR="canary', b"PUBLIC_URL: https://canary.example", b"canary of a bot"])
async def test_a_line_that_is_no_setting_is_refused_by_its_number(tmp_path: Path, line: bytes) -> None:
    """Left out, it would let the bot run with a default."""
    code, printed = await chosen(tmp_path, b"DISCORD_TOKEN=abc\n\n\r\n" + line + b"\nLOG_LEVEL=INFO\n")
    assert (code, len(printed.splitlines())) == (REFUSED, 1)
    assert ".env, line 4: write NAME=value" in printed
    assert "canary" not in printed


async def test_p36_an_open_env_starts_neither(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DISCORD_TOKEN=abc\n")
    (tmp_path / ".env").chmod(0o644)
    code, printed = await chosen(tmp_path, None)
    assert (code, len(printed.splitlines())) == (REFUSED, 1)
    assert "chmod 600" in printed


GLIBC, MUSL = ("glibc", "2.36"), ("", "")


@pytest.mark.parametrize(
    ("system", "machine", "libc"),
    [("linux", "x86_64", GLIBC), ("linux", "aarch64", GLIBC), ("darwin", "x86_64", MUSL), ("darwin", "arm64", MUSL)],
)
def test_linux_and_macos_on_both_machines_are_supported(system: str, machine: str, libc: tuple[str, str]) -> None:
    assert problem(system, machine, 2**63 - 1, libc) == ""


@pytest.mark.parametrize(
    ("system", "machine", "bits", "libc", "said"),
    [
        ("linux", "x86_64", 2**63 - 1, MUSL, "Debian"),
        ("linux", "armv7l", 2**31 - 1, GLIBC, "64 bits"),
        ("linux", "aarch64", 2**31 - 1, GLIBC, "32-bit Python"),
        ("linux", "riscv64", 2**63 - 1, GLIBC, "riscv64"),
        ("linux", "x86_64", 2**63 - 1, ("glibc", "2.17"), "2.17"),
        ("win32", "AMD64", 2**63 - 1, MUSL, "WSL"),
        ("freebsd14", "amd64", 2**63 - 1, MUSL, "freebsd14"),
    ],
)
def test_other_systems_get_one_line(system: str, machine: str, bits: int, libc: tuple[str, str], said: str) -> None:
    line = problem(system, machine, bits, libc)
    assert said in line
    assert "\n" not in line


def test_an_intel_mac_with_a_python_that_onnxruntime_does_not_support_gets_one_line() -> None:
    assert too_new("darwin", "x86_64", (3, 13)) == ""
    assert "python3.13" in too_new("darwin", "x86_64", (3, 14))
    assert too_new("darwin", "arm64", (3, 14)) == too_new("linux", "x86_64", (3, 14)) == ""


def test_a_python_with_an_old_sqlite_is_told_what_it_lacks() -> None:
    assert sqlite_too_old(OLDEST_SQLITE) == sqlite_too_old(sqlite3.sqlite_version_info) == ""
    assert "needs SQLite 3.35 or newer; this Python has 3.26." in sqlite_too_old((3, 26, 0))


TOO_OLD = f"""#!/bin/sh
echo "$@" >> asked
exec {sys.executable} -c '
import runpy, sys
sys.version_info = (3, 9)
runpy.run_path(sys.argv[1], run_name="__main__")' "$@"
"""


@pytest.mark.skipif(not shutil.which("make"), reason="needs make")
@pytest.mark.parametrize("target", ["run", "doctor", "test", "docs"])
async def test_make_refuses_an_unsupported_system_before_it_installs_anything(tmp_path: Path, target: str) -> None:
    for name in ("Makefile", "bot/supported.py", *(path.name for path in ROOT.glob("*.lock"))):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "old-python").write_text(TOO_OLD)
    (tmp_path / "old-python").chmod(0o700)
    code, printed = await made(tmp_path, target, "PYTHON=./old-python")
    assert code != 0
    assert "Cratekeeper needs Python 3.11 or newer" in printed.splitlines()[0]
    assert (tmp_path / "asked").read_text() == "bot/supported.py\n"
    assert not (tmp_path / ".venv").exists()
    assert not (tmp_path / ".cache").exists()


WITHOUT_VENV = """#!/bin/sh
case "$*" in
  "-m venv "*)
    mkdir -p "$3/bin" && cp "$0" "$3/bin/python"
    [ -e python3-venv ] || exit 1
    cp "$0" "$3/bin/pip" ;;
  "-m pip "*)
    [ -e "${0%python}pip" ] && echo "$*" >> installed ;;
esac
"""


@pytest.mark.skipif(not shutil.which("make"), reason="needs make")
async def test_make_goes_on_once_the_package_it_asked_for_is_there(tmp_path: Path) -> None:
    """Debian's venv without its package leaves a folder with a Python that has no pip."""
    (tmp_path / "bot").mkdir()
    for name in ("Makefile", "requirements.lock", "bot/supported.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "python").write_text(WITHOUT_VENV)
    (tmp_path / "python").chmod(0o700)
    code, printed = await made(tmp_path, ".venv/run.stamp", "PYTHON=./python", "UV=")
    assert code != 0
    assert "apt-get install python3-venv" in printed
    (tmp_path / "python3-venv").touch()
    assert await made(tmp_path, ".venv/run.stamp", "PYTHON=./python", "UV=") == (0, "")
    assert "-r requirements.lock" in (tmp_path / "installed").read_text()


async def made(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run make in a folder. Returns its exit code and output."""
    process = await asyncio.create_subprocess_exec(
        "make", *arguments, cwd=folder, env=environment(folder), stdout=PIPE, stderr=STDOUT
    )
    printed = (await process.communicate())[0].decode()
    return process.returncode or 0, printed


def test_the_readme_names_the_supported_systems() -> None:
    readme = " ".join((ROOT / "README.md").read_text().split())
    (sentence,) = re.findall(r"You need (.+?)\. On Windows, use WSL 2\.", readme)
    named = {word.strip("(),") for word in sentence.split()}
    assert named >= {"Linux", "macOS", "x86-64", "arm64"}
    assert all(word in SYSTEMS for word in ("Linux", "macOS", "x86-64", "arm64"))
    assert f"glibc {OLDEST_GLIBC[0]}.{OLDEST_GLIBC[1]}+" in sentence
    assert f"up to {NEWEST_ON_INTEL_MACS[0]}.{NEWEST_ON_INTEL_MACS[1]} on an Intel Mac" in sentence
