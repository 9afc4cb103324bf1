"""/feed activity: the swipe page inside Discord, as an Activity."""

import discord

from bot.chat import reply
from bot.chat.bot import AnyCommand, Interaction
from bot.chat.feed.feed import feed
from bot.chat.layout import Page
from bot.errors import BadChoice

NOT_HERE = (400, 403)  # what Discord answers where there is no Activity, or may be none
OFF = (
    "The page does not open inside Discord here; whoever runs this bot can switch it on (`ACTIVITY`). "
    "`/feed play` shows the same songs in Discord."
)
IN_A_BROWSER = " `/feed web` opens the page in a browser."
REFUSED = (
    "Discord would not open it: Activities are not switched on for this bot, or not where you are. "
    "`/feed web` opens the same page in a browser."
)


@feed.command(
    name="activity",
    description="Swipe through songs in Discord; others here see that you opened it, not what you do",
)
async def activity(interaction: Interaction) -> None:
    settings = interaction.client.services.settings
    if not settings.activity:
        raise BadChoice(OFF + (IN_A_BROWSER if settings.feed_page else ""))
    try:
        await interaction.response.launch_activity()
    except discord.HTTPException as error:
        if error.status not in NOT_HERE:
            raise
        await reply.whisper(interaction, Page(REFUSED))


COMMANDS: tuple[AnyCommand, ...] = ()  # it is one of /feed's
