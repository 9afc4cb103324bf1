"""The sandbox next to a real installation: a filled-in `.env` in the checkout, and an environment full of settings."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from dotenv import dotenv_values

from sandbox.process import ROOT, environment

CODE = ("bot", "sandbox", "training", "models", ".env.example")
MORE = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "DBOS_SYSTEM_DATABASE_URL", "OTEL_EXPORTER_OTLP_ENDPOINT")
VISIT = """
import asyncio, json, sys
from pathlib import Path
from sandbox.discord import Person
from sandbox.stack import Stack
from sandbox.music.library import Library

async def visit():
    async with Stack(Path(sys.argv[1])) as stack:
        ada = stack.add_listener("Ada", Library((), (), {}, ({"track_id": "0" * 22, "tempo": 120},)))
        await stack.import_features(ada.library)
        await stack.start_bot()
        said = (await (await ada.person.command("status")).reply()).text()
        about = Path(f"/proc/{stack.bot.pid}")
        seen = (about / "environ").read_text() if about.exists() else ""
        where = str((about / "cwd").resolve()) if about.exists() else ""
        print(json.dumps({"said": said, "environment": seen, "folder": where, "log": stack.log.read_text()}))

asyncio.run(visit())
"""


@asynccontextmanager
async def listening(asked: list[bytes]) -> AsyncIterator[str]:
    """A server that nothing may contact; yields its host and port."""

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.read(500))
        writer.close()

    server = await asyncio.start_server(note, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


def canaries(folder: Path, server: str, word: str) -> dict[str, str]:
    """Every setting, with values like a real installation's."""
    names = [*dotenv_values(ROOT / ".env.example"), *MORE]
    places = {name: f"http://{server}/{word}" for name in names if name.endswith(("URL", "PROXY", "ENDPOINT"))}
    return {
        **dict.fromkeys(names, f"canary-{word}"),
        **places,
        "DISCORD_GATEWAY_URL": f"ws://{server}/{word}",
        "DATA_DIR": str(folder),
        "DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'production.db'}",
    }


def furnished(folder: Path) -> dict[str, bytes]:
    folder.mkdir()
    for name in ("production.db", "keys", "jobs.db"):
        (folder / name).write_bytes(b"production")
    return contents(folder)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


async def visited(checkout: Path, stack: Path, settings: Mapping[str, str]) -> dict[str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", VISIT, stack),
        cwd=checkout,
        env={"PATH": os.environ["PATH"], **settings},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    printed, problem = await process.communicate()
    assert process.returncode == 0, problem.decode()
    visit: dict[str, str] = json.loads(printed)
    return visit


@pytest.mark.slow
async def test_p42_the_sandbox_finds_nothing_of_a_real_installation(tmp_path: Path) -> None:
    checkout, production = tmp_path / "checkout", tmp_path / "production"
    checkout.mkdir()
    for name in CODE:
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, checkout / name)
    before, asked = furnished(production), []
    async with listening(asked) as server:
        env = checkout / ".env"
        env.write_text("".join(f"{name}={value}\n" for name, value in canaries(production, server, "file").items()))
        env.chmod(0o600)
        visit = await visited(checkout, tmp_path / "stack", canaries(production, server, "variable"))
    assert "Not linked" in visit["said"]
    assert asked == []
    assert contents(production) == before
    for seen in (visit["environment"], visit["log"]):
        assert not [word for word in ("canary", server, str(production)) if word in seen]
    assert not visit["folder"].startswith(str(checkout))


def test_p42_started_processes_get_every_setting_explicitly(tmp_path: Path) -> None:
    assert set(dotenv_values(ROOT / ".env.example")) <= set(environment(tmp_path))
    assert environment(tmp_path)["DATA_DIR"] == str(tmp_path / "data")


def test_p42_the_tests_themselves_see_no_setting() -> None:
    settings = dict.fromkeys([*dotenv_values(ROOT / ".env.example"), *MORE, "LIBRARY", "SOME_API_URL"], "canary")
    command = [sys.executable, "-B", "-c", "import os, tests.conftest; print(*os.environ)"]
    env = {"PATH": os.environ["PATH"], **settings}
    seen = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True).stdout.split()
    assert "PATH" in seen
    assert settings.keys() & {*seen} == set()
