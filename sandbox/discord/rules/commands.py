"""Application commands: Discord's rules for registering them."""

import re
from collections import Counter
from collections.abc import Iterator

from sandbox.discord.commands import CHAT_INPUT, ENTRY_POINT
from sandbox.discord.errors import TooManyCommands
from sandbox.discord.model import Json
from sandbox.discord.rules.form import Form, Path

COMMANDS = 100  # slash commands per scope
OPTIONS = CHOICES = 25
DESCRIPTION = 100  # characters
CHOICE_NAME = 100  # characters
SIZE = 8000  # characters of names, descriptions and values together
NAME = re.compile(r"[-_'\w]{1,32}")
SUBCOMMAND, GROUP = 1, 2
IN_COMMAND, IN_GROUP, IN_SUBCOMMAND = range(1, 12), range(1, 2), range(3, 12)  # option types: at most three levels


def check_commands(form: Form, definitions: list[Json]) -> None:
    """Check a whole set. Raises TooManyCommands above a hundred of a kind."""
    kinds = Counter(definition.get("type") or CHAT_INPUT for definition in definitions)
    if max(kinds.values(), default=0) > COMMANDS:
        raise TooManyCommands
    seen = set()
    for index, definition in enumerate(definitions):
        check_command(form, (index,), definition)
        key = definition.get("name"), definition.get("type") or CHAT_INPUT
        if key in seen:
            form.wrong(
                (index, "name"), "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique"
            )
        seen.add(key)


def check_command(form: Form, path: Path, definition: Json) -> None:
    kind = definition.get("type") or CHAT_INPUT
    if kind == ENTRY_POINT:
        _check_node(form, path, definition)
    elif kind != CHAT_INPUT:
        _check_menu_entry(form, path, definition)
    else:
        _check_slash(form, path, definition)


def _check_menu_entry(form: Form, path: Path, definition: Json) -> None:
    """Check a menu command for messages or users: any name, without descriptions or options."""
    form.between((*path, "name"), definition.get("name"), 1, 32)
    form.longest((*path, "description"), definition.get("description"), 0)
    form.longest((*path, "options"), definition.get("options"), 0)


def _check_slash(form: Form, path: Path, definition: Json) -> None:
    _check_node(form, path, definition)
    _check_options(form, path, definition.get("options") or [], IN_COMMAND)
    if sum(map(len, _words(definition))) > SIZE:
        form.wrong(path, "APPLICATION_COMMAND_TOO_LARGE", f"Command exceeds maximum size ({SIZE})")


def check_choices(form: Form, path: Path, choices: list[Json]) -> None:
    """Check an option's choices, whether fixed or suggested."""
    form.longest(path, choices, CHOICES)
    for index, choice in enumerate(choices):
        form.between((*path, index, "name"), choice.get("name"), 1, CHOICE_NAME)
        value = choice.get("value")
        if form.require((*path, index, "value"), value) and isinstance(value, str):
            form.longest((*path, index, "value"), value, CHOICE_NAME)


def _check_node(form: Form, path: Path, node: Json) -> None:
    """Check name and description in every language given."""
    names: dict[Path, str] = {("name",): node.get("name") or ""}
    names |= {("name_localizations", locale): name for locale, name in (node.get("name_localizations") or {}).items()}
    for where, name in names.items():
        if not NAME.fullmatch(name) or name != name.lower():
            message = "Command name is invalid" if where == ("name",) else "Localized name is invalid"
            form.wrong((*path, *where), "APPLICATION_COMMAND_INVALID_NAME", message)
    form.between((*path, "description"), node.get("description"), 1, DESCRIPTION)
    for locale, text in (node.get("description_localizations") or {}).items():
        form.between((*path, "description_localizations", locale), text, 1, DESCRIPTION)


def _check_options(form: Form, path: Path, options: list[Json], kinds: range) -> None:
    path = (*path, "options")
    form.longest(path, options, OPTIONS)
    _check_order(form, path, options)
    for index, option in enumerate(options):
        _check_node(form, (*path, index), option)
        if form.one_of((*path, index, "type"), option.get("type"), kinds):
            _check_option(form, (*path, index), option)


def _check_option(form: Form, path: Path, option: Json) -> None:
    if option["type"] in (SUBCOMMAND, GROUP):
        kinds = IN_GROUP if option["type"] == GROUP else IN_SUBCOMMAND
        _check_options(form, path, option.get("options") or [], kinds)
        return
    check_choices(form, (*path, "choices"), option.get("choices") or [])
    if option.get("autocomplete") and option.get("choices"):
        message = "Autocomplete cannot be set to true if choices are present"
        form.wrong(path, "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_CHOICES", message)


def _check_order(form: Form, path: Path, options: list[Json]) -> None:
    required = [bool(option.get("required")) for option in options]
    if required != sorted(required, reverse=True):
        message = "Required options must be placed before non-required options"
        form.wrong(path, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message)
    if len({option.get("name") for option in options}) < len(options):
        form.wrong(path, "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", "Option name already exists")
    subs = [option.get("type") in (SUBCOMMAND, GROUP) for option in options]
    if any(subs) and not all(subs):
        message = "Sub-command and sub-command group option types are mutually exclusive to all other types"
        form.wrong(path, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", message)


def _words(node: Json) -> Iterator[str]:
    yield from (node.get("name") or "", node.get("description") or "")
    for choice in node.get("choices") or ():
        yield from (choice.get("name") or "", str(choice.get("value")))
    for option in node.get("options") or ():
        yield from _words(option)
