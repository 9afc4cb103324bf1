"""The application commands that the bot has registered, globally and per guild."""

from dataclasses import dataclass

from sandbox.discord.errors import UnknownCommand
from sandbox.discord.model import Json
from sandbox.discord.snowflakes import Snowflakes

CHAT_INPUT, USER, MESSAGE, ENTRY_POINT = 1, 2, 3, 4  # kinds of commands
IN_GUILDS, FOR_THEMSELVES = 0, 1  # where an application can be installed
Scope = int | None  # a guild's id, or None for everywhere
DEFAULTS: Json = {
    "type": CHAT_INPUT,
    "description": "",
    "options": [],
    "default_member_permissions": None,
    "dm_permission": True,
    "contexts": None,
    "integration_types": [0],
    "nsfw": False,
}


@dataclass(eq=False, slots=True)
class Command:
    """A registered command; `version` grows with every change to its definition."""

    id: int
    version: int
    scope: Scope
    definition: Json

    @property
    def name(self) -> str:
        return str(self.definition["name"])

    @property
    def key(self) -> tuple[str, int]:
        return self.name, self.definition["type"]


class CommandBook:
    def __init__(self, application_id: int, ids: Snowflakes) -> None:
        self._application_id = application_id
        self._ids = ids
        self._scopes: dict[Scope, list[Command]] = {}

    def registered(self, scope: Scope = None) -> list[Command]:
        return list(self._scopes.get(scope, ()))

    def available(self, guild_id: int | None) -> list[Command]:
        """Return the commands available there: the global ones and the guild's own."""
        return self.registered() + (self.registered(guild_id) if guild_id else [])

    def get(self, scope: Scope, command_id: int) -> Command:
        command = next((command for command in self.registered(scope) if command.id == command_id), None)
        if command is None:
            raise UnknownCommand
        return command

    def overwrite(self, scope: Scope, definitions: list[Json]) -> list[Command]:
        """Register exactly these; a command with the same name and kind keeps its id."""
        self._scopes[scope] = [self._merged(scope, definition) for definition in definitions]
        return self.registered(scope)

    def put(self, scope: Scope, definition: Json) -> Command:
        """Register one more, or replace it."""
        command = self._merged(scope, definition)
        others = [other for other in self.registered(scope) if other is not command]
        self._scopes[scope] = [*others, command]
        return command

    def change(self, scope: Scope, command_id: int, changes: Json) -> Command:
        command = self.get(scope, command_id)
        self._define(command, {**command.definition, **changes})
        return command

    def remove(self, scope: Scope, command_id: int) -> None:
        command = self.get(scope, command_id)
        self._scopes[scope].remove(command)

    def payload(self, command: Command) -> Json:
        guild = {"guild_id": str(command.scope)} if command.scope else {}
        permissions = command.definition["default_member_permissions"]
        return {
            **command.definition,
            "id": str(command.id),
            "application_id": str(self._application_id),
            "version": str(command.version),
            "default_member_permissions": None if permissions is None else str(permissions),
            **guild,
        }

    def _merged(self, scope: Scope, source: Json) -> Command:
        definition = _filled(source)
        known = {command.key: command for command in self.registered(scope)}
        command = known.get((definition["name"], definition["type"]))
        if command is None:
            return Command(self._ids.next(), self._ids.next(), scope, definition)
        self._define(command, definition)
        return command

    def _define(self, command: Command, source: Json) -> None:
        definition = _filled(source)
        if definition != command.definition:
            command.definition, command.version = definition, self._ids.next()


def _filled(source: Json) -> Json:
    given = {key: value for key, value in source.items() if value is not None or key in ("contexts",)}
    return {**DEFAULTS, **given}
