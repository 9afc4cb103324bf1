"""The bot's start repairs what a stop, a disk or an upgrade broke, and it needs few open files."""

import asyncio
import resource
import sqlite3
import sys

import pytest

from bot.flows.sorting.labelling.readiness import FIRST_TRAINING
from sandbox.discord import Person
from sandbox.stack import Stack
from tests.e2e.chat_stage import PATIENCE, answer, data, label, learn, stack, styled, with_file

pytestmark = pytest.mark.asyncio(loop_scope="module")
LOOK = 0.05  # seconds
FILES = 64
__all__ = ["stack"]


def served(stack: Stack) -> list[tuple[int, str]]:
    with sqlite3.connect(data(stack)) as database:
        return database.execute("select model, digest from model where serving").fetchall()


@pytest.mark.slow
async def test_p28_an_unusable_model_is_trained_again_once_it_is_needed(stack: Stack) -> None:
    anna = await with_file(stack, "anna", "Late night", "Run", "Kitchen")
    await label(anna, await answer(anna.command("label")), styled(), FIRST_TRAINING + 1)  # so that no other one waits
    async with asyncio.timeout(PATIENCE):
        while "train done" not in stack.log.read_text():  # noqa: ASYNC110 - nobody announces that a job has ended
            await asyncio.sleep(LOOK)
    ((before, digest),) = served(stack)

    await stack.stop_bot()
    (stack.data / "models" / f"{digest}.onnx").write_bytes(b"half of a mod")
    await stack.start_bot()
    await answer(anna.command("label"))
    async with asyncio.timeout(PATIENCE):
        while served(stack)[0][0] == before:  # noqa: ASYNC110 - the database announces no change
            await asyncio.sleep(LOOK)
    ((_, digest),) = served(stack)
    assert len((stack.data / "models" / f"{digest}.onnx").read_bytes()) > 1_000
    assert "%" in (await answer(anna.command("label"))).text(), "the card shows the model's guess"


@pytest.mark.skipif(sys.platform != "linux", reason="another process's limits can be set on Linux only")
async def test_sixty_four_open_files_are_enough(stack: Stack) -> None:
    assert stack.bot is not None
    resource.prlimit(stack.bot.pid, resource.RLIMIT_NOFILE, (FILES, FILES))
    people = [await with_file(stack, f"few-{number}", "Late night", "Run", "Kitchen") for number in range(3)]
    await asyncio.gather(*(_learn_and_sort(person) for person in people))
    assert "Too many open files" not in stack.log.read_text()


async def _learn_and_sort(person: Person) -> None:
    await label(person, await answer(person.command("label")), styled(), 8)
    await learn(person)
    assert "would be placed" in (await (await person.command("sort")).reply(PATIENCE)).text()
