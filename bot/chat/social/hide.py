"""/profile hide: nobody sees anything of a member until they show themselves again."""

from bot.chat import ids, layout, reply
from bot.chat.gateway.bot import Context, Interaction
from bot.chat.layout import Page
from bot.chat.social.profile import profile
from bot.flows.account import hide as flow
from bot.messages import _
from bot.messages import account as messages


@profile.command(name="hide", description="Hide everything of yours from others, immediately; a button ends it")
async def hide(interaction: Interaction) -> None:
    await on_hide(Context.of(interaction))


async def on_hide(context: Context) -> None:
    await reply.soon(context.interaction, flow.hide(context.store, context.member, context.now))
    again = layout.button(_("Show me again"), ids.of("unhide"))
    await reply.show(context.interaction, Page(_(messages.HIDDEN), layout.row(again)))


async def on_show(context: Context) -> None:
    await reply.pause(context.interaction)
    await flow.show(context.store, context.member, context.now)
    await context.services.catalogue.points.refresh()
    await reply.show_privately(context.interaction, Page(_(messages.SHOWN)))


TAPS = {"hideall": on_hide, "unhide": on_show}
