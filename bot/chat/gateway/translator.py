"""Translator: descriptions and options' names in the languages that Discord's clients speak, from the catalogue.

A command keeps its name in all of them: a mention shows the name it was written with, whatever the reader's language,
and one with a translated name can't be pressed (discord/discord-api-docs, issues 5518 and 5462).
"""

from collections.abc import Iterable, Iterator
from typing import Any

from discord import Locale
from discord.app_commands import Choice, Command, ContextMenu, Group, TranslationContextTypes, Translator, locale_str
from discord.app_commands import TranslationContextLocation as Where

from bot.messages.language import LANGUAGES, translated

NAME, OPTION = "name of a command", "name of an option"  # Discord allows lower-case letters, digits, - and _ there
CONTEXTS = {Where.command_name: NAME, Where.group_name: NAME, Where.parameter_name: OPTION}
AnyCommand = Command[Any, ..., Any] | Group | ContextMenu


class Catalogue(Translator):
    async def translate(self, string: locale_str, locale: Locale, context: TranslationContextTypes) -> str | None:
        named = None if isinstance(context.data, ContextMenu) else CONTEXTS.get(context.location)
        return translated(string.message, locale.value, named)


def words(commands: Iterable[AnyCommand]) -> Iterator[tuple[str, str | None]]:
    """Yield the texts of the command tree, as Discord shows them, each with its context."""
    for command in commands:
        yield from _words(command)


def _words(command: AnyCommand) -> Iterator[tuple[str, str | None]]:
    if isinstance(command, ContextMenu):
        yield command.name, None
        return
    yield command.name, NAME
    yield command.description, None
    for parameter in command.parameters if isinstance(command, Command) else ():
        yield parameter.display_name, OPTION
        yield str(parameter.description), None
        yield from ((choice.name, None) for choice in parameter.choices if _translatable(choice))
    for part in command.commands if isinstance(command, Group) else ():
        yield from _words(part)


def _translatable(choice: Any) -> bool:
    """Whether a choice has a name to translate; languages name themselves."""
    return isinstance(choice, Choice) and choice.value not in LANGUAGES
