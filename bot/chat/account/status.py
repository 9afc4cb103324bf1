"""/status: where a member stands, and what's next."""

from discord import app_commands

from bot.chat import next_steps, reply
from bot.chat.bot import AnyCommand, Context, Interaction
from bot.chat.layout import Page
from bot.messages import account as messages


@app_commands.command(description="Where you stand: connection, songs, labels, model, and what's next")
async def status(interaction: Interaction) -> None:
    await reply.pause(interaction)
    context = Context.of(interaction)
    shown = await next_steps.where(context.bot, context.member)
    step = await next_steps.after(context.bot, context.member, shown)
    await reply.show(interaction, Page(messages.status(shown, context.now), *step))


COMMANDS: tuple[AnyCommand, ...] = (status,)
