"""Presence: whether a member is in a server and can see a channel, as Discord says right now.

Asked before anything that didn't come from an interaction in that server: the bot has no intent that would tell it when
somebody leaves, is banned, or can't see a channel any more.
"""

import time
from typing import TYPE_CHECKING

import discord

from bot.chat.failures import FAILURES
from bot.errors import ChatDown
from bot.errors.social import BotNotInServer

if TYPE_CHECKING:
    from bot.chat.gateway.bot import Bot

FRESH = 0.5  # seconds that an answer is good for: one press may ask several times
NOT_THERE = (discord.NotFound, discord.Forbidden)
Known = dict[tuple[int, int], tuple[float, discord.Member | None]]  # by server and member: when, and what was answered


async def is_in(bot: "Bot", server: int, member: int) -> bool:
    """Whether a member is in a server. Raises ChatDown if Discord doesn't say."""
    return await _member(bot, server, member) is not None


async def check_bot_is_in(bot: "Bot", server: int | None) -> None:
    """Raise BotNotInServer where a member uses the bot, but the server hasn't added it: nothing can follow there.

    Raises ChatDown if Discord doesn't say.
    """
    if server is not None and await bot.guild(server) is None:
        raise BotNotInServer


async def sees(bot: "Bot", channel: int, member: int) -> bool:
    """Whether the member can see a channel of a server, and isn't timed out there. Raises ChatDown."""
    there = await _channel(bot, channel)
    if there is None:
        return False
    known = await _member(bot, there.guild.id, member)
    return known is not None and not known.is_timed_out() and there.permissions_for(known).view_channel


async def _channel(bot: "Bot", channel: int) -> discord.abc.GuildChannel | discord.Thread | None:
    """Return a server's channel; in a process without its gateway, as Discord has it now. Raises ChatDown."""
    await bot.connected.wait()
    there = bot.get_channel(channel)
    if there is None and bot.is_apart:
        try:
            there = await bot.fetch_channel(channel)
        except NOT_THERE:
            return None
        except FAILURES as down:
            raise ChatDown(f"channel {channel}: {down or type(down).__name__}") from down
        guild = await bot.guild(there.guild.id) if isinstance(there, discord.abc.GuildChannel) else None
        if guild is None or not isinstance(there, discord.abc.GuildChannel):
            return None
        there.guild = guild  # what was fetched knows no roles, and so no permissions
    return there if isinstance(there, discord.abc.GuildChannel | discord.Thread) else None


async def name_of(bot: "Bot", member: int) -> str:
    """What Discord calls a member. Raises ChatDown."""
    await bot.connected.wait()
    try:
        return called(bot.get_user(member) or await bot.fetch_user(member))
    except FAILURES as down:
        raise ChatDown(f"a member's name: {down or type(down).__name__}") from down


def called(user: discord.abc.User) -> str:
    """A member's names: first the one that nobody else has, because anybody may choose the other."""
    return f"@{user} ({user.display_name})"


async def _member(bot: "Bot", server: int, member: int) -> discord.Member | None:
    await bot.connected.wait()
    now = time.monotonic()
    for key in [key for key, (at, _known) in bot.present.items() if at <= now - FRESH]:
        del bot.present[key]
    if (server, member) not in bot.present:
        bot.present[server, member] = now, await _asked(bot, server, member)
    return bot.present[server, member][1]


async def _asked(bot: "Bot", server: int, member: int) -> discord.Member | None:
    guild = await bot.guild(server)
    if guild is None:
        return None
    try:
        return await guild.fetch_member(member)
    except NOT_THERE:
        return None
    except FAILURES as down:
        raise ChatDown(f"a member of server {server}: {down or type(down).__name__}") from down
