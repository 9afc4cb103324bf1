"""Whatever umask the bot and the sandbox are started with, what they write is closed to others (promise P36)."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bot import modes
from sandbox.process import start
from sandbox.stack import Stack
from tests.contract.library.sources.stage import sound
from tests.databases import migrated_folder
from tests.e2e.chat_stage import PATIENCE, answer, label, learn, styled, with_file
from tests.e2e.process.test_wheel import write_library

USUAL = 0o022  # the umask of most systems


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(USUAL)
    yield
    os.umask(before)


def written(folder: Path) -> dict[str, int]:
    """What a folder holds, and what others may do with each."""
    found = dict[str, int]()
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):  # SQLite's files beside a database come and go
            found[str(path.relative_to(folder))] = path.stat().st_mode & modes.OTHERS
    return found


def open_ones(found: dict[str, int]) -> list[str]:
    return [name for name, others in found.items() if others]


@pytest.mark.slow
async def test_p36_what_a_running_bot_and_its_training_write_is_closed_to_others(tmp_path: Path) -> None:
    music = tmp_path / "music"
    music.mkdir()
    (music / "tone.wav").write_bytes(sound(440))
    async with Stack(tmp_path / "stack") as stack:
        migrated_folder(stack.data)
        await stack.run("-m", "bot", "analyse", "--folder", str(music))
        await stack.start_bot()
        ada = await with_file(stack, "ada", "Late night", "Run", "Kitchen")
        assert (await answer(ada.command("feed play"))).files(), "a clip, which is kept"
        await label(ada, await answer(ada.command("label")), styled(), 8)
        await learn(ada)
        found = written(stack.data)
    assert {Path(name).suffix for name in found} >= {".db", ".onnx", ".json", ".png", ".clip"}
    assert {"keys", "scratch", "models", "clips"} <= found.keys()
    assert open_ones(found) == []


@pytest.mark.parametrize("command", [("sandbox",), ("cratekeeper", "sandbox")])
async def test_p36_what_the_sandbox_writes_is_closed_to_others(tmp_path: Path, command: tuple[str, ...]) -> None:
    write_library(tmp_path / "library.csv")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    settings = {"LIBRARY": str(tmp_path / "library.csv"), "TMPDIR": str(temporary)}
    process = await start("-m", *command, folder=tmp_path, settings=settings)
    async with asyncio.timeout(PATIENCE):
        while not [*temporary.glob("*/bot.log")]:  # noqa: ASYNC110 - nothing to wait on
            await asyncio.sleep(0.05)
    found = written(temporary)
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0
    assert {"features.csv", "bot.log"} <= {Path(name).name for name in found}
    assert open_ones(found) == []
