"""/status: where a member stands, and what's next."""

from discord import app_commands

from bot.chat import layout, next_steps, reply
from bot.chat.gateway.bot import AnyCommand, Context, Interaction
from bot.chat.layout import Page
from bot.chat.sorting import unsorted
from bot.messages import account as messages


@app_commands.command(description="Where you stand: connection, songs, labels, model, and what's next")
async def status(interaction: Interaction) -> None:
    await reply.pause(interaction)
    context = Context.of(interaction)
    shown = await next_steps.where(context.bot, context.member)
    step = await next_steps.after(context.bot, context.member, shown)
    left = any(layer.unsorted and layer.unsorted.any for layer in shown.layers)
    more = layout.row(unsorted.button()) if left else None
    await reply.show(interaction, Page(messages.status(shown, context.now), *step, more))


COMMANDS: tuple[AnyCommand, ...] = (status,)
