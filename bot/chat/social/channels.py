"""Channels: what the bot posts or deletes later or unasked: reposts, rounds, the weekly digest."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta

import discord

from bot.chat import ids, layout
from bot.chat.failures import FAILURES, refused
from bot.chat.feed import feed_cards
from bot.chat.gateway import presence
from bot.chat.gateway.bot import Bot
from bot.chat.layout import Page
from bot.chat.social.pages import rounds as round_pages
from bot.chat.social.pages import server as pages
from bot.core.social.records import Repost, Takedown
from bot.errors import BadChoice, ChatDown
from bot.errors.social import RepostRefused, RepostsLimited, RepostUnseen
from bot.flows.social import reposts as flow
from bot.flows.social import rounds
from bot.flows.social.digest import Digest
from bot.flows.social.rounds import RoundTable
from bot.messages import speaking
from bot.messages.social import server as messages

log = logging.getLogger(__name__)
LOOKED_AT = 100  # messages of a channel, the newest
SKEW = timedelta(minutes=2)  # between Discord's clock and ours


async def in_language_of(bot: Bot, server: int | None) -> AbstractContextManager[None]:
    """Speak a server's own language inside the block: for what everyone in a channel there reads. Raises ChatDown."""
    guild = await bot.guild(server) if server is not None else None
    return speaking(str(guild.preferred_locale) if guild else None)


async def repost(bot: Bot, number: int) -> Repost | None:
    """Post a repost and return it with its message; None if it was deleted meanwhile.

    Raises BadChoice for a song that's gone, ChatDown, discord.HTTPException if Discord refuses.
    """
    services, repost = bot.services, await flow.wanted(bot.services.store, number)
    if repost is None:
        return None
    entry = await services.catalogue.entry(repost.member, repost.song)
    listen = await services.listening.to(repost.member, entry.song)
    with await in_language_of(bot, repost.server):
        card = feed_cards.reposted(repost, entry, listen)
    there = bot.get_partial_messageable(repost.channel)
    message = await there.send(content=card.content, view=card, files=card.files)
    await flow.posted(services.store, repost, message.id, services.clock())
    return await flow.wanted(services.store, number)


async def pass_on(bot: Bot, number: int) -> Repost | None:
    """Post a repost that was saved, if its member can still see the channel; otherwise forget it.

    Raises BadChoice, ChatDown.
    """
    await bot.connected.wait()
    try:
        await _refuse_absent(bot, number)
        return await repost(bot, number)
    except (discord.Forbidden, discord.NotFound) as problem:
        await flow.drop(bot.services.store, number)
        raise RepostRefused from problem
    except discord.RateLimited as limited:
        await flow.drop(bot.services.store, number)
        raise RepostsLimited from limited
    except (BadChoice, ChatDown):
        await flow.drop(bot.services.store, number)
        raise


async def _refuse_absent(bot: Bot, number: int) -> None:
    """Raises RepostUnseen if the member of a repost can't see its channel, ChatDown if Discord doesn't say."""
    repost = await flow.wanted(bot.services.store, number)
    if repost is not None and not await presence.sees(bot, repost.channel, repost.member):
        raise RepostUnseen


async def find_repost(bot: Bot, repost: Repost) -> int | None:
    """Return the message of a repost that a crash cut short. Raises ChatDown."""
    mark = str(ids.of("fcomment", repost.key, repost.repost))
    return await _find(bot, repost.channel, repost.at, lambda message: mark in custom_ids(message))


async def digest(bot: Bot, digest: Digest) -> None:
    """Post a digest unless it's there already; if Discord doesn't let us, that week is left out. Raises ChatDown."""
    mark = messages.day(digest)
    if await _find(bot, digest.channel, digest.since, lambda message: any(mark in text for text in texts(message))):
        return
    with await in_language_of(bot, digest.server):
        page = pages.digest(digest)
    await post(bot, digest.channel, page)


async def post(bot: Bot, channel: int, page: Page) -> bool:
    """Post in a channel; False if Discord doesn't let us. Raises ChatDown."""
    await bot.connected.wait()
    try:
        await bot.get_partial_messageable(channel).send(view=page, files=page.files)
    except FAILURES as problem:
        return refused(f"channel {channel}", problem)
    return True


async def turn_round(bot: Bot, number: int) -> None:
    """Move a round to the state it should be in by now, and tell its channel once. Raises ChatDown."""
    await bot.connected.wait()
    async with bot.services.store.lock_here(("round", number)):  # told once: by a press and by the clock
        store, now = bot.services.store, bot.services.clock()
        themed = await rounds.turn(store, number, now)
        if themed is None or themed.told == themed.state:
            return
        table = await round_table(bot, number)
        mark = str(round_pages.mark(table))
        message = await _find(bot, themed.channel, themed.created_at, lambda sent: mark in custom_ids(sent))
        with await in_language_of(bot, themed.server):
            page, past = round_pages.page(table), round_pages.past(table)
        if message is None:
            message = await _say(bot, themed.channel, page)
        if themed.message is not None and themed.message != message:
            await _edit(bot, themed.channel, themed.message, past)
        await rounds.told(store, number, themed.state, message)  # last: then a crash leaves nothing undone


async def show_round(bot: Bot, number: int) -> None:
    """Bring a round's message up to date. Raises ChatDown."""
    async with bot.services.store.lock_here(("round", number)):  # an older page never comes after a newer one
        table = await round_table(bot, number)
        if table.round.message is not None:
            with await in_language_of(bot, table.round.server):
                page = round_pages.page(table)
            await _edit(bot, table.round.channel, table.round.message, page)


async def round_table(bot: Bot, number: int) -> RoundTable:
    """Return how a round stands; members who left the server aren't named in it. Raises NoRound, ChatDown."""
    table = await rounds.show(bot.services.store, number)
    return replace(table, hidden={*table.hidden, *await who_left(bot, table)})


async def who_left(bot: Bot, table: RoundTable) -> set[int]:
    """Return which of the members in a closed round's results have left its server. Raises ChatDown."""
    named, server = {placed.entry.member for placed in table.ranking}, table.round.server
    return {member for member in named if server is not None and not await presence.is_in(bot, server, member)}


async def _say(bot: Bot, channel: int, page: Page) -> int | None:
    """Post in a channel and return the message; None if Discord doesn't let us. Raises ChatDown."""
    try:
        return (await bot.get_partial_messageable(channel).send(view=page)).id
    except FAILURES as problem:
        refused(f"channel {channel}", problem)
        return None


async def _edit(bot: Bot, channel: int, message: int, page: Page) -> None:
    """Edit a message of ours; if that fails, the next change does it."""
    try:
        there = bot.get_partial_messageable(channel).get_partial_message(message)
        await there.edit(view=page, allowed_mentions=discord.AllowedMentions.none())
    except FAILURES as problem:
        log.info("a round's message stays as it was: %s", problem)


async def take_down(bot: Bot, takedown: Takedown) -> bool:
    """Delete a message of ours; True if it's gone. Raises ChatDown."""
    await bot.connected.wait()
    try:
        await bot.get_partial_messageable(takedown.channel).get_partial_message(takedown.message).delete()
    except discord.NotFound:
        return True
    except FAILURES as problem:
        return refused(f"a message in channel {takedown.channel}", problem)
    return True


async def _find(bot: Bot, channel: int, since: datetime, is_it: Callable[[discord.Message], bool]) -> int | None:
    """Return our newest message there since then that is the one."""
    await bot.connected.wait()
    try:
        async for message in bot.get_partial_messageable(channel).history(limit=LOOKED_AT):
            if message.created_at < since - SKEW:
                return None
            if bot.user is not None and message.author.id == bot.user.id and is_it(message):
                return message.id
    except FAILURES as problem:
        refused(f"channel {channel}", problem)
    return None


def custom_ids(message: discord.Message) -> list[str]:
    """Return the ids on a message's buttons and selects."""
    components = layout.components(message.components)
    return [str(component.custom_id) for component in components if getattr(component, "custom_id", None)]


def texts(message: discord.Message) -> list[str]:
    """Return what a message says: its content and its texts."""
    components = layout.components(message.components)
    inner = [str(component.content) for component in components if hasattr(component, "content")]
    return [text for text in (message.content, *inner) if text]
