"""/server: where the bot may post in a server, and decisions about reported songs; for its moderators."""

from datetime import datetime
from typing import Literal

import discord
from discord import app_commands

from bot.chat import reply
from bot.chat.bot import AnyCommand, Interaction
from bot.chat.ids import Id
from bot.chat.layout import Page
from bot.chat.social import channels
from bot.chat.social.pages import server as pages
from bot.errors.social import BotNotInServer, ManagersOnly, MissingPermissions
from bot.flows.social import reports, server_channels
from bot.flows.social.digest import WEEK
from bot.flows.social.server_channels import Purpose

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
    guild, services = _guild(interaction), interaction.client.services
    mine = channel.permissions_for(guild.me)
    if missing := pages.missing(mine):
        raise MissingPermissions(channel.id, tuple(missing))
    chosen = Purpose(purpose)
    await server_channels.give(services.store, guild.id, channel.id, chosen, _due(chosen, services.clock()))
    talked_about = chosen in (Purpose.FEED, Purpose.REPOSTS)
    note = pages.THREADS if talked_about and not mine.create_public_threads else None
    await reply.show(interaction, Page(pages.ALLOWED[chosen].format(channel=channel.id), note))


def _due(purpose: Purpose, now: datetime) -> datetime | None:
    return now + WEEK if purpose is Purpose.DIGEST else None


@server.command(name="stop", description="Stop posting something, in one channel or anywhere here")
@app_commands.describe(purpose="What", channel="Where; every channel of this server by default")
async def stop(interaction: Interaction, purpose: For, channel: discord.TextChannel | None = None) -> None:
    guild, store = _guild(interaction), interaction.client.services.store
    gone = await server_channels.take(store, guild.id, Purpose(purpose), channel.id if channel is not None else None)
    await reply.show(interaction, Page(pages.STOPPED if gone else pages.NOT_GIVEN))


@server.command(name="show", description="Where I post in this server, and what")
async def show(interaction: Interaction) -> None:
    found = await server_channels.of_server(interaction.client.services.store, _guild(interaction).id)
    await reply.show(interaction, pages.shown(found))


def _guild(interaction: Interaction) -> discord.Guild:
    """Return the server, which I must be in to post there, for whoever may manage it. Raises BadChoice.

    Who is offered the command is up to the server's settings (Integrations); who may use it is not.
    """
    found = interaction.client.get_guild(_run_by(interaction))
    if found is None:
        raise BotNotInServer
    return found


async def on_bar(interaction: Interaction, tap: Id) -> None:
    await reports.bar(interaction.client.services.store, _run_by(interaction), tap.key)
    await _decided(interaction, pages.BARRED, tap, barred=True)


async def on_unbar(interaction: Interaction, tap: Id) -> None:
    await reports.unbar(interaction.client.services.store, _run_by(interaction), tap.key)
    await _decided(interaction, pages.UNBARRED, tap, barred=False)


async def on_leave_be(interaction: Interaction, tap: Id) -> None:
    await reports.leave_be(interaction.client.services.store, _run_by(interaction), tap.key)
    await _decided(interaction, pages.LEFT_BE, tap, barred=False)


def _run_by(interaction: Interaction) -> int:
    """Return the server, if whoever pressed may manage it. Raises BadChoice."""
    if interaction.guild_id is None or not interaction.permissions.manage_guild:
        raise ManagersOnly
    return interaction.guild_id


async def _decided(interaction: Interaction, outcome: str, tap: Id, *, barred: bool) -> None:
    """Put what was decided below what was reported."""
    said = channels.texts(interaction.message)[:1] if interaction.message is not None else []
    await reply.show(interaction, pages.decided("".join(said), outcome, tap.key, barred=barred))


COMMANDS: tuple[AnyCommand, ...] = (server,)
TAPS = {"bar": on_bar, "unbar": on_unbar, "leavebe": on_leave_be}
