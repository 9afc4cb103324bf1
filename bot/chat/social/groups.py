"""Buttons for a group's members: see who's in, remove someone, let them back in."""

from bot.chat import reply
from bot.chat.bot import Interaction
from bot.chat.ids import Id
from bot.chat.social.pages import groups as pages
from bot.flows.social import groups


async def on_group(interaction: Interaction, tap: Id) -> None:
    member = interaction.user.id
    found = await groups.show(interaction.client.services.store, member, tap.number)
    await reply.show_privately(interaction, pages.page(found, member, tap.n))


async def on_out(interaction: Interaction, tap: Id) -> None:
    found = await groups.show(interaction.client.services.store, interaction.user.id, tap.n)
    await reply.show_privately(interaction, pages.asks(found, tap.number))


async def on_out_yes(interaction: Interaction, tap: Id) -> None:
    services, host = interaction.client.services, interaction.user.id
    found = await groups.put_out(services.store, host, tap.n, tap.number, services.clock())
    await reply.show_privately(interaction, pages.page(found, host))


async def on_let_in(interaction: Interaction, tap: Id) -> None:
    host = interaction.user.id
    found = await groups.let_in(interaction.client.services.store, host, tap.n, tap.number)
    await reply.show_privately(interaction, pages.page(found, host))


TAPS = {"shgroup": on_group, "shout": on_out, "shoutyes": on_out_yes, "shletin": on_let_in}
