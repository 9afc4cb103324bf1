"""When the gateway connection drops, the bot resumes and misses nothing (promise P17)."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from sandbox.discord import Message, Person
from sandbox.discord.gateway.sessions import Intent, Session
from tests.e2e.chat_stage import answer, styled, with_file
from tests.e2e.checked_stack import CheckedStack

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("stack-b")]
LIBRARY = styled(12, seed=101)


def session(stack: CheckedStack) -> Session:
    (session,) = stack.discord.sessions.wanting(Intent.ALWAYS)
    return session


async def prompts(stack: CheckedStack, person: Person, count: int) -> list[Message]:
    messages = [await answer(person.command("prompt")) for _ in range(count)]
    await stack.discord.wait_for(lambda: all(len(message.reactions) == 2 for message in messages), 30)
    return messages


@pytest.mark.parametrize("code", [None, 4000])
@pytest.mark.usefixtures("provoked")
async def test_p17_nothing_is_lost_while_the_connection_is_down(stack: CheckedStack, code: int | None) -> None:
    person = await with_file(stack, f"ray{code}", "Run", library=LIBRARY)
    messages = await prompts(stack, person, 4)
    before = session(stack)
    line = before.line
    stack.discord.sessions.drop(code)
    for message in messages:  # in the same moment: the bot connects again within milliseconds
        stack.discord.react(message, person.user, "🟦")
    await stack.until(lambda: len(stack.labels(person)) == len(messages))
    assert session(stack) is before, "resumed rather than identified again"
    assert before.line is not line


async def test_p17_asked_to_reconnect_the_bot_resumes_and_answers_in_time(stack: CheckedStack) -> None:
    person = await with_file(stack, "rex", "Run", library=LIBRARY)
    card = await answer(person.command("label"))
    before = session(stack)
    stack.discord.sessions.ask_to_reconnect()
    await person.click(card, "Run")  # raises NoAnswer after Discord's three seconds
    assert len(stack.labels(person)) == 1
    assert session(stack) is before


@pytest.mark.slow
async def test_p17_a_bot_that_may_not_identify_waits_at_its_start_and_after_a_lost_session(
    tmp_path: Path,
) -> None:
    """Discord would reset its token."""
    async with CheckedStack(tmp_path / "stack") as stack:
        usual = stack.discord.rules
        none_left = replace(usual, identify_times=0, identify_resets=timedelta(seconds=1))
        waits = "doesn't let the bot identify that often"
        stack.discord.rules = none_left
        stack.bot = await stack.start_process()
        await stack.until(lambda: waits in stack.log.read_text())
        stack.discord.rules = usual
        await stack.until(lambda: stack.discord.online)
        stack.discord.rules = none_left
        stack.discord.sessions.invalidate()
        await stack.until(lambda: stack.log.read_text().count(waits) > 1)
        stack.discord.rules = usual
        await stack.until(lambda: bool(stack.discord.sessions.wanting(Intent.ALWAYS)))
        assert await stack.stop_bot() == 0
