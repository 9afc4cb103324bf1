"""Page: the way from a message to the page in a browser, for the member alone."""

from bot.chat import layout
from bot.chat.gateway.bot import Context
from bot.chat.layout import Item
from bot.errors.feed import PageOff
from bot.flows.account import sessions
from bot.messages import _
from bot.messages import feed as messages


async def link(context: Context, label: str, view: str) -> Item:
    """Return a button that opens a view by a new one-time link; earlier links become invalid. Raises PageOff.

    The secret is in the fragment: browsers don't send it anywhere, and no preview fetches it.
    """
    settings = context.services.settings
    if not settings.feed_page:
        raise PageOff
    secret = await sessions.invite(context.store, context.actor)
    return layout.link(label, f"{settings.public_url}/feed/{view}#{secret}")


def only_here(context: Context) -> str | None:
    """What to say where the link opens only on the bot's own machine."""
    return None if context.services.settings.public_https else _(messages.PAGE_HERE_ONLY)
