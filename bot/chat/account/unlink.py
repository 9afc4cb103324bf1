"""/data unlink: end the link to a member's Spotify account, and delete what came from it."""

from bot.chat import ids, layout, reply
from bot.chat.account.data import data
from bot.chat.gateway.bot import Context, Interaction
from bot.chat.layout import Page
from bot.flows.account import link as flow
from bot.messages import _, common
from bot.messages import account as messages


@data.command(name="unlink", description="Delete the keys to your Spotify account and everything that came from it")
async def unlink(interaction: Interaction) -> None:
    context = Context.of(interaction)
    await flow.check_linked(context.store, context.member)
    sure = layout.button(_("Unlink"), ids.of("unlink"), layout.RED)
    await reply.show(
        interaction, Page(_(messages.UNLINK), layout.row(sure, layout.button(_("Keep the link"), ids.of("keepit"))))
    )


async def on_unlink(context: Context) -> None:
    services, member = context.services, context.member
    await flow.check_linked(services.store, member)
    await reply.pause(context.interaction)
    await services.jobs.forget(member)  # a running training or sync would bring something back
    gone = await flow.unlink(services.store, services.vault, services.models, member)
    services.libraries.forget(member)
    services.recommender.forget(member)
    context.bot.offers.forget(member)
    await reply.show(context.interaction, Page(_(messages.UNLINKED) if gone else _(messages.UNLINKING)))


async def on_keep_it(context: Context) -> None:
    await reply.show(context.interaction, Page(_(common.CANCELLED)))


TAPS = {"unlink": on_unlink, "keepit": on_keep_it}
