"""Menus: which commands a client offers in a channel, and what choosing one from a message's menu sends."""

from sandbox.discord.client.outcome import NotAllowed, NotThere
from sandbox.discord.commands import FOR_THEMSELVES, IN_GUILDS, MESSAGE, Command
from sandbox.discord.model import Channel, Json, Message, User
from sandbox.discord.world import World

GUILD_CONTEXT, BOT_DM_CONTEXT = 0, 1


def shown(world: World, user: User, channel: Channel, kind: int) -> list[Command]:
    """Return the commands of a kind (slash, user, message) that the client offers this member there."""
    commands = world.commands.available(channel.guild.id if channel.guild else None)
    return [command for command in commands if command.definition["type"] == kind and _is_shown(command, user, channel)]


def on_messages(world: World, user: User, channel: Channel) -> list[str]:
    """Return the names in the "Apps" menu of messages there."""
    return [command.name for command in shown(world, user, channel, MESSAGE)]


def invocation(world: World, user: User, message: Message, name: str) -> Json:
    """Return the data of the interaction for choosing a command. Raises NotThere, listing the ones there are."""
    here = {command.name: command for command in shown(world, user, message.channel, MESSAGE)}
    if name not in here:
        raise NotThere(f"no {name!r} in the menu of the message, only {sorted(here)}")
    if message.visible_to is not None:
        raise NotAllowed("a message that only one person sees has no menu of apps")
    command, target = here[name], str(message.id)
    guild = {"guild_id": str(command.scope)} if command.scope else {}
    resolved = {"messages": {target: world.payloads.message(message)}}
    return {"id": str(command.id), "name": name, "type": MESSAGE, "target_id": target, "resolved": resolved, **guild}


def _is_shown(command: Command, user: User, channel: Channel) -> bool:
    definition, guild = command.definition, channel.guild
    contexts = definition["contexts"]
    if guild is None:
        return bool(definition["dm_permission"] if contexts is None else BOT_DM_CONTEXT in contexts)
    needed = int(definition["default_member_permissions"] or 0)
    held = guild.members[user.id].permissions
    allowed = (contexts is None or GUILD_CONTEXT in contexts) and needed & held == needed
    return allowed and _is_installed(command, user, guild.has_bot)


def _is_installed(command: Command, user: User, in_guild: bool) -> bool:
    """Whether the guild or the member has installed the application in a way that the command supports."""
    kinds = command.definition["integration_types"]
    return (in_guild and IN_GUILDS in kinds) or (user.has_app and FOR_THEMSELVES in kinds)
