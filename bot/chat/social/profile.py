"""/profile: what a member shows others; off until they choose. Only the member who asks sees the answer."""

from typing import cast, get_args

import discord
from discord import app_commands

from bot.chat import reply
from bot.chat.gateway import presence
from bot.chat.gateway.bot import AnyCommand, Context, Interaction
from bot.chat.guard import costly
from bot.chat.ids import Id, number
from bot.chat.layout import Page
from bot.chat.social.pages import profile as pages
from bot.errors import BadChoice, NothingThereYet
from bot.errors.social import NotInServer, ShowsNothing, ShowsNothingNow
from bot.flows.account import hide
from bot.flows.social import profile as flow
from bot.flows.social import taste_map
from bot.flows.social.profile import Part, ProfileView
from bot.flows.social.taste_map import TasteMap
from bot.messages import _
from bot.messages.errors import describe
from bot.messages.social import profile as messages

Somebody = discord.User | discord.Member
profile = app_commands.Group(name="profile", description="What you show others, and what they show you")


def here(somebody: Somebody) -> int:
    """Return a member of the server they were named in. Raises NotInServer for anyone else."""
    if not isinstance(somebody, discord.Member):
        raise NotInServer
    return somebody.id


@profile.command(name="show", description="What a member shows here; your own includes what others see of it")
@app_commands.describe(member="Whose; yours by default")
@costly
async def show(interaction: Interaction, member: Somebody | None = None) -> None:
    context = Context.of(interaction)
    await reply.pause(interaction)
    if member is None or member.id == context.member:
        await reply.show(interaction, await _own(context))
    else:
        await reply.show(interaction, await _others(context, here(member)))


async def on_show(context: Context) -> None:
    await reply.pause_apart(context.interaction)
    await reply.whisper(context.interaction, await _own(context))


async def _own(context: Context) -> Page:
    server = context.interaction.guild_id
    mine = await flow.mine(context.store, context.member, server)
    drawn, note = await _drawn(context, mine.shown)
    return pages.own(mine, drawn, in_server=server is not None, note=note)


async def _others(context: Context, member: int) -> Page:
    shown = await flow.shown(context.store, member, context.interaction.guild_id)
    return pages.of_other(shown, *await _drawn(context, shown))


async def _drawn(context: Context, shown: ProfileView) -> tuple[TasteMap | None, str]:
    """Draw the map of a profile that has one; else return why there's none."""
    if not shown.map:
        return None, ""
    services, playlists = context.services, [playlist for playlist, _songs in shown.playlists]
    try:
        drawn = await taste_map.draw(services.store, services.catalogue, services.drawing, shown.member, playlists)
    except NothingThereYet:
        return None, _(messages.NO_SOUNDS)
    except BadChoice as known:
        return None, describe(known)
    return drawn, ""


@profile.command(name="edit", description="Choose what others may see: playlists, a taste map, your reposts")
async def edit(interaction: Interaction) -> None:
    context = Context.of(interaction)
    await reply.show(interaction, await _edit(context))


async def on_edit(context: Context) -> None:
    await reply.whisper(context.interaction, await _edit(context))


async def _edit(context: Context) -> Page:
    return pages.edit(await flow.mine(context.store, context.member, context.interaction.guild_id))


async def on_playlists(context: Context) -> None:
    chosen = [number(value) for value in context.values]
    await flow.choose_playlists(context.store, context.member, chosen, context.now)
    await reply.show(context.interaction, await _edit(context))


async def on_open(context: Context) -> None:
    await flow.show(context.store, context.member, _part(context.tap), context.now)
    await reply.show(context.interaction, await _edit(context))


async def on_hide(context: Context) -> None:
    await flow.conceal(context.store, context.member, _part(context.tap), context.now)
    await reply.show(context.interaction, await _edit(context))


def _part(tap: Id) -> Part:
    if tap.key not in get_args(Part):
        raise BadChoice
    return cast(Part, tap.key)


async def on_post(context: Context) -> None:
    """Post a message in the channel that opens the member's profile."""
    interaction = context.interaction
    if interaction.guild_id is None:
        raise NotInServer
    if (await flow.shown(context.store, context.member, interaction.guild_id)).empty:
        raise ShowsNothing
    await presence.check_bot_is_in(context.bot, interaction.guild_id)
    with reply.in_public(interaction):
        await interaction.response.send_message(view=pages.posted(context.member))
    made = await interaction.original_response()
    if interaction.channel_id is not None:
        await hide.posted(context.store, [context.member], interaction.channel_id, made.id)


async def on_look(context: Context) -> None:
    """Show the profile of whoever posted the message, as Discord tells us, the way it is now."""
    await reply.pause_apart(context.interaction)
    message, server = context.interaction.message, context.interaction.guild_id
    origin = message.interaction_metadata if message else None
    if origin is None or server is None or not await presence.is_in(context.bot, server, origin.user.id):
        raise ShowsNothingNow
    await reply.whisper(context.interaction, await _others(context, origin.user.id))


COMMANDS: tuple[AnyCommand, ...] = (profile,)
TAPS = {
    "profileshow": on_show,
    "profileedit": on_edit,
    "profilelists": on_playlists,
    "profileopen": on_open,
    "profilehide": on_hide,
    "profilepost": on_post,
    "profilelook": on_look,
}
