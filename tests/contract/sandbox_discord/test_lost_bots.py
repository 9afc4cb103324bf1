"""A real discord.py process survives dropped connections, invalid sessions, rate limits and server errors."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from sandbox.discord import Change
from tests.contract.sandbox_discord.conftest import Stage, bot_process

PATIENCE = 20.0  # seconds
shared = pytest.mark.asyncio(loop_scope="package")


@pytest.fixture
async def running(quiet: Stage) -> AsyncIterator[asyncio.subprocess.Process]:
    """A separate bot process, for tests that stop it."""
    async with bot_process(quiet.world) as process:
        yield process


async def away_and_back(stage: Stage, happens: Callable[[], None]) -> None:
    """Drop the connection with `happens`, and wait until the bot is back online."""
    changes: list[bool] = []

    def note(change: Change) -> None:
        if change.kind == "gateway":
            changes.append(stage.world.online)

    stop = stage.world.subscribe(note)
    happens()
    await stage.world.wait_for(lambda: changes[-2:] == [False, True], PATIENCE)
    stop()


@pytest.mark.slow
@shared
async def test_the_bot_reconnects_after_every_kind_of_disconnect(stage: Stage) -> None:
    sessions = stage.world.sessions
    for happens in (sessions.drop, sessions.ask_to_reconnect, lambda: sessions.drop(1001)):
        await away_and_back(stage, happens)
        assert (await stage.anna.command("hello", name="again")).text() == "Hello again"
    await away_and_back(stage, sessions.invalidate)
    assert (await stage.anna.command("hello", name="at last")).text() == "Hello at last"


@shared
async def test_a_button_pressed_while_the_bot_was_away_is_answered_when_it_is_back(stage: Stage) -> None:
    message = (await stage.anna.command("count")).message
    stage.world.sessions.drop()
    await stage.world.wait_for(lambda: not stage.world.online, PATIENCE)
    assert (await stage.anna.click(message, "Pressed 0")).message.buttons()[0].label == "Pressed 1"


@shared
async def test_the_bot_waits_out_a_rate_limit(stage: Stage) -> None:
    stage.world.log.clear()
    stage.world.faults.limit(0.05, matching="/callback")
    stage.world.faults.limit(0.05, matching="POST /channels", everywhere=True)
    assert (await stage.anna.command("dm")).text() == "sent"
    assert [exchange.status for exchange in stage.world.log].count(429) == 2


@shared
async def test_the_bot_survives_a_slow_connection_and_a_failing_server(stage: Stage) -> None:
    stage.world.log.clear()
    stage.world.faults.delay(0.05, matching="/callback")
    stage.world.faults.fail(502, matching="/messages/@original")
    assert (await (await stage.anna.command("slow")).reply()).text() == "Done"
    assert 502 in [exchange.status for exchange in stage.world.log]
    assert stage.world.faults.pending == []


async def test_a_malformed_event_ends_the_process(quiet: Stage, running: asyncio.subprocess.Process) -> None:
    """A weakness of discord.py itself; the reason a bot needs a supervisor."""
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
