"""Members get answers and updates in the language of their own Discord, over HTTP and the gateway."""

import pytest

from sandbox.discord import Person
from sandbox.stack import Stack
from tests.e2e.chat_stage import answer, newcomer, stack

pytestmark = pytest.mark.asyncio(loop_scope="module")
__all__ = ["stack"]


def german(stack: Stack, name: str) -> Person:
    user = stack.discord.add_user(name, locale="de")
    stack.discord.join(stack.guild, user)
    return Person(stack.discord, user, stack.channel)


async def test_two_members_of_one_server_get_two_languages(stack: Stack) -> None:
    heidi, vera = german(stack, "heidi"), newcomer(stack, "vera")
    said = await answer(heidi.command("sort"))
    assert said.text().startswith("Ich kenne deine Songs noch nicht.")
    said = await answer(vera.command("sort"))
    assert said.text().startswith("I don't know your songs yet.")


async def test_discord_is_given_the_commands_in_german(stack: Stack) -> None:
    status = next(command for command in stack.discord.commands.registered() if command.name == "status")
    assert status.definition["description_localizations"]["de"].startswith("Wie es steht")


async def test_a_chosen_language_outranks_discords(stack: Stack) -> None:
    paul = newcomer(stack, "paul")
    said = await answer(paul.command("settings language", language="de"))
    assert said.text() == "Ich schreibe dir ab jetzt auf Deutsch."
    said = await answer(paul.command("sort"))
    assert said.text().startswith("Ich kenne deine Songs noch nicht.")
    said = await answer(paul.command("settings language", language="discord"))
    assert said.text().startswith("I'll write in your Discord's language")
    said = await answer(paul.command("sort"))
    assert said.text().startswith("I don't know your songs yet.")
