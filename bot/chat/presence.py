"""Presence: whether a member is in a server and can see a channel, as Discord says right now.

Asked before anything that did not come from an interaction in that server: the bot has no intent by which it would hear
that somebody left, was banned, or may not see a channel any more.
"""

import time
from typing import TYPE_CHECKING

import discord

from bot.chat.failures import FAILURES
from bot.errors import ChatDown

if TYPE_CHECKING:
    from bot.chat.bot import Bot

FRESH = 0.5  # seconds that an answer is good for: one press may ask several times
NOT_THERE = (discord.NotFound, discord.Forbidden)
Known = dict[tuple[int, int], tuple[float, discord.Member | None]]  # by server and member: when, and what was answered


async def is_in(bot: "Bot", server: int, member: int) -> bool:
    """Raises ChatDown where Discord does not say."""
    return await _member(bot, server, member) is not None


async def sees(bot: "Bot", channel: int, member: int) -> bool:
    """Whether the member may look into a channel of a server, and is not timed out there. Raises ChatDown."""
    await bot.connected.wait()
    there = bot.get_channel(channel)
    if not isinstance(there, discord.abc.GuildChannel | discord.Thread):
        return False
    found = await _member(bot, there.guild.id, member)
    return found is not None and not found.is_timed_out() and there.permissions_for(found).view_channel


async def name_of(bot: "Bot", member: int) -> str:
    """What Discord calls a member. Raises ChatDown."""
    await bot.connected.wait()
    try:
        return called(bot.get_user(member) or await bot.fetch_user(member))
    except FAILURES as down:
        raise ChatDown(f"a member's name: {down or type(down).__name__}") from down


def called(user: discord.abc.User) -> str:
    """A member's names: first the one that nobody else has, for the other can be anybody's."""
    return f"@{user} ({user.display_name})"


async def _member(bot: "Bot", server: int, member: int) -> discord.Member | None:
    await bot.connected.wait()
    now = time.monotonic()
    for key in [each for each, (at, _) in bot.present.items() if at <= now - FRESH]:
        del bot.present[key]
    if (server, member) not in bot.present:
        bot.present[server, member] = now, await _asked(bot, server, member)
    return bot.present[server, member][1]


async def _asked(bot: "Bot", server: int, member: int) -> discord.Member | None:
    guild = bot.get_guild(server)
    if guild is None:
        return None
    try:
        return await guild.fetch_member(member)
    except NOT_THERE:
        return None
    except FAILURES as down:
        raise ChatDown(f"a member of server {server}: {down or type(down).__name__}") from down
