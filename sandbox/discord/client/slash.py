"""Slash commands in a member's client: which ones there are, and what typing one sends."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

from sandbox.discord.client import menus
from sandbox.discord.client.outcome import NotAllowed, NotThere
from sandbox.discord.client.resolved import Resolved
from sandbox.discord.commands import CHAT_INPUT, Command
from sandbox.discord.model import Channel, Json, User
from sandbox.discord.uploads import Upload
from sandbox.discord.world import World

LONGEST_STRING = 6000


class OptionKind(IntEnum):
    SUBCOMMAND = 1
    GROUP = 2
    STRING = 3
    INTEGER = 4
    BOOLEAN = 5
    USER = 6
    CHANNEL = 7
    ROLE = 8
    MENTIONABLE = 9
    NUMBER = 10
    ATTACHMENT = 11


@dataclass(frozen=True, slots=True)
class Choice:
    """A suggestion or a fixed choice: what's shown and what's sent."""

    name: str
    value: str | int | float


@dataclass(frozen=True, slots=True)
class Slash:
    """One command that can be sent: a whole command or a subcommand. `options` are Discord's JSON."""

    path: str
    description: str
    options: tuple[Json, ...]
    command: Command

    def option(self, name: str) -> Json:
        """Return the option of that name; underscores stand for hyphens, which Python doesn't allow."""
        for option in self.options:
            if option["name"] in (name, name.replace("_", "-")):
                return option
        raise NotThere(f"/{self.path} has no option {name!r}, only {[option['name'] for option in self.options]}")


def offered(world: World, user: User, channel: Channel) -> list[Slash]:
    """Return the commands that the client offers this member there."""
    shown = menus.shown(world, user, channel, CHAT_INPUT)
    return [slash for command in shown for slash in _spread(command, command.definition, command.name)]


def find(world: World, user: User, channel: Channel, path: str) -> Slash:
    """Return the command at a path such as "playlists add". Raises NotThere, listing the ones there are."""
    here = {slash.path: slash for slash in offered(world, user, channel)}
    wanted = path.removeprefix("/").strip()
    if wanted not in here:
        raise NotThere(f"no command /{wanted} here, only {sorted(here)}")
    return here[wanted]


def invocation(slash: Slash, resolved: Resolved, given: Mapping[str, Any]) -> Json:
    """Return the data of the interaction for sending the command."""
    options = [_filled(slash.option(name), value, resolved) for name, value in given.items() if value is not None]
    missing = {option["name"] for option in slash.options if option.get("required")} - {
        option["name"] for option in options
    }
    if missing:
        raise NotAllowed(f"/{slash.path} needs {sorted(missing)}")
    return _data(slash, options) | resolved.json()


def completion(slash: Slash, resolved: Resolved, option: str, typed: str, given: Mapping[str, Any]) -> Json:
    """Return the data of the interaction for typing in an option with autocomplete."""
    focused = slash.option(option)
    if not focused.get("autocomplete"):
        raise NotAllowed(f"/{slash.path} does not complete {option}")
    others = [_filled(slash.option(name), value, resolved) for name, value in given.items()]
    typing = {"name": focused["name"], "type": focused["type"], "value": typed, "focused": True}
    return _data(slash, [*others, typing]) | resolved.json()


def _spread(command: Command, node: Json, path: str) -> Iterator[Slash]:
    options = node.get("options") or []
    nested = [option for option in options if option["type"] in (OptionKind.SUBCOMMAND, OptionKind.GROUP)]
    if not nested:
        yield Slash(path, node["description"], tuple(options), command)
    for option in nested:
        yield from _spread(command, option, f"{path} {option['name']}")


def _data(slash: Slash, options: list[Json]) -> Json:
    """Wrap the options in the groups and subcommand that lead to them."""
    root, *branches = slash.path.split()
    for depth, name in enumerate(reversed(branches)):
        kind = OptionKind.SUBCOMMAND if depth == 0 else OptionKind.GROUP
        options = [{"name": name, "type": int(kind), "options": options}]
    guild = {"guild_id": str(slash.command.scope)} if slash.command.scope else {}
    return {"id": str(slash.command.id), "name": root, "type": CHAT_INPUT, "options": options, **guild}


def _filled(option: Json, value: Any, resolved: Resolved) -> Json:
    return {"name": option["name"], "type": option["type"], "value": _coerced(option, value, resolved)}


def _coerced(option: Json, value: Any, resolved: Resolved) -> Any:
    """Return what the client sends for `value`. Raises NotAllowed if it would mark the option red."""
    plain = value.value if isinstance(value, Choice) else value
    match OptionKind(option["type"]):
        case OptionKind.STRING:
            return _string(option, str(_chosen(option, plain)))
        case OptionKind.INTEGER:
            return _number(option, int(_chosen(option, plain)))
        case OptionKind.NUMBER:
            return _number(option, float(_chosen(option, plain)))
        case OptionKind.BOOLEAN:
            return bool(plain)
        case _:
            return resolved.add(Upload.of(plain) if isinstance(plain, Path) else plain)


def _chosen(option: Json, value: Any) -> Any:
    choices = option.get("choices") or []
    if not choices:
        return value
    named = [choice["value"] for choice in choices if value in (choice["name"], choice["value"])]
    if not named:
        raise NotAllowed(f"{value!r} is not a choice of {option['name']}: {[choice['name'] for choice in choices]}")
    return named[0]


def _string(option: Json, value: str) -> str:
    low, high = option.get("min_length") or 0, option.get("max_length") or LONGEST_STRING
    if not low <= len(value) <= high:
        raise NotAllowed(f"{option['name']} must have {low} to {high} characters")
    return value


def _number(option: Json, value: float) -> float:
    low, high = option.get("min_value"), option.get("max_value")
    if (low is not None and value < low) or (high is not None and value > high):
        raise NotAllowed(f"{option['name']} must be between {low} and {high}")
    return value
