"""/status, /help, /privacy: where a member stands, what's next, what is kept."""

from discord import app_commands

from bot.chat import next_steps, reply
from bot.chat.bot import AnyCommand, Interaction
from bot.chat.layout import Page
from bot.messages import _
from bot.messages import account as messages


@app_commands.command(description="Where you stand: connection, songs, labels, model, and what's next")
async def status(interaction: Interaction) -> None:
    await reply.pause(interaction)
    bot, member = interaction.client, interaction.user.id
    found = await next_steps.where(bot, member)
    await reply.show(
        interaction, Page(messages.status(found, bot.services.clock()), *await next_steps.after(bot, member, found))
    )


@app_commands.command(name="help", description="What this is, and a good next step for you")
async def help_(interaction: Interaction) -> None:
    await reply.pause(interaction)
    bot, member = interaction.client, interaction.user.id
    found = await next_steps.where(bot, member)
    known = [] if found.next_step == "link" else [_(messages.WHAT_THIS_IS), _(messages.COMMANDS)]
    await reply.show(interaction, Page(*known, *await next_steps.after(bot, member, found)))


@app_commands.command(description="What I keep about you, where features come from, and who sees what")
async def privacy(interaction: Interaction) -> None:
    await reply.show(interaction, Page(_(messages.PRIVACY)))


COMMANDS: tuple[AnyCommand, ...] = (status, help_, privacy)
