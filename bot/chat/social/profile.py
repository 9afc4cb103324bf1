"""/profile: what a member shows to others; off until they choose. Only the member who asks sees the answer."""

from typing import cast, get_args

import discord
from discord import app_commands

from bot.chat import presence, reply
from bot.chat.bot import AnyCommand, Interaction, values
from bot.chat.ids import Id, number
from bot.chat.layout import Page
from bot.chat.social.pages import profile as pages
from bot.errors import BadChoice, NothingThereYet
from bot.errors.social import NotInServer, ShowsNothing, ShowsNothingNow
from bot.flows.account import hide
from bot.flows.social import follow, taste_map
from bot.flows.social import profile as flow
from bot.flows.social.profile import Part, ProfileView
from bot.flows.social.taste_map import TasteMap
from bot.messages.errors import describe

Somebody = discord.User | discord.Member
NO_SOUNDS = "The taste map waits until I know how more songs sound."
profile = app_commands.Group(name="profile", description="What you show others, and what they show you")


def here(somebody: Somebody) -> int:
    """Return a member of the server in which they were named. Raises BadChoice for anybody else."""
    if not isinstance(somebody, discord.Member):
        raise NotInServer
    return somebody.id


@profile.command(name="show", description="What a member shows here; your own includes what others see of it")
@app_commands.describe(member="Whose; yours by default")
async def show(interaction: Interaction, member: Somebody | None = None) -> None:
    await reply.pause(interaction)
    if member is None or member.id == interaction.user.id:
        await reply.show(interaction, await _own(interaction))
    else:
        await reply.show(interaction, await _others(interaction, here(member)))


async def on_show(interaction: Interaction, tap: Id) -> None:
    await reply.pause_apart(interaction)
    await reply.whisper(interaction, await _own(interaction))


async def _own(interaction: Interaction) -> Page:
    store, member, server = interaction.client.services.store, interaction.user.id, interaction.guild_id
    found = await flow.mine(store, member, server)
    drawn, note = await _drawn(interaction, found.shown)
    return pages.own(found, drawn, in_server=server is not None, note=note)


async def _others(interaction: Interaction, member: int) -> Page:
    shown = await flow.shown(interaction.client.services.store, member, interaction.guild_id)
    return pages.of_other(shown, *await _drawn(interaction, shown))


async def _drawn(interaction: Interaction, shown: ProfileView) -> tuple[TasteMap | None, str]:
    """Draw the map of a profile that has one; else, why there is none."""
    if not shown.map:
        return None, ""
    services, playlists = interaction.client.services, [each for each, _ in shown.playlists]
    try:
        return await taste_map.draw(services.store, services.catalogue, services.drawing, shown.member, playlists), ""
    except NothingThereYet:
        return None, NO_SOUNDS
    except BadChoice as known:
        return None, describe(known)


@profile.command(name="edit", description="Choose what others may see: playlists, a taste map, your reposts")
async def edit(interaction: Interaction) -> None:
    await reply.show(interaction, await _edit(interaction))


async def on_edit(interaction: Interaction, tap: Id) -> None:
    await reply.whisper(interaction, await _edit(interaction))


async def _edit(interaction: Interaction) -> Page:
    store = interaction.client.services.store
    return pages.edit(await flow.mine(store, interaction.user.id, interaction.guild_id))


async def on_playlists(interaction: Interaction, tap: Id) -> None:
    services, chosen = interaction.client.services, [number(each) for each in values(interaction)]
    await flow.choose_playlists(services.store, interaction.user.id, chosen, services.clock())
    await reply.show(interaction, await _edit(interaction))


async def on_open(interaction: Interaction, tap: Id) -> None:
    services = interaction.client.services
    await flow.show(services.store, interaction.user.id, _part(tap), services.clock())
    await reply.show(interaction, await _edit(interaction))


async def on_hide(interaction: Interaction, tap: Id) -> None:
    services = interaction.client.services
    await flow.conceal(services.store, interaction.user.id, _part(tap), services.clock())
    await reply.show(interaction, await _edit(interaction))


def _part(tap: Id) -> Part:
    if tap.key not in get_args(Part):
        raise BadChoice
    return cast(Part, tap.key)


async def on_post(interaction: Interaction, tap: Id) -> None:
    """Put a door to one's own profile into the channel."""
    store, member = interaction.client.services.store, interaction.user.id
    if interaction.guild_id is None:
        raise NotInServer
    if (await flow.shown(store, member, interaction.guild_id)).empty:
        raise ShowsNothing
    made = await interaction.response.send_message(view=pages.posted(member))
    if made.message_id is not None and interaction.channel_id is not None:
        await hide.posted(store, [member], interaction.channel_id, made.message_id)


async def on_look(interaction: Interaction, tap: Id) -> None:
    """Show the profile of whoever put the message there, by Discord's word, as it is now."""
    await reply.pause_apart(interaction)
    origin = interaction.message.interaction_metadata if interaction.message else None
    server = interaction.guild_id
    if origin is None or server is None or not await presence.is_in(interaction.client, server, origin.user.id):
        raise ShowsNothingNow
    await reply.whisper(interaction, await _others(interaction, origin.user.id))


@profile.command(name="following", description="Who you follow, each with a button to unfollow")
async def following(interaction: Interaction) -> None:
    found = await follow.following(interaction.client.services.store, interaction.user.id)
    await reply.show(interaction, pages.following(found))


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
