"""Translator: command names and descriptions in the languages that Discord's clients speak, from the catalogue."""

from collections.abc import Iterable, Iterator
from typing import Any

from discord import Locale
from discord.app_commands import Choice, Command, ContextMenu, Group, TranslationContextTypes, Translator, locale_str
from discord.app_commands import TranslationContextLocation as Where

from bot.messages.language import translated

NAME = "name of a command"  # context: Discord allows lower-case letters, digits, - and _ there
NAMES = {Where.command_name, Where.group_name, Where.parameter_name}
AnyCommand = Command[Any, ..., Any] | Group | ContextMenu


class Catalogue(Translator):
    async def translate(self, string: locale_str, locale: Locale, context: TranslationContextTypes) -> str | None:
        named = context.location in NAMES and not isinstance(context.data, ContextMenu)
        return translated(string.message, locale.value, NAME if named else None)


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
        yield parameter.display_name, NAME
        yield str(parameter.description), None
        yield from ((choice.name, None) for choice in parameter.choices if isinstance(choice, Choice))
    for part in command.commands if isinstance(command, Group) else ():
        yield from _words(part)
