"""/follow, /unfollow, /following: a list of what followed members repost. Nobody is notified."""

from discord import app_commands

from bot.chat import presence, reply
from bot.chat.bot import AnyCommand, Interaction
from bot.chat.ids import Id
from bot.chat.layout import Page
from bot.chat.social.pages import profile
from bot.chat.social.profile import Somebody, here
from bot.errors.social import NotInServer
from bot.flows.social import follow as flow


@app_commands.command(description="Follow a member's reposts; only works if they show them")
@app_commands.describe(member="Who to follow")
async def follow(interaction: Interaction, member: Somebody) -> None:
    services, followed = interaction.client.services, here(member)
    await flow.follow(services.store, interaction.user.id, followed, services.clock())
    await reply.show(interaction, profile.followed(followed))


@app_commands.command(description="Stop following a member")
@app_commands.describe(member="Who to stop following")
async def unfollow(interaction: Interaction, member: Somebody) -> None:
    await reply.show(interaction, await _without(interaction, member.id))


async def on_unfollow(interaction: Interaction, tap: Id) -> None:
    """Whose following it is, is whoever presses."""
    await reply.show(interaction, await _without(interaction, tap.number))


async def _without(interaction: Interaction, followed: int) -> Page:
    store, member = interaction.client.services.store, interaction.user.id
    had = await flow.unfollow(store, member, followed)
    return profile.following(await flow.following(store, member), profile.unfollowed(followed, had=had))


following = app_commands.Group(name="following", description="Reposts from the people you follow")


@following.command(name="new", description="Reposts in this server from the people you follow, newest first")
async def new(interaction: Interaction) -> None:
    if interaction.guild_id is None:
        raise NotInServer
    server, store = interaction.guild_id, interaction.client.services.store
    await reply.pause(interaction)
    found = await flow.news(store, interaction.user.id, server)
    members = {each.reposted.member for each in found}
    there = {each for each in members if await presence.is_in(interaction.client, server, each)}
    await reply.show(interaction, profile.news([each for each in found if each.reposted.member in there]))


COMMANDS: tuple[AnyCommand, ...] = (follow, unfollow, following)
TAPS = {"unfollow": on_unfollow}
