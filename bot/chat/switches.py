"""Switches: commands that Discord gets to know only if the operator switched their feature on."""

from collections.abc import Sequence
from typing import Any

from bot.config import Settings

NEEDS = {"feed web": "feed_page", "feed activity": "activity", "data tokens": "http_api"}  # command: its setting


def registered(definitions: Sequence[dict[str, Any]], settings: Settings) -> list[dict[str, Any]]:
    """Return the commands, as Discord takes them, without those that are switched off."""
    off = {command for command, setting in NEEDS.items() if not getattr(settings, setting)}
    return [_without(command, off) for command in definitions if command["name"] not in off]


def _without(command: dict[str, Any], off: set[str]) -> dict[str, Any]:
    """Return a command without the subcommands that are off."""
    options = [option for option in command.get("options", ()) if f"{command['name']} {option['name']}" not in off]
    return {**command, "options": options} if "options" in command else command
