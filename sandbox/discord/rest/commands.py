"""Application commands: registering them globally and for one guild."""

from typing import Any

from sandbox.discord.commands import ENTRY_POINT, Command, Scope
from sandbox.discord.errors import EntryPointLeftOut, MissingAccess
from sandbox.discord.model import Json
from sandbox.discord.rest.call import Call
from sandbox.discord.rest.service import Endpoint
from sandbox.discord.rules.commands import check_command, check_commands
from sandbox.discord.rules.form import Form

GLOBAL = "/applications/{application_id}/commands"
IN_GUILD = "/applications/{application_id}/guilds/{guild_id}/commands"


async def registered(call: Call) -> list[Json]:
    return _payloads(call, call.world.commands.registered(_scope(call)))


async def overwrite(call: Call) -> list[Json]:
    definitions = call.body or []
    form = Form()
    check_commands(form, definitions)
    form.finish()
    _check_entry_point(call, definitions)
    commands = call.world.commands.overwrite(_scope(call), definitions)
    call.world.changed("commands")
    return _payloads(call, commands)


async def create(call: Call) -> Json:
    _check(call.body)
    return _changed(call, call.world.commands.put(_scope(call), call.body))


async def get(call: Call) -> Json:
    return call.world.commands.payload(call.world.commands.get(_scope(call), call.id("command_id")))


async def edit(call: Call) -> Json:
    command = call.world.commands.get(_scope(call), call.id("command_id"))
    _check({**command.definition, **call.body})
    return _changed(call, call.world.commands.change(_scope(call), command.id, call.body))


async def delete(call: Call) -> None:
    call.world.commands.remove(_scope(call), call.id("command_id"))
    call.world.changed("commands")


def _scope(call: Call) -> Scope:
    if call.id("application_id") != call.world.application.id:
        raise MissingAccess
    return call.guild().id if "guild_id" in call.params else None


def _check_entry_point(call: Call, definitions: list[Json]) -> None:
    """Refuse to drop, in a bulk update, the command that Discord created when Activities were enabled."""
    standing = any(
        command.definition["type"] == ENTRY_POINT for command in call.world.commands.registered(_scope(call))
    )
    if standing and not any(definition.get("type") == ENTRY_POINT for definition in definitions):
        raise EntryPointLeftOut


def _check(definition: Any) -> None:
    form = Form()
    check_command(form, (), definition)
    form.finish()


def _changed(call: Call, command: Command) -> Json:
    call.world.changed("commands")
    return call.world.commands.payload(command)


def _payloads(call: Call, commands: list[Command]) -> list[Json]:
    return [call.world.commands.payload(command) for command in commands]


ENDPOINTS = tuple(
    endpoint
    for route in (GLOBAL, IN_GUILD)
    for endpoint in (
        Endpoint("GET", route, registered),
        Endpoint("PUT", route, overwrite),
        Endpoint("POST", route, create, success=201),
        Endpoint("GET", route + "/{command_id}", get),
        Endpoint("PATCH", route + "/{command_id}", edit),
        Endpoint("DELETE", route + "/{command_id}", delete),
    )
)
