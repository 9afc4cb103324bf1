"""/server: where the bot may post in a server, and decisions about reported songs; for those who manage it."""

from datetime import datetime
from typing import Literal

import discord
from discord import app_commands

from bot.chat import reply
from bot.chat.bot import AnyCommand, Context, Interaction
from bot.chat.layout import Page
from bot.chat.social import channels
from bot.chat.social.pages import server as pages
from bot.errors.social import BotNotInServer, ManagersOnly, MissingPermissions
from bot.flows.social import reports, server_channels
from bot.flows.social.digest import WEEK
from bot.flows.social.server_channels import Purpose
from bot.messages import _
from bot.messages.social import server as messages

For = Literal["feed", "reposts", "rounds", "digest", "reports"]
server = app_commands.Group(
    name="server",
    description="Where I may post in this server: nowhere until you say so",
    default_permissions=discord.Permissions(manage_guild=True),
    allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=False, private_channel=False),
    allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
)


@server.command(name="allow", description="Let me post in a channel, for one purpose")
@app_commands.describe(purpose="What for", channel="Where")
async def allow(interaction: Interaction, purpose: For, channel: discord.TextChannel) -> None:
    context = Context.of(interaction)
    guild = _guild(context)
    mine = channel.permissions_for(guild.me)
    if missing := pages.missing(mine):
        raise MissingPermissions(channel.id, tuple(missing))
    chosen = Purpose(purpose)
    await server_channels.give(context.store, guild.id, channel.id, chosen, _due(chosen, context.now))
    commented = chosen in (Purpose.FEED, Purpose.REPOSTS)
    note = _(messages.THREADS) if commented and not mine.create_public_threads else None
    await reply.show(interaction, Page(messages.allowed(chosen, channel.id), note))


def _due(purpose: Purpose, now: datetime) -> datetime | None:
    return now + WEEK if purpose is Purpose.DIGEST else None


@server.command(name="stop", description="Stop posting something, in one channel or anywhere here")
@app_commands.describe(purpose="What", channel="Where; every channel of this server by default")
async def stop(interaction: Interaction, purpose: For, channel: discord.TextChannel | None = None) -> None:
    context = Context.of(interaction)
    where = channel.id if channel is not None else None
    taken = await server_channels.take(context.store, _guild(context).id, Purpose(purpose), where)
    await reply.show(interaction, Page(_(messages.STOPPED if taken else messages.NOT_GIVEN)))


@server.command(name="show", description="Where I post in this server, and what")
async def show(interaction: Interaction) -> None:
    context = Context.of(interaction)
    places = await server_channels.of_server(context.store, _guild(context).id)
    await reply.show(interaction, pages.shown(places))


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
TAPS = {"bar": on_bar, "unbar": on_unbar, "leavebe": on_leave_be}
