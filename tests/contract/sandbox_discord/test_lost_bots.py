"""A real discord.py process through lost connections, invalid sessions, rate limits and server errors."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from tests.contract.sandbox_discord.conftest import Stage, bot_process

PATIENCE = 20.0  # seconds


@pytest.fixture
async def running(quiet: Stage) -> AsyncIterator[asyncio.subprocess.Process]:
    async with bot_process(quiet.world) as process:
        yield process


async def away_and_back(stage: Stage, happens: Callable[[], None]) -> None:
    """Let the connection be lost, and wait until the bot is there again."""
    changes: list[bool] = []
    stop = stage.world.subscribe(
        lambda change: changes.append(stage.world.online) if change.kind == "gateway" else None
    )
    happens()
    await stage.world.wait_for(lambda: changes[-2:] == [False, True], PATIENCE)
    stop()


async def test_the_bot_comes_back_after_every_way_to_lose_it(quiet: Stage, running: asyncio.subprocess.Process) -> None:
    sessions = quiet.world.sessions
    for happens in (sessions.drop, sessions.ask_to_reconnect, lambda: sessions.drop(1001)):
        await away_and_back(quiet, happens)
        assert (await quiet.anna.command("hello", name="again")).text() == "Hello again"
    await away_and_back(quiet, sessions.invalidate)
    assert (await quiet.anna.command("hello", name="at last")).text() == "Hello at last"


async def test_a_button_that_was_pressed_while_the_bot_was_away_is_answered_when_it_is_back(
    quiet: Stage, running: asyncio.subprocess.Process
) -> None:
    message = (await quiet.anna.command("count")).message
    quiet.world.sessions.drop()
    await quiet.world.wait_for(lambda: not quiet.world.online, PATIENCE)
    assert (await quiet.anna.click(message, "Pressed 0")).message.buttons()[0].label == "Pressed 1"


async def test_a_rate_limit_is_waited_for(quiet: Stage, running: asyncio.subprocess.Process) -> None:
    quiet.world.faults.limit(0.05, matching="/callback")
    quiet.world.faults.limit(0.05, matching="POST /channels", everywhere=True)
    assert (await quiet.anna.command("dm")).text() == "sent"
    statuses = [exchange.status for exchange in quiet.world.log]
    assert statuses.count(429) == 2


async def test_a_malformed_event_ends_the_process(quiet: Stage, running: asyncio.subprocess.Process) -> None:
    """discord.py's own weakness, which a bot needs a supervisor for."""
    quiet.world.sessions.send_malformed()
    assert await asyncio.wait_for(running.wait(), PATIENCE) != 0
    await quiet.world.wait_for(lambda: not quiet.world.online, PATIENCE)


async def test_command_ids_survive_a_restart_of_the_bot(quiet: Stage, running: asyncio.subprocess.Process) -> None:
    before = {command.name: (command.id, command.version) for command in quiet.world.commands.registered()}
    running.terminate()
    await quiet.world.wait_for(lambda: not quiet.world.online, PATIENCE)
    async with bot_process(quiet.world):
        after = {command.name: (command.id, command.version) for command in quiet.world.commands.registered()}
    assert after == before
