"""Channels: what the bot posts unasked or later: reposts, rounds, the weekly digest, deletions."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import discord

from bot.chat import ids, presence
from bot.chat.bot import Bot
from bot.chat.failures import FAILURES, refused
from bot.chat.feed import feed_cards
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

log = logging.getLogger(__name__)
LOOKED_AT = 100  # messages of a channel, from the moment on at which ours was to be posted
SKEW = timedelta(minutes=2)  # between Discord's clock and ours


async def repost(bot: Bot, number: int) -> Repost | None:
    """Post a repost, and return it with its message; None where it was taken back meanwhile.

    Raises BadChoice for a song that is gone, discord.HTTPException where Discord refuses.
    """
    services, found = bot.services, await flow.wanted(bot.services.store, number)
    if found is None:
        return None
    entry = await services.catalogue.entry(found.member, found.song)
    card = feed_cards.reposted(found, entry, await services.listening.to(found.member, entry.song))
    there = bot.get_partial_messageable(found.channel)
    message = await there.send(content=card.content, view=card, files=card.files)
    await flow.posted(services.store, found, message.id, services.clock())
    return await flow.wanted(services.store, number)


async def pass_on(bot: Bot, number: int) -> Repost | None:
    """Post a repost that was begun elsewhere, if its member is still there to see it; else it is as if it had not been.

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
    """Raises BadChoice where the member of a repost does not see its channel, ChatDown where Discord does not say."""
    found = await flow.wanted(bot.services.store, number)
    if found is not None and not await presence.sees(bot, found.channel, found.member):
        raise RepostUnseen


async def find_repost(bot: Bot, repost: Repost) -> int | None:
    """Return the message of a repost that was cut short. Raises ChatDown."""
    mark = str(ids.of("fcomment", repost.key, repost.repost))
    return await _find(bot, repost.channel, repost.at, lambda message: mark in custom_ids(message))


async def digest(bot: Bot, found: Digest) -> None:
    """Post a digest unless it stands there. A week in which Discord does not let us passes. Raises ChatDown."""
    mark = pages.since(found)
    if await _find(bot, found.channel, found.since, lambda message: any(mark in each for each in texts(message))):
        return
    await post(bot, found.channel, pages.digest(found))


async def post(bot: Bot, channel: int, page: Page) -> bool:
    """Post into a channel; False where Discord does not let us. Raises ChatDown."""
    await bot.connected.wait()
    try:
        await bot.get_partial_messageable(channel).send(view=page, files=page.files)
    except FAILURES as problem:
        return refused(f"channel {channel}", problem)
    return True


async def turn_round(bot: Bot, number: int) -> None:
    """Turn a round to where it belongs by now, and tell its channel, once. Raises ChatDown."""
    await bot.connected.wait()
    async with bot.telling[number]:
        store, now = bot.services.store, bot.services.clock()
        found = await rounds.turn(store, number, now)
        if found is None or found.told == found.state:
            return
        table = await round_table(bot, number)
        mark = str(round_pages.mark(table))
        message = await _find(bot, found.channel, found.created_at, lambda each: mark in custom_ids(each))
        if message is None:
            message = await _say(bot, found.channel, round_pages.page(table))
        await rounds.told(store, number, found.state, message)
    if found.message is not None and found.message != message:
        await _edit(bot, found.channel, found.message, round_pages.past(table))


async def show_round(bot: Bot, number: int) -> None:
    """Show in the round's message how it stands. Raises ChatDown."""
    table = await round_table(bot, number)
    if table.round.message is not None:
        await _edit(bot, table.round.channel, table.round.message, round_pages.page(table))


async def round_table(bot: Bot, number: int) -> RoundTable:
    """Return how a round stands; who left its server is not named in it. Raises BadChoice, ChatDown."""
    table = await rounds.show(bot.services.store, number)
    named, server = {each.entry.member for each in table.ranking} - {*table.hidden}, table.round.server
    left = {each for each in named if server is not None and not await presence.is_in(bot, server, each)}
    return replace(table, hidden={*table.hidden, *left})


async def _say(bot: Bot, channel: int, page: Page) -> int | None:
    """Post into a channel, and return the message; None where Discord does not let us. Raises ChatDown."""
    try:
        return (await bot.get_partial_messageable(channel).send(view=page)).id
    except FAILURES as problem:
        refused(f"channel {channel}", problem)
        return None


async def _edit(bot: Bot, channel: int, message: int, page: Page) -> None:
    """Edit a message of ours; what cannot be edited now is edited with the next change."""
    try:
        there = bot.get_partial_messageable(channel).get_partial_message(message)
        await there.edit(view=page, allowed_mentions=discord.AllowedMentions.none())
    except FAILURES as problem:
        log.info("a round's message stays as it was: %s", problem)


async def take_down(bot: Bot, takedown: Takedown) -> bool:
    """Delete a message of ours; True when it is gone. Raises ChatDown."""
    await bot.connected.wait()
    try:
        await bot.get_partial_messageable(takedown.channel).get_partial_message(takedown.message).delete()
    except discord.NotFound:
        return True
    except FAILURES as problem:
        return refused(f"a message in channel {takedown.channel}", problem)
    return True


async def _find(bot: Bot, channel: int, since: datetime, is_it: Callable[[discord.Message], bool]) -> int | None:
    """Return the newest message of ours there, not older than `since`, that is it."""
    await bot.connected.wait()
    try:
        async for each in bot.get_partial_messageable(channel).history(limit=LOOKED_AT):
            if each.created_at < since - SKEW:
                return None
            if bot.user is not None and each.author.id == bot.user.id and is_it(each):
                return each.id
    except FAILURES as problem:
        refused(f"channel {channel}", problem)
    return None


def custom_ids(message: discord.Message) -> list[str]:
    """The ids on a message's buttons and selects."""
    return [str(each.custom_id) for each in _components(message.components) if getattr(each, "custom_id", None)]


def texts(message: discord.Message) -> list[str]:
    """What a message says: its content and its texts."""
    inner = [str(each.content) for each in _components(message.components) if hasattr(each, "content")]
    return [each for each in (message.content, *inner) if each]


def _components(found: Any) -> Iterator[Any]:
    for each in found:
        yield each
        yield from _components(getattr(each, "children", ()))
