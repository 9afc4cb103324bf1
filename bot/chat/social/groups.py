"""Buttons for a group's members: see who's in, remove someone, let them back in."""

from bot.chat import reply
from bot.chat.gateway.bot import Context
from bot.chat.social.pages import groups as pages
from bot.flows.social.shared import groups


async def on_group(context: Context) -> None:
    group = await groups.show(context.store, context.member, context.tap.number)
    await reply.show_privately(context.interaction, pages.page(group, context.member, context.tap.n))


async def on_remove(context: Context) -> None:
    group = await groups.show(context.store, context.member, context.tap.n)
    await reply.show_privately(context.interaction, pages.asks(group, context.tap.number))


async def on_remove_yes(context: Context) -> None:
    group = await groups.remove(context.store, context.member, context.tap.n, context.tap.number, context.now)
    await reply.show_privately(context.interaction, pages.page(group, context.member))


async def on_let_back_in(context: Context) -> None:
    group = await groups.let_back_in(context.store, context.member, context.tap.n, context.tap.number)
    await reply.show_privately(context.interaction, pages.page(group, context.member))


TAPS = {"shgroup": on_group, "shout": on_remove, "shoutyes": on_remove_yes, "shletin": on_let_back_in}
