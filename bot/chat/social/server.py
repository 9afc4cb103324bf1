"""/server: where the bot may post in a server, and decisions about reported songs; for those who manage it."""

import discord
from discord import app_commands

from bot.chat import ids, reply
from bot.chat.gateway.bot import AnyCommand, Context, Interaction
from bot.chat.layout import Page
from bot.chat.social import channels
from bot.chat.social.pages import server as pages
from bot.errors import BadChoice
from bot.errors.social import BotNotInServer, ManagersOnly, MissingPermissions
from bot.flows.social import reports, server_channels
from bot.flows.social.digest import WEEK
from bot.flows.social.server_channels import Purpose
from bot.messages import _
from bot.messages.errors import describe
from bot.messages.social import server as messages


@app_commands.command(name="server", description="Where I may post in this server: nowhere until you say so")
@app_commands.default_permissions(manage_guild=True)
@app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
@app_commands.allowed_installs(guilds=True, users=False)
async def server(interaction: Interaction) -> None:
    context = Context.of(interaction)
    await reply.show(interaction, await _panel(context))


async def on_channels(context: Context) -> None:
    """Post for that purpose in the chosen channels, and in no other."""
    guild, purpose = _guild(context), _purpose(context.tap.key)
    chosen = [_channel(guild, ids.number(value)) for value in context.values]
    mine = {channel.id: channel.permissions_for(guild.me) for channel in chosen}
    refused = [MissingPermissions(channel, tuple(pages.missing(mine[channel]))) for channel in mine]
    notes = [describe(missing) for missing in refused if missing.missing]
    if not notes:
        due = context.now + WEEK if purpose is Purpose.DIGEST else None
        await server_channels.choose(context.store, guild.id, purpose, list(mine), due)
        commented = purpose in (Purpose.FEED, Purpose.REPOSTS)
        notes = [messages.threads(at) for at in mine if commented and not mine[at].create_public_threads]
    await reply.show(context.interaction, await _panel(context, "\n".join(notes)))


async def _panel(context: Context, note: str = "") -> Page:
    """Return what's chosen, as far as it's still there: nobody told the bot of what was deleted while it was away."""
    guild = _guild(context)
    places = await server_channels.of_server(context.store, guild.id)
    return pages.panel([place for place in places if guild.get_channel(place.channel) is not None], note)


def _purpose(key: str) -> Purpose:
    if key not in set(Purpose):
        raise BadChoice
    return Purpose(key)


def _channel(guild: discord.Guild, number: int) -> discord.TextChannel:
    """Return the server's channel. Raises BadChoice for any other."""
    channel = guild.get_channel(number)
    if not isinstance(channel, discord.TextChannel):
        raise BadChoice
    return channel


def _guild(context: Context) -> discord.Guild:
    """Return the server, if the member can manage it and the bot is in it. Raises ManagersOnly, BotNotInServer.

    The server's settings (Integrations) decide who is offered the command, but not who may use it.
    """
    guild = context.bot.get_guild(_managed(context))
    if guild is None:
        raise BotNotInServer
    return guild


async def on_bar(context: Context) -> None:
    await reports.bar(context.store, _managed(context), context.tap.key)
    await _decided(context, messages.BARRED, barred=True)


async def on_unbar(context: Context) -> None:
    await reports.unbar(context.store, _managed(context), context.tap.key)
    await _decided(context, messages.UNBARRED, barred=False)


async def on_leave_be(context: Context) -> None:
    await reports.leave_be(context.store, _managed(context), context.tap.key)
    await _decided(context, messages.LEFT_BE, barred=False)


def _managed(context: Context) -> int:
    """Return the server, if the member can manage it. Raises ManagersOnly."""
    if context.interaction.guild_id is None or not context.interaction.permissions.manage_guild:
        raise ManagersOnly
    return context.interaction.guild_id


async def _decided(context: Context, outcome: str, *, barred: bool) -> None:
    """Show what was decided below what was reported."""
    message = context.interaction.message
    said = channels.texts(message)[:1] if message is not None else []
    with reply.in_public(context.interaction):
        page = pages.decided("".join(said), _(outcome), context.tap.key, barred=barred)
    await reply.show(context.interaction, page)


COMMANDS: tuple[AnyCommand, ...] = (server,)
TAPS = {"server": on_channels, "bar": on_bar, "unbar": on_unbar, "leavebe": on_leave_be}
