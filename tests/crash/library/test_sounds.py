"""A sound that is heard while the bot is killed or its member's data deleted leaves nothing behind (promise P35)."""

import asyncio
import io
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sandbox.discord import Outcome, Person, Upload
from sandbox.music.library import Library
from sandbox.sources import Recording
from sandbox.stack import Stack
from tests.contract.library.sources.stage import sound
from tests.databases import migrated_folder
from tests.e2e.chat_stage import PATIENCE, answer, newcomer, styled, with_file

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc to find the audio process")
CONFINED = "Seccomp:\t2"  # in a process's status
LIBRARY = styled(3, seed=91)


def minutes(count: int) -> bytes:
    """A sound that takes a while to hear."""
    file = io.BytesIO()
    tone = np.sin(2 * np.pi * 330 * np.arange(count * 60 * 8_000) / 8_000).astype(np.float32) / 4
    soundfile.write(file, tone, 8_000, format="WAV")
    return file.getvalue()


LONG = minutes(2)


@pytest.fixture
async def stack(tmp_path: Path) -> AsyncIterator[Stack]:
    """A bot with a music folder, and with Deezer's previews switched on."""
    async with Stack(tmp_path / "stack", settings={"DEEZER_PREVIEWS": "on"}) as made:
        migrated_folder(made.data)
        music = tmp_path / "music"
        music.mkdir()
        (music / "tone.wav").write_bytes(sound(440))
        await made.run("-m", "bot", "analyse", "--folder", str(music))
        await made.start_bot()
        yield made


def hearing(stack: Stack) -> list[int]:
    """The bot's processes that hear sounds."""
    assert stack.bot is not None
    children = Path(f"/proc/{stack.bot.pid}/task/{stack.bot.pid}/children").read_text().split()
    return [int(child) for child in children if b"bot.audio.process" in Path(f"/proc/{child}/cmdline").read_bytes()]


async def halted(stack: Stack, confined: str = "") -> int:
    """Wait for the audio process, and halt it: it has the file, and doesn't answer."""
    async with asyncio.timeout(PATIENCE):
        while not (running := [child for child in hearing(stack) if confined in status(child)]):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    os.kill(running[0], signal.SIGSTOP)
    return running[0]


async def gone(process: int) -> None:
    """Wait until a process has ended, although halted: what it held open is free then."""
    async with asyncio.timeout(PATIENCE):
        while status(process) and "State:\tZ" not in status(process):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def status(process: int) -> str:
    try:
        return Path(f"/proc/{process}/status").read_text()
    except OSError:
        return ""


async def upload(stack: Stack, data: bytes = LONG) -> tuple[Person, Outcome]:
    """Have a member upload a song."""
    ada = await with_file(stack, "ada", library=LIBRARY)
    return ada, await ada.command("song upload", song=LIBRARY.tracks[0].uri, file=Upload("song.wav", data))


async def preview(stack: Stack) -> None:
    """Have the bot hear previews of a member's songs."""
    tracks = tuple(replace(track, isrc=f"ZZAAA19{number:05d}") for number, track in enumerate(LIBRARY.tracks))
    stack.sources.recordings += [Recording(track.isrc, "", track.name, (), track.id, preview=LONG) for track in tracks]
    await stack.link(stack.add_listener("Ada", Library(tracks, LIBRARY.likes, {}, ())))


def leave_behind(stack: Stack) -> None:
    (stack.data / "scratch" / "cut short").write_bytes(b"canary")


def left(stack: Stack) -> list[str]:
    return [path.name for path in (stack.data / "scratch").iterdir()]


@pytest.mark.slow
@pytest.mark.parametrize("begin", [upload, preview])
async def test_p35_a_sound_cut_short_by_a_kill_is_gone_with_the_bot_and_after_its_next_start(
    stack: Stack, begin: Callable[[Stack], Awaitable[object]]
) -> None:
    await begin(stack)
    process = await halted(stack, CONFINED)
    await stack.stop_bot(signal.SIGKILL)
    await gone(process)
    assert left(stack) == []
    leave_behind(stack)
    await stack.start_bot()
    assert left(stack) == []


async def test_p35_a_sound_cut_short_by_a_kill_is_gone_when_its_members_data_is_deleted(stack: Stack) -> None:
    ada, uploaded = await upload(stack)
    os.kill(await halted(stack), signal.SIGKILL)
    assert "I couldn't" in (await uploaded.reply()).text()
    leave_behind(stack)
    deleting = await ada.submit(await ada.command("data delete"), word="delete")
    await deleting.until(lambda message: "is deleted" in message.text(), PATIENCE)
    assert left(stack) == []


@pytest.mark.slow
async def test_p35_deleting_a_members_data_ends_their_upload(stack: Stack) -> None:
    ada, uploaded = await upload(stack)
    process = await halted(stack)
    deleting = await ada.submit(await ada.command("data delete"), word="delete")
    await deleting.until(lambda message: "is deleted" in message.text(), PATIENCE)
    assert process not in hearing(stack)
    assert "kept nothing of it" in (await uploaded.reply()).text()


async def test_an_upload_under_way_holds_up_no_clip(stack: Stack) -> None:
    _, uploaded = await upload(stack, sound(330))
    process = await halted(stack)
    (clip,) = (await answer(newcomer(stack, "ben").command("feed play"))).files()
    assert clip.data.startswith(b"OggS")
    os.kill(process, signal.SIGCONT)
    assert "I listened to" in (await uploaded.reply(PATIENCE)).text()
