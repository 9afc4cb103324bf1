"""Mentions: how a message names a command. Sentences write `/feed play` in backticks, with options after it.

Discord shows `</feed play:42>` as something to press; 42 is the id that it gave the command when that was registered.
It shows that text as it stands, whatever the reader's language, so commands have one name in all of them.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

CHAT_INPUT, SUBCOMMAND = 1, 1  # a kind of command, a kind of option
NAMED = re.compile(r"(?<!\\)`/(?P<path>[a-z-]+(?: [a-z-]+(?![\w:-]))*) ?(?P<options>[^`]*)`")
_known: dict[str, int] = {}  # by what one types, "feed play"; the same for every member


def ids(registered: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Return the id behind each command that can be sent, from what Discord says it registered."""
    return {
        path: int(command["id"])
        for command in registered
        if command.get("type", CHAT_INPUT) == CHAT_INPUT
        for path in _paths(command)
    }


def _paths(command: Mapping[str, Any]) -> list[str]:
    parts = [option["name"] for option in command.get("options") or () if option["type"] == SUBCOMMAND]
    return [f"{command['name']} {part}" for part in parts] or [command["name"]]


def know(numbers: Mapping[str, int]) -> None:
    """From now on, mention these commands by their ids, and no others."""
    _known.clear()
    _known.update(numbers)


def code(path: str) -> str:
    """Return a command as sentences write it: `/feed play`, in backticks."""
    return f"`/{path}`"


def clickable(text: str) -> str:
    """Return a text for a message, in which each command that's registered can be pressed."""
    return NAMED.sub(_mention, text)


def _mention(named: re.Match[str]) -> str:
    number, options = _known.get(named["path"]), named["options"]
    if number is None:
        return named[0]
    return f"</{named['path']}:{number}> `{options}`" if options else f"</{named['path']}:{number}>"


def bare(text: str) -> str:
    """Return a text for a page of the web, where a command's name has no backticks."""
    return NAMED.sub(lambda named: named[0].strip("`"), text)
