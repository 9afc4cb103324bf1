"""/feed web: a link to the swipe page for that member only; and logging out of every browser."""

from bot.chat import ids, layout, page, reply
from bot.chat.feed.feed import feed
from bot.chat.gateway.bot import Context, Interaction
from bot.chat.layout import Page
from bot.flows.account import sessions
from bot.messages import _
from bot.messages import feed as messages


@feed.command(
    name="web", description="Swipe through songs in your browser or on your phone; I'll give you a private link"
)
async def web(interaction: Interaction) -> None:
    context = Context.of(interaction)
    link = await page.link(context, _("Open the feed"), "enter")
    out = layout.button(_("Log out everywhere"), ids.of("feedout"))
    await reply.show(interaction, Page(_(messages.PAGE), page.only_here(context), layout.row(link, out)))


async def on_log_out(context: Context) -> None:
    await sessions.end_all(context.store, context.member)
    await reply.show(context.interaction, Page(_(messages.LOGGED_OUT)))


TAPS = {"feedout": on_log_out}
