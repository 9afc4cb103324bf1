"""/feed web: a link to the swipe page for that member only; and logging out of every browser."""

from bot.chat import ids, layout, reply
from bot.chat.bot import AnyCommand, Context, Interaction
from bot.chat.feed.feed import feed
from bot.chat.layout import Page
from bot.errors.feed import PageOff
from bot.flows.account import sessions
from bot.messages import _
from bot.messages import feed as messages


@feed.command(
    name="web", description="Swipe through songs in your browser or on your phone; I'll give you a private link"
)
async def web(interaction: Interaction) -> None:
    context = Context.of(interaction)
    settings = context.services.settings
    if not settings.feed_page:
        raise PageOff
    secret = await sessions.invite(context.store, context.actor)
    await reply.show(interaction, _invitation(settings.public_url, secret, settings.public_https))


async def on_log_out(context: Context) -> None:
    await sessions.end_all(context.store, context.member)
    await reply.show(context.interaction, Page(_(messages.LOGGED_OUT)))


def _invitation(public_url: str, secret: str, public: bool) -> Page:
    """The secret is in the fragment: browsers don't send it anywhere, and no preview fetches it."""
    link = layout.link(_("Open the feed"), f"{public_url}/feed/enter#{secret}")
    out = layout.button(_("Log out everywhere"), ids.of("feedout"))
    return Page(_(messages.PAGE), None if public else _(messages.PAGE_HERE_ONLY), layout.row(link, out))


COMMANDS: tuple[AnyCommand, ...] = ()  # it's one of /feed's
TAPS = {"feedout": on_log_out}
