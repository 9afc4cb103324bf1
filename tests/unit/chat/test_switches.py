"""A command whose feature the operator switched off isn't registered; the others stay as they are."""

from typing import Any

import pytest

from bot.chat.gateway.client import all_commands
from bot.chat.gateway.switches import NEEDS, registered
from bot.config import parse

COMMANDS: list[dict[str, Any]] = [
    {"name": "undo", "description": "x"},
    {"name": "feed", "options": [{"name": "play"}, {"name": "web"}, {"name": "activity"}]},
    {"name": "data", "options": [{"name": "export"}, {"name": "tokens"}]},
]
EVERY_SWITCH = {"FEED_PAGE": "on", "HTTP_API": "on", "ACTIVITY": "on", "DISCORD_CLIENT_SECRET": "s"}


def paths(**switches: str) -> list[str]:
    settings = parse({"DISCORD_TOKEN": "abc.def.ghi", **switches})
    return [
        f"{command['name']} {option['name']}".strip()
        for command in registered(COMMANDS, settings)
        for option in command.get("options", [{"name": ""}])
    ]


@pytest.mark.parametrize(
    ("switches", "there"),
    [
        ({}, set()),
        ({"HTTP_API": "on"}, {"data tokens"}),
        ({"FEED_PAGE": "on"}, {"feed web"}),
        (EVERY_SWITCH, {"feed web", "feed activity", "data tokens"}),
    ],
)
def test_a_command_is_registered_only_with_its_feature(switches: dict[str, str], there: set[str]) -> None:
    assert set(paths(**switches)) == {"undo", "feed play", "data export"} | there


def test_the_definitions_themselves_stay_whole() -> None:
    paths()
    assert [option["name"] for option in COMMANDS[1]["options"]] == ["play", "web", "activity"]


def test_every_switched_command_exists() -> None:
    known = {command.qualified_name for command in all_commands()}
    known |= {part.qualified_name for command in all_commands() for part in getattr(command, "commands", ())}
    assert known >= NEEDS.keys()
