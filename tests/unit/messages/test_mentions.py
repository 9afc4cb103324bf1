"""Mentions: a message names only commands that are there, and each can be pressed once its id is known."""

import re
from collections.abc import Iterator
from functools import cache

import pytest
from babel.messages.catalog import Catalog
from discord import Locale
from discord.app_commands import Command, ContextMenu, Group, TranslationContext, TranslationContextLocation, locale_str

from bot.chat.account import guide
from bot.chat.gateway.client import all_commands
from bot.chat.gateway.translator import Catalogue
from bot.chat.layout import Page
from bot.locales import catalogue
from bot.messages import ENGLISH, LANGUAGES, formatting, language_of, mentions
from tests.unit.messages.test_messages import forms

GIVEN, ALONE = re.compile(r"(\w+):"), re.compile(r"`(\w+):")  # options, after their command or by themselves
LOOSE = re.compile(r"(?<![\w`/<.}\"*:])/[a-z]")


@pytest.fixture
def known() -> Iterator[None]:
    mentions.know({"label": 7, "feed play": 42})
    yield
    mentions.know({})


def leaves() -> dict[str, "Command"]:
    """Every command that can be sent, by what one types."""
    every = [
        part for command in all_commands() for part in (command.commands if isinstance(command, Group) else [command])
    ]
    return {command.qualified_name: command for command in every if isinstance(command, Command)}


async def options(command: "Command", language: str) -> set[str]:
    """Return a command's options, as a client in that language shows them."""
    words, found = Catalogue(), set()
    for parameter in command.parameters:
        where = TranslationContext(TranslationContextLocation.parameter_name, parameter)
        locale = next(locale for locale in Locale if language_of(locale.value) == language)
        found.add(await words.translate(locale_str(parameter.display_name), locale, where) or parameter.display_name)
    return found


def sentences(language: str) -> Iterator[str]:
    """Everything that members read in a language, without what Discord shows by itself."""
    for room in english().keys() - {catalogue.COMMANDS}:
        yield from texts(language, room)


@cache
def english() -> dict[str, Catalog]:
    return catalogue.written()


def texts(language: str, room: str) -> Iterator[str]:
    for message in english()[room] if language == ENGLISH else catalogue.kept(language, room):
        yield from forms(message.id if language == ENGLISH else message.string) if message.id else ()


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
async def test_no_message_names_a_command_or_option_that_is_not_there(language: str) -> None:
    there = leaves()
    for sentence in sentences(language):
        assert not LOOSE.search(sentence), "a command is named in backticks"
        for named in mentions.NAMED.finditer(sentence):
            assert named["path"] in there, sentence
            assert set(GIVEN.findall(named["options"])) <= await options(there[named["path"]], language), sentence
        every = set.union(*[await options(command, language) for command in there.values()])
        assert set(ALONE.findall(sentence)) <= every, sentence


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_commands_options_have_different_names_in_every_language(language: str) -> None:
    for command in leaves().values():
        assert len(await options(command, language)) == len(command.parameters), command.qualified_name


def test_help_knows_every_command_once() -> None:
    named = [name for _title, names in guide.TOPICS.values() for name in names]
    assert sorted(named) == sorted(command.name for command in all_commands() if not isinstance(command, ContextMenu))


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_description_names_a_command_that_is_not_there(language: str) -> None:
    for text in texts(language, catalogue.COMMANDS):
        for name, part in re.findall(r"(?<!\w)/([a-z]+)(?: ([a-z]+))?", text):
            assert {name, f"{name} {part}"} & leaves().keys(), text


@pytest.mark.usefixtures("known")
def test_a_command_whose_id_is_known_can_be_pressed() -> None:
    assert mentions.clickable("Try `/label`.") == "Try </label:7>."
    assert mentions.clickable("`/feed play` and `/label song:`") == "</feed play:42> and </label:7> `song:`"
    assert mentions.clickable("`/label canción:`") == "</label:7> `canción:`"
    assert mentions.clickable("`/feed web`") == "`/feed web`", "it isn't registered"
    assert "</label:7>" in str(Page("Try `/label`.").to_components())


@pytest.mark.usefixtures("known")
def test_a_title_that_looks_like_a_command_stays_a_title() -> None:
    for title in ("`/label`", "\\`/label`", "``/label``", "/label"):
        assert "</label:7>" not in mentions.clickable(formatting.escape(title))


def test_a_command_is_named_without_markup_on_a_page() -> None:
    assert mentions.bare("Use `/feed web`, or `/link client_id:`.") == "Use /feed web, or /link client_id:."


def test_the_ids_are_those_of_the_commands_that_can_be_sent() -> None:
    sub, text = {"type": 1, "name": "play"}, {"type": 3, "name": "song"}
    registered = [
        {"id": "7", "name": "label", "type": 1, "options": [text]},
        {"id": "42", "name": "feed", "type": 1, "options": [sub]},
        {"id": "9", "name": "More like this", "type": 3},
    ]
    assert mentions.ids(registered) == {"label": 7, "feed play": 42}
