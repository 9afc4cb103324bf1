"""/follow: a list of what followed members repost. Nobody is notified."""

from discord import app_commands

from bot.chat import reply
from bot.chat.gateway import presence
from bot.chat.gateway.bot import AnyCommand, Context, Interaction
from bot.chat.layout import Page
from bot.chat.social.pages import profile as pages
from bot.chat.social.profile import Somebody, here
from bot.errors.social import NotInServer
from bot.flows.social import follow as flow
from bot.messages.social import profile as messages

follow = app_commands.Group(name="follow", description="Reposts from the people you follow")


@follow.command(name="add", description="Follow a member's reposts; only works if they show them")
@app_commands.describe(member="Who to follow")
async def add(interaction: Interaction, member: Somebody) -> None:
    context = Context.of(interaction)
    followed = here(member)
    await flow.follow(context.store, context.member, followed, context.now)
    await reply.show(interaction, pages.followed(followed))


@follow.command(name="remove", description="Stop following a member")
@app_commands.describe(member="Who to stop following")
async def remove(interaction: Interaction, member: Somebody) -> None:
    context = Context.of(interaction)
    await reply.show(interaction, await _without(context, member.id))


async def on_unfollow(context: Context) -> None:
    await reply.show(context.interaction, await _without(context, context.tap.number))


async def _without(context: Context, followed: int) -> Page:
    had = await flow.unfollow(context.store, context.member, followed)
    return pages.following(await flow.following(context.store, context.member), messages.unfollowed(followed, had=had))


@follow.command(name="list", description="Who you follow, each with a button to unfollow")
async def list_(interaction: Interaction) -> None:
    context = Context.of(interaction)
    await reply.show(interaction, pages.following(await flow.following(context.store, context.member)))


@follow.command(name="news", description="Reposts in this server from the people you follow, newest first")
async def news(interaction: Interaction) -> None:
    context = Context.of(interaction)
    if interaction.guild_id is None:
        raise NotInServer
    server = interaction.guild_id
    await reply.pause(interaction)
    reposts = await flow.news(context.store, context.member, server)
    members = {repost.reposted.member for repost in reposts}
    present = {member for member in members if await presence.is_in(context.bot, server, member)}
    await reply.show(interaction, pages.news([repost for repost in reposts if repost.reposted.member in present]))


COMMANDS: tuple[AnyCommand, ...] = (follow,)
TAPS = {"unfollow": on_unfollow}
