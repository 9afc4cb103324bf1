"""Switches: commands that Discord gets to know only if the operator switched their feature on."""

from collections.abc import Sequence
from typing import Any

from bot.config import Settings

NEEDS = {"feed web": "feed_page", "feed activity": "activity", "data tokens": "http_api"}  # command: its setting


def off(settings: Settings) -> set[str]:
    """Return the commands whose feature is switched off, by their full names."""
    return {command for command, setting in NEEDS.items() if not getattr(settings, setting)}


def registered(definitions: Sequence[dict[str, Any]], settings: Settings) -> list[dict[str, Any]]:
    """Return the commands, as Discord takes them, without those that are switched off."""
    left_out = off(settings)
    return [_without(command, left_out) for command in definitions if command["name"] not in left_out]


def _without(command: dict[str, Any], left_out: set[str]) -> dict[str, Any]:
    """Return a command without the subcommands that are left out."""
    options = [option for option in command.get("options", ()) if f"{command['name']} {option['name']}" not in left_out]
    return {**command, "options": options} if "options" in command else command
