"""When the gateway connection drops, the bot resumes and misses nothing (promise P17)."""

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
