"""/feed web: a link to the swipe page for that member only; and logging out of every browser."""

from bot.chat import ids, layout, reply
from bot.chat.bot import AnyCommand, Interaction
from bot.chat.feed.feed import feed
from bot.chat.ids import Id
from bot.chat.layout import Page
from bot.errors import BadChoice
from bot.flows.account import sessions

OFF = (
    "The page is switched off here; whoever runs this bot can switch it on (`FEED_PAGE`). "
    "`/feed play` shows the same songs in Discord."
)
OPEN = (
    "Your own way in: full-screen, one song after the other, each from its highlight on. "
    "The link is good once and for ten minutes; the browser then stays logged in for 30 days."
)
HERE_ONLY = "-# This bot has no public address, so the link opens on the machine that it runs on, and nowhere else."
LOGGED_OUT = "Logged out: every browser of yours, and a link that was not used yet is void."


@feed.command(
    name="web", description="Swipe through songs in your browser or on your phone; I'll give you a private link"
)
async def web(interaction: Interaction) -> None:
    services = interaction.client.services
    if not services.settings.feed_page:
        raise BadChoice(OFF)
    secret = await sessions.invite(services.store, interaction.user.id, services.clock(), interaction.guild_id)
    await reply.show(interaction, _invitation(services.settings.public_url, secret, services.settings.public_https))


async def on_log_out(interaction: Interaction, tap: Id) -> None:
    await sessions.end_all(interaction.client.services.store, interaction.user.id)
    await reply.show(interaction, Page(LOGGED_OUT))


def _invitation(public_url: str, secret: str, public: bool) -> Page:
    """The secret stands in the fragment: browsers send it to nobody, and no preview fetches it."""
    door = layout.link("Open the feed", f"{public_url}/feed/enter#{secret}")
    out = layout.button("Log out everywhere", ids.of("feedout"))
    return Page(OPEN, None if public else HERE_ONLY, layout.row(door, out))


COMMANDS: tuple[AnyCommand, ...] = ()  # it is one of /feed's
TAPS = {"feedout": on_log_out}
