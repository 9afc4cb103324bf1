"""A malformed gateway event is skipped, or the bot exits for its supervisor to start it again; never a zombie (P18)."""

import asyncio
import json
from contextlib import suppress
from typing import Any

import pytest

from bot.chat.gateway.events import VITAL
from sandbox.discord import Message, Person
from sandbox.discord.client.outcome import NoAnswer
from sandbox.stack import Stack
from tests.e2e.chat_stage import PATIENCE, answer, stack, styled, with_file

pytestmark = pytest.mark.asyncio(loop_scope="module")
__all__ = ["stack"]
LIBRARY = styled(30, seed=18)
EVENTS = (
    *("INTERACTION_CREATE", "MESSAGE_CREATE", "MESSAGE_REACTION_ADD", "MESSAGE_REACTION_REMOVE", "GUILD_CREATE"),
    *("GUILD_UPDATE", "GUILD_DELETE", "GUILD_MEMBER_UPDATE", "CHANNEL_CREATE", "CHANNEL_UPDATE", "CHANNEL_DELETE"),
    *("USER_UPDATE", "ENTITLEMENT_CREATE", "NOT_AN_EVENT"),
)
DATA: tuple[Any, ...] = ({}, None, [], "text", 7, {"id": None}, {"id": "x", "token": 9, "type": "?"})
FRAMES = {
    "an unknown operation": {"op": 99, "d": None},
    "an operation by name": {"op": "DISPATCH", "d": {}, "s": 1, "t": "MESSAGE_CREATE"},
    "an event without a name": {"op": 0, "d": {}, "s": None, "t": None},
    "an event without data": {"op": 0, "s": None, "t": "MESSAGE_CREATE"},
    "a list": [1, 2],
    "no operation": {},
    "READY without data": {"op": 0, "d": {}, "s": None, "t": "READY"},
    "HELLO without an interval": {"op": 10, "d": {}, "s": None, "t": None},
}
TEXTS = {what: json.dumps(frame) for what, frame in FRAMES.items()} | {"no JSON": "{half of", "nothing": ""}


async def asked(stack: Stack, name: str) -> tuple[Person, Message]:
    person = await with_file(stack, name, "Late night", "Run", library=LIBRARY)
    return person, await answer(person.command("label"))


async def clicked(stack: Stack, person: Person, card: Message) -> Message | None:
    """The answer to a click on the card; None if the process ends instead. Raises TimeoutError if it does neither."""
    assert stack.bot is not None
    async with asyncio.timeout(PATIENCE):
        while stack.bot.returncode is None:
            with suppress(NoAnswer):  # too late for Discord: the process is ending, or the machine busy
                return await answer(person.click(card, "Skip"))
    return None


async def test_p18_malformed_events_are_skipped_and_the_next_click_is_answered(stack: Stack) -> None:
    person, card = await asked(stack, "ann")
    for event in EVENTS:
        assert event not in VITAL
        for data in DATA:
            stack.discord.sessions.dispatch(event, data)
        next_card = await clicked(stack, person, card)
        assert next_card is not None, f"{event} ended the process:\n{stack.last_words()}"
        card = next_card


@pytest.mark.slow
@pytest.mark.parametrize("what", TEXTS)
async def test_p18_a_malformed_frame_is_skipped_or_ends_the_process_for_a_new_start(stack: Stack, what: str) -> None:
    if stack.bot is None or stack.bot.returncode is not None:
        await stack.start_bot()
    person, card = await asked(stack, f"ben-{list(TEXTS).index(what)}")
    stack.discord.sessions.send_text(TEXTS[what])
    if await clicked(stack, person, card) is None:
        assert stack.bot is not None
        assert stack.bot.returncode not in (0, None), "so that a supervisor starts it again"
        await stack.start_bot()
        assert await clicked(stack, person, card) is not None
