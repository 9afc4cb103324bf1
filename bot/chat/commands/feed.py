"""/feed: whether what a member likes can be found by others. Off unless they join."""

from discord import app_commands

from bot.chat import reply, sentences
from bot.chat.bot import AnyCommand, Interaction
from bot.chat.layout import Page
from bot.flows import feed as flow

feed = app_commands.Group(name="feed", description="The songs that members share with each other")


@feed.command(name="join", description="Share what you like, without your name, and find what others share")
async def join(interaction: Interaction) -> None:
    await reply.pause(interaction)
    services = interaction.client.services
    await flow.join(services.store, interaction.user.id, services.clock())
    await services.catalogue.points.refresh()
    await reply.show(interaction, Page(sentences.JOINED))


@feed.command(name="leave", description="Take what you like out of the catalogue, at once")
async def leave(interaction: Interaction) -> None:
    services = interaction.client.services
    await flow.leave(services.store, interaction.user.id, services.clock())
    await reply.show(interaction, Page(sentences.LEFT))


COMMANDS: tuple[AnyCommand, ...] = (feed,)
