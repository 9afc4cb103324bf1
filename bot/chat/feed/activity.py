"""/feed activity: the swipe page inside Discord, as an Activity."""

import discord

from bot.chat import reply
from bot.chat.feed.feed import feed
from bot.chat.gateway.bot import Interaction
from bot.chat.layout import Page
from bot.errors.feed import ActivityOff
from bot.messages import _
from bot.messages import feed as messages

NOT_HERE = (400, 403)  # Discord's answers where there's no Activity, or it isn't allowed


@feed.command(
    name="activity",
    description="Swipe through songs in Discord; others here see that you opened it, not what you do",
)
async def activity(interaction: Interaction) -> None:
    settings = interaction.client.services.settings
    if not settings.activity:
        raise ActivityOff(has_page=settings.feed_page)
    try:
        await interaction.response.launch_activity()
    except discord.HTTPException as error:
        if error.status not in NOT_HERE:
            raise
        await reply.whisper(interaction, Page(_(messages.ACTIVITY_REFUSED)))
