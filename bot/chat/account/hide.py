"""/hide: nobody sees anything of a member until they show themselves again."""

from discord import app_commands

from bot.chat import reply
from bot.chat.bot import AnyCommand, Context, Interaction
from bot.chat.layout import Page
from bot.flows.account import hide as flow

HIDDEN = (
    "You are hidden, everywhere and at once. Nobody finds what only you like, or sees your profile; nobody can follow "
    "you or match with you. What you reposted is taken back: those messages go in a moment, for good.\n"
    "What stays: your playlists and likes, here and at Spotify, what I have learnt for you, and what a round has shown "
    "in its channel already. `/hide off` shows again what you had chosen to show."
)
SHOWN = (
    "You are not hidden. Others see what you chose to show and nothing else; `/profile show` says what that is. "
    "What you had reposted does not come back."
)
hide = app_commands.Group(name="hide", description="Hide everything of yours until you say otherwise")


@hide.command(name="on", description="Hide everything of yours from others, immediately")
async def on(interaction: Interaction) -> None:
    context = Context.of(interaction)
    await flow.hide(context.store, context.member, context.now)
    await reply.show(interaction, Page(HIDDEN))


@hide.command(name="off", description="Show what you'd chosen to show again")
async def off(interaction: Interaction) -> None:
    await reply.pause(interaction)
    context = Context.of(interaction)
    await flow.show(context.store, context.member, context.now)
    await context.services.catalogue.points.refresh()
    await reply.show(interaction, Page(SHOWN))


COMMANDS: tuple[AnyCommand, ...] = (hide,)
