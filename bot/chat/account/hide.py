"""/hide: nobody sees anything of a member until they show themselves again."""

from discord import app_commands

from bot.chat import reply
from bot.chat.bot import AnyCommand, Context, Interaction
from bot.chat.layout import Page
from bot.flows.account import hide as flow
from bot.messages import _
from bot.messages import account as messages

hide = app_commands.Group(name="hide", description="Hide everything of yours until you say otherwise")


@hide.command(name="on", description="Hide everything of yours from others, immediately")
async def on(interaction: Interaction) -> None:
    context = Context.of(interaction)
    await flow.hide(context.store, context.member, context.now)
    await reply.show(interaction, Page(_(messages.HIDDEN)))


@hide.command(name="off", description="Show what you'd chosen to show again")
async def off(interaction: Interaction) -> None:
    await reply.pause(interaction)
    context = Context.of(interaction)
    await flow.show(context.store, context.member, context.now)
    await context.services.catalogue.points.refresh()
    await reply.show(interaction, Page(_(messages.SHOWN)))


COMMANDS: tuple[AnyCommand, ...] = (hide,)
