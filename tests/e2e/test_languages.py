"""Members get answers and updates in the language of their own Discord, over HTTP and the gateway."""

import pytest
from discord import Locale

from bot.chat.account.status import status as command
from bot.errors import NotLinked
from bot.messages import ENGLISH, language_of, speaking
from bot.messages.errors import describe
from bot.messages.language import translated
from sandbox.discord import Person
from sandbox.stack import Stack
from tests.e2e.chat_stage import answer, newcomer, stack

pytestmark = pytest.mark.asyncio(loop_scope="module")
__all__ = ["stack"]
LOCALES = [locale.value for locale in Locale if language_of(locale.value)]  # of Discord's clients, es-419 among them


def speaker(stack: Stack, locale: str) -> Person:
    user = stack.discord.add_user(f"speaker-{locale.lower()}", locale=locale)
    stack.discord.join(stack.guild, user)
    return Person(stack.discord, user, stack.channel)


async def test_members_of_one_server_get_their_own_languages(stack: Stack) -> None:
    for locale in LOCALES:
        with speaking(locale):
            expected = describe(NotLinked()).partition("`")[0]
        assert (await answer(speaker(stack, locale).command("sort"))).text().startswith(expected)
    said = await answer(newcomer(stack, "vera").command("sort"))
    assert said.text().startswith("I don't know your songs yet.")


async def test_discord_is_given_the_commands_in_every_language(stack: Stack) -> None:
    status = next(command for command in stack.discord.commands.registered() if command.name == "status")
    others = {locale: translated(command.description, locale) for locale in LOCALES if language_of(locale) != ENGLISH}
    assert all(others.values())
    assert status.definition["description_localizations"] == others


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
