"""/feed activity: the swipe page inside Discord, as an Activity."""

import discord

from bot.chat import reply
from bot.chat.bot import AnyCommand, Interaction
from bot.chat.commands.feed import feed
from bot.chat.layout import Page
from bot.errors import BadChoice

NOT_HERE = (400, 403)  # what Discord answers where there is no Activity, or may be none
OFF = (
    "The page does not open inside Discord here; whoever runs this bot can switch it on (`ACTIVITY`). "
    "`/feed web` opens it in a browser, and `/feed play` shows the same songs in Discord."
)
REFUSED = (
    "Discord would not open it: Activities are not switched on for this bot, or not where you are. "
    "`/feed web` opens the same page in a browser."
)


@feed.command(
    name="activity",
    description="Swipe through songs inside Discord; others here see that you opened it, not what you do",
)
async def activity(interaction: Interaction) -> None:
    if not interaction.client.services.settings.activity:
        raise BadChoice(OFF)
    try:
        await interaction.response.launch_activity()
    except discord.HTTPException as error:
        if error.status not in NOT_HERE:
            raise
        await reply.whisper(interaction, Page(REFUSED))


COMMANDS: tuple[AnyCommand, ...] = ()  # it is one of /feed's
